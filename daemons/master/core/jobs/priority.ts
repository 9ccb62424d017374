// How urgent a chunk is. Spec: semantics-master.md 8.2.

import type { CopyCounts } from "./copy-counts.ts";
import { queues } from "./priority-queues.ts";

/** No queue: there is nothing to do, or nothing that could be done. */
export const noQueue = -1;

/**
 * The queue that a chunk belongs into. Copies on disks to be removed make a chunk urgent only while it has
 * too few others: beyond that there is nothing to do for it.
 */
export function priorityOf(counts: CopyCounts, goal: number, unmatchedLabels: number): number {
  const { valid, removalValid, readable } = counts;
  if (readable === 0 || goal === 0) return noQueue;
  if (readable === 1 && goal > 2) return queues.endangeredHighGoal;
  if (readable === 1 && goal === 2) return queues.endangered;
  if (valid < goal) {
    if (removalValid === 0) return queues.underGoal;
    return valid === 1 ? queues.lastRegularCopy : queues.removal;
  }
  if (unmatchedLabels > 0) return queues.wrongLabels;
  return valid > goal ? queues.overGoal : noQueue;
}

/** Whether a queue's copies may also go to overloaded servers, and under the limits of class 0. */
export function isUrgent(queue: number): boolean {
  return queue === queues.endangeredHighGoal || queue === queues.endangered;
}
