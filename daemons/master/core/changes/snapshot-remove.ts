// Removes a snapshot: every node below a name that still is what the snapshot made, without recursion, for
// trees may be thousands of directories deep. Spec: changelog.md 7.1.2, delete mode.

import { right } from "../rights.ts";
import { extraAttribute } from "../store/nodes.ts";
import { mayAccess } from "./snapshot-work.ts";
import type { SnapshotWork } from "./snapshot-work.ts";
import { unlink } from "./transitions.ts";

/** A directory on the way down. */
interface Level {
  readonly edge: number;
  readonly allowed: boolean;
  /** Its flags before entries were taken from it, which would clear the mark of the snapshot. */
  readonly extra: number;
  nextEdge: number;
}

/** Whether entries of a directory with these flags may be removed. */
function allowsRemoval(extra: number): boolean {
  return (extra & (extraAttribute.appendOnly | extraAttribute.immutable)) === 0;
}

/** Removes what may be removed at and below an edge. */
export function removeTree(work: SnapshotWork, top: number): void {
  const { nodes, edges } = work.world;
  const levels: Level[] = [];
  const visit = (edge: number, parentExtra: number): void => {
    const inode = edges.child(edge);
    const allowed = allowsRemoval(parentExtra);
    if (nodes.isDirectory(inode) && mayAccess(work, inode, right.writeExecute)) {
      const nextEdge = nodes.firstEntry(inode);
      levels.push({ edge, allowed, extra: nodes.extra(inode), nextEdge });
    } else removeOne(work, edge, allowed);
  };
  visit(top, nodes.extra(edges.parent(top)));
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const edge = level.nextEdge;
    if (edge !== 0) {
      level.nextEdge = edges.next(edge);
      visit(edge, level.extra);
      continue;
    }
    levels.pop();
    const directory = edges.child(level.edge);
    if (nodes.firstEntry(directory) === 0) nodes.setExtra(directory, level.extra);
    removeOne(work, level.edge, level.allowed);
  }
}

/** Removes a node that the snapshot made and nobody protected; a directory only once it is empty. */
function removeOne({ world, ts, counts }: SnapshotWork, edge: number, allowed: boolean): void {
  const { nodes } = world;
  const inode = world.edges.child(edge);
  if (nodes.isDirectory(inode) && nodes.firstEntry(inode) !== 0) return;
  const marks = nodes.extra(inode) & (extraAttribute.snapshot | extraAttribute.protected);
  if (!allowed || marks !== extraAttribute.snapshot) return;
  nodes.setTrashHours(inode, 0);
  counts.checksum ^= inode;
  counts.removed++;
  unlink(world, ts, edge);
}
