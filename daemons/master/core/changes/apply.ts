// Which function applies which entry: the one table that live service and replay share.
// Spec: changelog.md sections 7 and 8.

import type { EntryOf, OperationName, ResultOf } from "../../../metadata/changelog-entry.ts";
import { status } from "../status.ts";
import type { World } from "../store/world.ts";
import { access, setAcl, setAttributes, setTimes, setXattr } from "./attributes.ts";
import { none } from "./change.ts";
import type { Applied, Apply } from "./change.ts";
import {
  addChunk,
  deleteChunk,
  raiseChunkVersion,
  setChunkVersion,
  setNextChunkId,
  unlockChunk,
} from "./chunks.ts";
import { changeServer } from "./chunkservers.ts";
import { append, length, repair, rollBack, setFileChunk, truncate, write } from "./file-data.ts";
import { create, linkNode, move, symlink, unlinkName } from "./tree.ts";

/** The function of each operation. */
type Table = { readonly [O in OperationName]?: Apply<O> };

const table = {
  CREATE: create,
  SYMLINK: symlink,
  LINK: linkNode,
  UNLINK: unlinkName,
  MOVE: move,
  APPEND: append,

  ATTR: setAttributes,
  ACCESS: access,
  AMTIME: setTimes,
  LENGTH: length,
  SETXATTR: setXattr,
  SETACL: setAcl,

  WRITE: write,
  TRUNC: truncate,
  UNLOCK: unlockChunk,
  ROLLBACK: rollBack,
  SETFILECHUNK: setFileChunk,
  REPAIR: repair,
  SETVERSION: setChunkVersion,
  CHUNKADD: addChunk,
  CHUNKDEL: deleteChunk,

  CSDBOP: changeServer,

  IDLE: () => none,
  INCVERSION: raiseChunkVersion,
  NEXTCHUNKID: setNextChunkId,
} satisfies Table;

/** Applies an entry. `logged` is what the changelog says it gave; live service has none. */
export function applyEntry<O extends OperationName>(
  world: World,
  ts: number,
  entry: EntryOf<O>,
  logged?: ResultOf<O>,
): Applied<O> {
  const apply = (table as Table)[entry.op as O] as Apply<O> | undefined;
  return apply === undefined ? status.ENOTSUP : apply(world, ts, entry, logged);
}
