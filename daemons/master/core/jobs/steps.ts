// What the job loop does for one chunk, step by step as numbered in the specification's table. Every step
// that ends the work for this time returns true. Spec: semantics-master.md 8.4.

import { forgetIfUnused } from "../chunks/copy-reports.ts";
import { adoptVersion } from "../chunks/modification.ts";
import { endReplication, refresh } from "../chunks/operations.ts";
import { removalState } from "../chunks/server.ts";
import { chunkOperation } from "../store/chunks.ts";
import { copyState, isBusy, isStale } from "../store/copies.ts";
import { cleanDisk, deleteBad, deleteSurplus, deleteUnused } from "./deletions.ts";
import type { JobState } from "./job-state.ts";
import { noQueue, priorityOf } from "./priority.ts";
import { queues } from "./priority-queues.ts";
import { rebalance } from "./rebalance.ts";
import { addCopy } from "./replication.ts";

/** Whether the chunk comes from the walk over all chunks, or is an extra one out of a queue. */
export type Origin = "walk" | "queue";

/** Works on one chunk; its record may be gone afterwards. */
export function workOn(jobs: JobState, chunk: number, origin: Origin): void {
  if (dropGone(jobs, chunk)) return;
  jobs.counts.take(jobs.core.chunks, chunk);
  const goal = jobs.goalOf(chunk);
  settle(jobs, chunk, goal);
  if (repairVersions(jobs, chunk, goal)) return;
  if (origin === "walk") cleanUp(jobs, chunk);
  if (isHeld(jobs, chunk)) return;
  if (origin === "walk" && removeUnused(jobs, chunk)) return;
  if (reachGoal(jobs, { chunk, goal, origin }) || origin === "queue") return;
  level(jobs, chunk, goal);
}

/** Step 0: copies on servers that left; the record goes when nothing is left of the chunk. 0b: old writes. */
function dropGone({ core }: JobState, chunk: number): boolean {
  refresh(core, chunk);
  if (forgetIfUnused(core, chunk)) return true;
  if (!core.isLocked(chunk)) core.setWriting(chunk, false);
  return false;
}

/** Steps 1, 1b and 2a. */
function settle(jobs: JobState, chunk: number, goal: number): void {
  const { core, counts } = jobs;
  const { chunks } = core;
  const { none } = chunkOperation;
  if (counts.anyBusy === 0) {
    if (chunks.operationOf(chunk) !== none) chunks.setOperation(chunk, none);
  } else if (!core.isLocked(chunk) && chunks.operationOf(chunk) === none && counts.readable > 0) {
    invalidateBusy(jobs, chunk);
  }
  if (counts.valid + counts.busy < goal) markRemovalInProgress(jobs, chunk);
}

/** Servers with copies on disks to be removed that are still needed. */
export function markRemovalInProgress(jobs: JobState, chunk: number): void {
  const { chunks, servers } = jobs.core;
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    const state = chunks.copies.stateOf(copy);
    if (state !== copyState.removalValid && state !== copyState.removalBusy) continue;
    servers.at(chunks.copies.serverOf(copy)).removal = removalState.inProgress;
  }
}

function invalidateBusy(jobs: JobState, chunk: number): void {
  const { chunks } = jobs.core;
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    if (isBusy(chunks.copies.stateOf(copy))) chunks.setCopy(chunk, copy, copyState.invalid, 0);
  }
  chunks.setNeedsVersion(chunk, true);
  jobs.counts.take(chunks, chunk);
}

/** Steps 2b, 2c and 2d: a chunk that files use and that has no good copy. */
function repairVersions(jobs: JobState, chunk: number, goal: number): boolean {
  const { core, counts } = jobs;
  const { chunks } = core;
  if (counts.readable + counts.anyBusy > 0 || chunks.referencesOf(chunk) === 0) return false;
  if (core.isLocked(chunk)) return false;
  if (counts.all === 0) jobs.complain(chunk, "has no copy");
  else if (!adoptBest(jobs, chunk, goal)) {
    const { stale, invalid } = counts;
    jobs.complain(
      chunk,
      `has only copies that are damaged (${invalid}) or of other versions (${stale}): repair its file by hand`,
    );
  }
  return true;
}

/**
 * Step 2b: enough copies that are one version off become the right ones. An older version is taken only
 * when every known server is there and no copy is damaged, for such a one may hold what was written last.
 */
function adoptBest(jobs: JobState, chunk: number, goal: number): boolean {
  const { core, counts } = jobs;
  const { chunks } = core;
  if (counts.stale === 0 || counts.stale < goal) return false;
  let best = 0;
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    if (!isStale(chunks.copies.stateOf(copy))) continue;
    best = Math.max(best, chunks.copies.versionOf(copy));
  }
  const step = best - chunks.versionOf(chunk);
  if (step !== 1 && !(step === -1 && core.isComplete && counts.invalid === 0)) return false;
  core.commit({ op: "SETVERSION", chunk: chunks.idOf(chunk), version: best });
  adoptVersion(core, chunk);
  return true;
}

/** Steps 3.0 and 3.1. */
function cleanUp(jobs: JobState, chunk: number): void {
  const { core, counts } = jobs;
  const { chunks } = core;
  const locked = core.isLocked(chunk);
  const operation = chunks.operationOf(chunk);
  const unused = core.isUnused(chunk) && !locked;
  // While a version is being raised, a copy that missed it may have to become the right one again.
  const raises = operation !== chunkOperation.none && operation !== chunkOperation.replicate;
  // Stricter than the table: a copy that is still being made may never arrive, so only readable ones count.
  if (!raises && (counts.readable > 0 || unused)) deleteBad(jobs, chunk);
  if (operation === chunkOperation.replicate && !locked) {
    invalidateBusy(jobs, chunk);
    endReplication(core, chunk);
  }
  counts.take(chunks, chunk);
}

/** Steps 4 and 5: somebody works on the chunk. */
function isHeld(jobs: JobState, chunk: number): boolean {
  const { core, counts, pass } = jobs;
  const { chunks } = core;
  if (chunks.operationOf(chunk) !== chunkOperation.none || core.isLocked(chunk)) {
    if (chunks.referencesOf(chunk) === 0) pass.lockedUnused++;
    else pass.lockedUsed++;
    return true;
  }
  if (counts.anyBusy === 0) return false;
  jobs.complain(chunk, "has copies that wait for no operation");
  return true;
}

/** Step 6. */
function removeUnused(jobs: JobState, chunk: number): boolean {
  if (jobs.core.chunks.referencesOf(chunk) > 0) return false;
  if (jobs.core.isUnused(chunk)) deleteUnused(jobs, chunk);
  return true;
}

interface Work {
  readonly chunk: number;
  readonly goal: number;
  readonly origin: Origin;
}

/** Steps 7.1 to 9: a copy less, or a copy more. */
function reachGoal(jobs: JobState, work: Work): boolean {
  const { chunk, goal, origin } = work;
  const { counts } = jobs;
  if (jobs.core.chunks.referencesOf(chunk) === 0) return true;
  if (counts.valid > goal) {
    deleteSurplus(jobs, chunk, goal);
    return true;
  }
  if (origin === "walk" && mayCleanDisk(jobs, goal) && cleanDisk(jobs, chunk)) return true;
  const unmatched = jobs.unmatchedLabels(chunk);
  if (counts.readable === 0 || (counts.valid >= goal && unmatched === 0)) return false;
  return copyMissing(jobs, work, priorityOf(counts, goal, unmatched));
}

/** Step 7.2, without what depends on the servers of the copies. */
function mayCleanDisk({ counts, queues: waiting, servers }: JobState, goal: number): boolean {
  return (
    counts.removalValid > 0 &&
    counts.valid < goal &&
    counts.readable > 1 &&
    counts.readable >= servers.usableCount &&
    waiting.isEmptyBefore(queues.removal)
  );
}

/** Step 9; true when a copy was started. */
function copyMissing(jobs: JobState, { chunk, goal, origin }: Work, queue: number): boolean {
  if (queue === noQueue || jobs.servers.copiesExpectedBack) return false;
  const later = origin === "walk" && !jobs.queues.isEmptyBefore(queue);
  const outcome = later ? "wait" : addCopy(jobs, { chunk, goal, queue });
  if (outcome === "wait") jobs.enqueue(chunk, queue);
  countCopy(jobs, { chunk, goal, origin }, outcome);
  return outcome === "started";
}

/** Chunks out of queues come again and again: only the walk counts what could not be done. */
function countCopy({ counts, pass }: JobState, { goal, origin }: Work, outcome: string): void {
  const missing = counts.valid < goal;
  if (outcome === "started") {
    if (missing) pass.copiedUnderGoal++;
    else pass.copiedWrongLabels++;
  } else if (origin === "walk") {
    if (missing) pass.notCopiedUnderGoal++;
    else pass.notCopiedWrongLabels++;
    if (!missing && outcome === "impossible") pass.labelsDoNotMatch++;
  }
}

/** Steps 11 and 12: servers are levelled when nothing else waits, or when one is almost full. */
function level(jobs: JobState, chunk: number, goal: number): void {
  const { counts, servers, queues: waiting } = jobs;
  if (!servers.anyAlmostFull && !waiting.isEmptyBefore(queues.overGoal)) return;
  if (counts.valid === goal) rebalance(jobs, chunk);
}
