// Steps that delete copies: stale, damaged, unused and surplus ones, and those that stand in the way of a
// disk's removal. Spec: semantics-master.md 8.4 (3.0, 6, 7), 8.6.

import type { Server } from "../chunks/server.ts";
import { deleteCopy } from "../chunks/transfers.ts";
import { copyState, isStale, isValid } from "../store/copies.ts";
import type { CopyState } from "../store/copies.ts";
import type { JobState } from "./job-state.ts";
import { queues } from "./priority-queues.ts";
import { takesWork, usageOf } from "./server-view.ts";

/** Whatever version the copy has. */
const anyVersion = 0;

/** Steps 3.0 and 7.0: stale and damaged copies go, and deletions that failed are tried again. */
export function deleteBad(jobs: JobState, chunk: number): void {
  const { chunks } = jobs.core;
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    if (!isBad(chunks.copies.stateOf(copy)) || isBeingDeleted(jobs, chunk, copy)) continue;
    if (deleteWithinLimit(jobs, chunk, copy, anyVersion)) jobs.pass.deletedInvalid++;
    else jobs.pass.notDeletedInvalid++;
  }
}

function isBad(state: CopyState): boolean {
  return isStale(state) || state === copyState.invalid || state === copyState.deleting;
}

/** Step 6: nobody uses the chunk. The command names the version: a server may know a newer one. */
export function deleteUnused(jobs: JobState, chunk: number): void {
  const { chunks } = jobs.core;
  const version = chunks.versionOf(chunk);
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    if (!isValid(chunks.copies.stateOf(copy))) continue;
    if (deleteWithinLimit(jobs, chunk, copy, version)) jobs.pass.deletedUnused++;
    else jobs.pass.notDeletedUnused++;
  }
}

/** Step 7.1: more copies than wanted; those on the fullest servers go, those that labels need stay. */
export function deleteSurplus(jobs: JobState, chunk: number, goal: number): void {
  const { chunks } = jobs.core;
  let surplus = jobs.counts.valid - goal;
  for (const server of surplusHolders(jobs, chunk)) {
    if (surplus === 0) return;
    const copy = chunks.findCopy(chunk, server.slot);
    if (!deleteWithinLimit(jobs, chunk, copy, anyVersion)) {
      jobs.pass.notDeletedOverGoal += surplus;
      jobs.enqueue(chunk, queues.overGoal);
      return;
    }
    jobs.pass.deletedOverGoal++;
    surplus--;
  }
  jobs.pass.notDeletedOverGoal += surplus;
}

/** Servers whose copy may go, the fullest first. */
function surplusHolders(jobs: JobState, chunk: number): readonly Server[] {
  const { chunks, servers } = jobs.core;
  const holders: Server[] = [];
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    if (chunks.copies.stateOf(copy) === copyState.valid) {
      holders.push(servers.at(chunks.copies.serverOf(copy)));
    }
  }
  holders.sort((one, other) => usageOf(other) - usageOf(one));
  const needed = neededForLabels(jobs, chunk, holders);
  return holders.filter((server) => takesWork(server) && !needed.includes(server));
}

/** Servers that labels are matched to: those that keep their copy anyway, then the emptiest. */
function neededForLabels(
  jobs: JobState,
  chunk: number,
  fullestFirst: readonly Server[],
): readonly Server[] {
  const labels = jobs.labelsOf(chunk);
  if (!jobs.needsMatching(labels)) return [];
  const { matching } = jobs;
  jobs.startMatching(labels);
  for (const server of fullestFirst) if (!takesWork(server)) matching.add(server);
  matching.match();
  for (const server of fullestFirst.toReversed()) {
    if (!takesWork(server)) continue;
    // A stage each: an emptier server is never given up for a fuller one.
    matching.add(server);
    matching.match();
  }
  return fullestFirst.filter((server) => matching.labelOf(server) >= 0);
}

/**
 * Step 7.2: all servers have a copy, so one on a disk to be removed has to make room for a regular one on
 * the same server. Returns whether one went.
 */
export function cleanDisk(jobs: JobState, chunk: number): boolean {
  const { chunks, servers } = jobs.core;
  const { counts } = jobs;
  let withRoom = 0;
  let chosen = 0;
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    if (chunks.copies.stateOf(copy) !== copyState.removalValid) continue;
    const server = servers.at(chunks.copies.serverOf(copy));
    if (!server.isUsable || server.isAlmostFull) continue;
    withRoom++;
    if (chosen === 0 && hasDeletionRoom(jobs, server)) chosen = copy;
  }
  if (counts.valid + withRoom < jobs.servers.usableCount) return false;
  if (chosen === 0) {
    jobs.pass.notDeletedDiskClean++;
    return false;
  }
  deleteWithinLimit(jobs, chunk, chosen, anyVersion);
  jobs.pass.deletedDiskClean++;
  return true;
}

/** Whether the server has not answered the deletion of this copy yet. */
function isBeingDeleted(jobs: JobState, chunk: number, copy: number): boolean {
  const { chunks, servers } = jobs.core;
  const server = servers.at(chunks.copies.serverOf(copy));
  return server.deletions.has(chunks.idOf(chunk));
}

function deleteWithinLimit(jobs: JobState, chunk: number, copy: number, version: number): boolean {
  const { chunks, servers } = jobs.core;
  if (!hasDeletionRoom(jobs, servers.at(chunks.copies.serverOf(copy)))) return false;
  deleteCopy(jobs.core, { chunk, copy }, version);
  jobs.totals.deletions++;
  return true;
}

function hasDeletionRoom(jobs: JobState, server: Server): boolean {
  return server.deletions.size < jobs.deletionLimit.value;
}
