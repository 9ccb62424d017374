// A look at everything below a node, for reports and tests of whole trees.
// Spec: wire-client-master-3.md section 6 ("gmode").

import { nextEntry } from "../changes/walk.ts";
import { status } from "../status.ts";
import type { Nodes } from "../store/nodes.ts";
import type { World } from "../store/world.ts";

/** How much of a tree a request means: its `recursive` byte. */
export const reach = { node: 0, tree: 1 } as const;

/**
 * Visits a node and, where it is a directory, all entries below it: parents first, entries in the order of
 * their lists, a file once a name. Ends with the first status that is not 0.
 */
export function visitTree(world: World, top: number, visit: (inode: number) => number): number {
  const { nodes, edges } = world;
  const first = visit(top);
  if (first !== 0 || !nodes.isDirectory(top)) return first;
  for (let edge = nodes.firstEntry(top); edge !== 0; edge = nextEntry(world, top, edge)) {
    const refused = visit(edges.child(edge));
    if (refused !== 0) return refused;
  }
  return 0;
}

/** How many nodes have a value. */
export type ValueCount = readonly [value: number, count: number];

/** Values with their counts, ascending; `files` are all nodes that are no directories. */
export interface ValueCounts {
  readonly files: readonly ValueCount[];
  readonly directories: readonly ValueCount[];
}

/** Counts a node, or all of its tree, by a value; nodes without one are left out. */
export function countValues(
  world: World,
  top: { readonly inode: number; readonly recursive: number },
  valueOf: (inode: number) => number | undefined,
): ValueCounts {
  const files = new Map<number, number>();
  const directories = new Map<number, number>();
  const count = (inode: number): number => {
    const value = valueOf(inode);
    if (value === undefined) return status.OK;
    const counts = world.nodes.isDirectory(inode) ? directories : files;
    counts.set(value, (counts.get(value) ?? 0) + 1);
    return status.OK;
  };
  if (top.recursive === reach.node) count(top.inode);
  else visitTree(world, top.inode, count);
  return { files: ascending(files), directories: ascending(directories) };
}

function ascending(counts: ReadonlyMap<number, number>): readonly ValueCount[] {
  return [...counts].sort(([left], [right]) => left - right);
}

/** What has a storage class and a trash time: files in any state, and directories. */
export function isFileOrDirectory(nodes: Nodes, inode: number): boolean {
  return nodes.isDirectory(inode) || nodes.isFile(inode);
}
