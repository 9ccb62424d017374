// A look at everything below a node, for reports and tests of whole trees.
// Spec: wire-client-master-3.md section 6 ("gmode").

import { nextEntry } from "../changes/walk.ts";
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
