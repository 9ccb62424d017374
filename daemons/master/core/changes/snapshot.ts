// SNAPSHOT: copies a tree so that the copy shares its chunks, or removes such a copy. What stands here
// judges the entry; the work is in snapshot-copy.ts and snapshot-remove.ts. Spec: changelog.md 7.1.2.

import { isGoodName } from "../names.ts";
import { status } from "../status.ts";
import { extraAttribute } from "../store/nodes.ts";
import type { World } from "../store/world.ts";
import type { EntryOf } from "../../../metadata/changelog-entry.ts";
import type { Applied } from "./change.ts";
import { copyTree } from "./snapshot-copy.ts";
import { removeTree } from "./snapshot-remove.ts";
import { snapshotMode } from "./snapshot-work.ts";
import type { SnapshotEntry, SnapshotWork } from "./snapshot-work.ts";
import { isAtOrBelow } from "./tree.ts";

/** SNAPSHOT. */
export function snapshot(
  world: World,
  ts: number,
  entry: EntryOf<"SNAPSHOT">,
): Applied<"SNAPSHOT"> {
  const removes = (entry.mode & snapshotMode.remove) !== 0;
  const refusal = removes ? checkRemoval(world, entry) : checkCopy(world, entry);
  if (refusal !== status.OK) return refusal;
  const counts = { checksum: 0, removed: 0, same: 0, existing: 0, hardLinks: 0, created: 0 };
  const work: SnapshotWork = { world, ts, entry, counts, copies: new Map() };
  if (removes) removeTree(work, world.edges.find(entry.parent, entry.name));
  else copyTree(work);
  counts.checksum >>>= 0;
  return counts;
}

function checkRemoval(world: World, { source, parent, name }: SnapshotEntry): number {
  if (source !== 0) return status.EINVAL;
  if (world.nodes.type(parent) === 0) return status.ENOENT;
  if (!world.nodes.isDirectory(parent)) return status.EPERM;
  if (!isGoodName(name)) return status.EINVAL;
  return world.edges.find(parent, name) === 0 ? status.ENOENT : status.OK;
}

function checkCopy(world: World, entry: SnapshotEntry): number {
  const { nodes } = world;
  const { source, parent, name } = entry;
  if (nodes.type(source) === 0 || nodes.type(parent) === 0) return status.ENOENT;
  if (!nodes.isDirectory(parent)) return status.EPERM;
  if (nodes.isDirectory(source) && isAtOrBelow(world, parent, source)) return status.EINVAL;
  if (!isGoodName(name)) return status.EINVAL;
  return checkExisting(world, entry);
}

/** Whether a copy of the source may take the place of what stands at its destination already. */
export function checkExisting(world: World, entry: SnapshotEntry): number {
  const { nodes, edges } = world;
  const top = edges.find(entry.parent, entry.name);
  if (top === 0) return status.OK;
  const refusal = checkPair(world, entry, entry.source, edges.child(top));
  if (refusal !== status.OK) return refusal;
  if (!nodes.isDirectory(entry.source)) return status.OK;
  // Directories that exist on both sides: the edge of the source that is next, and the other directory.
  const pairs = [{ next: nodes.firstEntry(entry.source), target: edges.child(top) }];
  for (let pair = pairs.at(-1); pair !== undefined; pair = pairs.at(-1)) {
    const edge = pair.next;
    if (edge === 0) {
      pairs.pop();
      continue;
    }
    pair.next = edges.next(edge);
    const found = edges.find(pair.target, edges.name(edge));
    if (found === 0) continue;
    const source = edges.child(edge);
    const target = edges.child(found);
    const judged = checkPair(world, entry, source, target);
    if (judged !== status.OK) return judged;
    if (nodes.isDirectory(source)) pairs.push({ next: nodes.firstEntry(source), target });
  }
  return status.OK;
}

function checkPair(world: World, entry: SnapshotEntry, source: number, target: number): number {
  const { nodes } = world;
  if (target === entry.source) return status.EINVAL;
  if ((nodes.extra(target) & extraAttribute.protected) !== 0) return status.EPERM;
  if (nodes.type(target) !== nodes.type(source)) return status.EPERM;
  const mayReplace = nodes.isDirectory(target) || (entry.mode & snapshotMode.overwrite) !== 0;
  return mayReplace ? status.OK : status.EEXIST;
}
