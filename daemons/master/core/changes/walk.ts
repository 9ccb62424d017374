// A walk over a whole tree, parents first and entries in the order of their lists, without any stack: a
// directory has one name, so the way back is always known. Spec: changelog.md section 7.2.1.

import type { World } from "../store/world.ts";

/**
 * The entry that follows `edge` below `top`, or 0. The walk starts with `nodes.firstEntry(top)`; the tree
 * must not change its names meanwhile.
 */
export function nextEntry(world: World, top: number, edge: number): number {
  const { nodes, edges } = world;
  const inode = edges.child(edge);
  if (nodes.isDirectory(inode)) {
    const first = nodes.firstEntry(inode);
    if (first !== 0) return first;
  }
  for (let current = edge; ;) {
    const next = edges.next(current);
    if (next !== 0) return next;
    const directory = edges.parent(current);
    if (directory === top) return 0;
    current = nodes.firstName(directory);
  }
}
