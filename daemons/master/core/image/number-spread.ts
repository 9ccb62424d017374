// How far apart the inode numbers of an image may lie. They are given out from below, so high ones mean that there
// were as many inodes once; but an image that is wrong or hostile must not take memory for numbers that it makes up.
// Spec: metadata-file.md 2.3, semantics-master.md 16.6.

import type { World } from "../store/world.ts";
import type { Refusals } from "./refusals.ts";

/** Ranges of 524,288 numbers: 537 million inodes, all removed but one in each range, in about 200 MB. */
const freeRanges = 1024;
/** From there on each range takes as many inodes, wherever they lie. */
const inodesPerRange = 1024;

/** Whether an inode that was just read is refused since its number lies too far from all others. */
export function isTooFar(world: World, refusals: Refusals, inode: number): boolean {
  const { nodes, numbers } = world;
  if (numbers.isInRange(inode)) return false;
  const known = nodes.countOf() + numbers.waiting;
  if (numbers.ranges < freeRanges + known / inodesPerRange) return false;
  refusals.refuse(`inode ${inode} far from the ${known} others, expected their numbers closer`);
  return true;
}
