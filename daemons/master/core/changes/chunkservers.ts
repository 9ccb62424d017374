// Changes of the chunkserver book: CSDBOP in all its actions. Spec: changelog.md section 7.5.

import type { EntryOf } from "../../../metadata/changelog-entry.ts";
import { status } from "../status.ts";
import { maintenance } from "../store/server-book.ts";
import type { ServerBook, ServerEntry } from "../store/server-book.ts";
import { none } from "./change.ts";
import type { Applied } from "./change.ts";

/** Actions of CSDBOP. */
export const serverAction = {
  add: 0,
  remove: 1,
  move: 2,
  assignId: 3,
  maintenanceOn: 4,
  maintenanceOff: 5,
  maintenanceTemporary: 6,
} as const;

type ServerChange = EntryOf<"CSDBOP">;

/** CSDBOP: a server is added, removed, moved, numbered, or its maintenance changes. */
export function changeServer(
  world: { readonly servers: ServerBook },
  ts: number,
  entry: ServerChange,
): Applied<"CSDBOP"> {
  const book = world.servers;
  if (entry.action === serverAction.add) return addServer(book, ts, entry);
  if (entry.action === serverAction.move) return moveServer(book, entry);
  const known = book.find(entry.address, entry.port);
  if (known === undefined) return status.MISMATCH;
  return changeKnown(book, known, entry);
}

function addServer(book: ServerBook, ts: number, entry: ServerChange): Applied<"CSDBOP"> {
  if (book.find(entry.address, entry.port) !== undefined) return status.MISMATCH;
  if (book.findId(entry.argument) !== undefined) return status.MISMATCH;
  book.add(entry.address, entry.port, entry.argument).disconnectedAt = ts;
  return none;
}

function moveServer(book: ServerBook, entry: ServerChange): Applied<"CSDBOP"> {
  const known = book.findId(entry.argument);
  if (known === undefined) return status.MISMATCH;
  book.move(known, entry.address, entry.port);
  return none;
}

function changeKnown(book: ServerBook, known: ServerEntry, entry: ServerChange): Applied<"CSDBOP"> {
  switch (entry.action) {
    case serverAction.remove:
      if (known.slot !== 0) return status.MISMATCH;
      book.remove(known);
      return none;
    case serverAction.assignId:
      if (entry.argument === 0 || book.findId(entry.argument) !== undefined) return status.MISMATCH;
      book.setId(known, entry.argument);
      return none;
    case serverAction.maintenanceOn:
      book.setMaintenance(known, maintenance.on, entry.argument);
      return none;
    case serverAction.maintenanceOff:
      book.setMaintenance(known, maintenance.off, 0);
      return none;
    case serverAction.maintenanceTemporary:
      book.setMaintenance(known, maintenance.temporary, entry.argument);
      return none;
    default:
      return status.MISMATCH;
  }
}
