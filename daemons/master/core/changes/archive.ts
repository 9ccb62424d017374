// The archive flag of chunks, set and cleared file by file. Spec: changelog.md section 7.2.2 and defect 7 of
// section 9, semantics-master.md 7.6 and 17.3.

import { status } from "../status.ts";
import { extraAttribute } from "../store/nodes.ts";
import type { World } from "../store/world.ts";
import type { EntryOf, ResultOf } from "../../../metadata/changelog-entry.ts";
import type { Applied } from "./change.ts";
import { nextEntry } from "./walk.ts";

/** What ARCHCHG does with the flags. */
export const archiveCommand = { clear: 0, set: 1 } as const;

interface Counts {
  changed: number;
  unchanged: number;
  denied: number;
}

type ArchiveEntry = EntryOf<"ARCHCHG">;

/** ARCHCHG: chunks of a file, or of all files below a directory, are archived or not any more. */
export function setArchived(
  world: World,
  ts: number,
  entry: ArchiveEntry,
  logged?: ResultOf<"ARCHCHG">,
): Applied<"ARCHCHG"> {
  const { nodes } = world;
  const { inode } = entry;
  if (entry.command > archiveCommand.set) return status.EINVAL;
  if (nodes.type(inode) === 0) return status.ENOENT;
  const counts: Counts = { changed: 0, unchanged: 0, denied: 0 };
  if (nodes.isDirectory(inode)) {
    let edge = nodes.firstEntry(inode);
    while (edge !== 0) {
      visit(world, ts, entry, { inode: world.edges.child(edge), counts });
      edge = nextEntry(world, inode, edge);
    }
    return counts;
  }
  if (!nodes.isFile(inode)) return status.EPERM;
  if (logged !== undefined && isByFileLoop(entry)) {
    // The loop of the original takes immutable files, too, and may count wrongly: what it says stands.
    change(world, ts, entry, { inode, counts });
    return logged;
  }
  visit(world, ts, entry, { inode, counts });
  const refused = counts.denied > 0 && counts.changed === 0 && counts.unchanged === 0;
  return refused ? status.EPERM : counts;
}

function isByFileLoop(entry: ArchiveEntry): boolean {
  return entry.uid === 0 && entry.command === archiveCommand.set;
}

interface Visited {
  readonly inode: number;
  readonly counts: Counts;
}

function visit(world: World, ts: number, entry: ArchiveEntry, visited: Visited): void {
  const { nodes } = world;
  const { inode } = visited;
  if (!nodes.isFile(inode)) return;
  const extra = nodes.extra(inode);
  const free = (extra & extraAttribute.noOwner) !== 0;
  const owns = free || entry.uid === 0 || entry.uid === nodes.uid(inode);
  if (owns && (extra & extraAttribute.immutable) === 0) change(world, ts, entry, visited);
  else visited.counts.denied++;
}

function change(world: World, ts: number, entry: ArchiveEntry, { inode, counts }: Visited): void {
  const { chunks } = world;
  const archived = entry.command === archiveCommand.set;
  world.slots.forEach(inode, (_index, chunkId) => {
    const chunk = chunks.find(chunkId);
    if (chunk === 0) return;
    if (chunks.archivedOf(chunk) === archived) counts.unchanged++;
    else {
      chunks.setArchived(chunk, archived);
      counts.changed++;
    }
  });
  if (!archived) world.nodes.setChangeTime(inode, ts);
}
