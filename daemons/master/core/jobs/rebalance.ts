// Step 12: a chunk with just enough copies moves from a fuller to an emptier server. Only the copy is made
// here; the surplus one on the fuller server goes as any other does. Spec: semantics-master.md 8.7.

import { fitsLabel } from "../chunks/matching.ts";
import type { Server } from "../chunks/server.ts";
import { labelMode } from "../chunks/settings.ts";
import type { LabelExpression } from "../chunks/settings.ts";
import { replicate } from "../chunks/transfers.ts";
import { copyState } from "../store/copies.ts";
import type { JobState } from "./job-state.ts";
import { uniqueKey } from "./label-matching.ts";
import { limitClass, usageOf } from "./server-view.ts";
import type { LimitClass } from "./server-view.ts";

/** Differences beyond so many times the acceptable one are levelled under the larger limits. */
const largeFactor = 1.5;
/** Pause after a move within the acceptable difference, times that difference: 10 s at 0.1 %. */
const smallMovePause = 0.01;

interface Move {
  readonly source: Server;
  readonly target: Server;
  readonly difference: number;
}

/** Starts to move a copy, if that levels servers. Returns whether it did. */
export function rebalance(jobs: JobState, chunk: number): boolean {
  if (!isWorthwhile(jobs, jobs.servers.spread)) return false;
  const move = findMove(jobs, chunk);
  if (move === undefined || isBeingFetched(jobs, chunk)) return false;
  const { source, target } = move;
  if (!replicate(jobs.core, { chunk, source, target, missing: false })) return false;
  jobs.servers.noteStarted(target);
  jobs.totals.replications++;
  jobs.moves.note(source, target, jobs.core.nowMs);
  jobs.lastMoveAt = jobs.core.now;
  jobs.pass.copiedRebalance++;
  return true;
}

/** Whether a difference may be levelled now: small ones are levelled slowly. */
function isWorthwhile(jobs: JobState, difference: number): boolean {
  if (difference <= 0) return false;
  if (difference > jobs.settings.acceptableDifference) return true;
  return jobs.lastMoveAt + smallMovePause / difference < jobs.core.now;
}

function findMove(jobs: JobState, chunk: number): Move | undefined {
  const { core } = jobs;
  const { chunks } = core;
  const labels = jobs.labelsOf(chunk);
  const matched = jobs.needsMatching(labels);
  if (matched) jobs.matchHolders(chunk, labels);
  let best: Move | undefined;
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    if (chunks.copies.stateOf(copy) !== copyState.valid) continue;
    const source = core.servers.at(chunks.copies.serverOf(copy));
    const better = best?.difference ?? 0;
    const move = findTarget(jobs, { chunk, source, labels: matched ? labels : [], better });
    if (move !== undefined) best = move;
  }
  return best;
}

/** What a target is looked for. */
interface TargetSearch {
  readonly chunk: number;
  readonly source: Server;
  /** Empty when labels do not matter. */
  readonly labels: readonly LabelExpression[];
  /** The difference that must be exceeded. */
  readonly better: number;
}

/** The emptiest server that may take the source's copy. */
function findTarget(jobs: JobState, search: TargetSearch): Move | undefined {
  const { source } = search;
  const { servers } = jobs;
  for (const target of servers.byUsage) {
    const difference = usageOf(source) - usageOf(target);
    // Servers come by rising usage: all that follow differ less.
    if (difference <= search.better || !isWorthwhile(jobs, difference)) return undefined;
    const limits = limitsOf(jobs, difference);
    if (servers.isReadLimited(source, limits) || servers.isWriteLimited(target, limits)) continue;
    if (!jobs.moves.allows(source, target, difference, jobs.core.nowMs)) continue;
    if (!mayHold(jobs, search, target)) continue;
    return { source, target, difference };
  }
  return undefined;
}

function limitsOf({ settings }: JobState, difference: number): LimitClass {
  const large = difference > largeFactor * settings.acceptableDifference;
  return large ? limitClass.largeMove : limitClass.smallMove;
}

function mayHold(jobs: JobState, search: TargetSearch, target: Server): boolean {
  const { chunk, source, labels } = search;
  if (target.isAlmostFull || jobs.core.chunks.findCopy(chunk, target.slot) !== 0) return false;
  if (sharesPlace(jobs, search, target)) return false;
  if (labels.length === 0) return true;
  const { matching, core } = jobs;
  const label = matching.labelOf(source);
  if (label >= 0) return fitsLabel(labels[label] ?? [], target.labelMask);
  if (core.rules.modeOf(core.chunks.classOf(chunk)) === labelMode.loose) return true;
  return labels.some(
    (expression, place) => matching.placeOf(place) < 0 && fitsLabel(expression, target.labelMask),
  );
}

/** Whether another copy than the source's is at the target's address or rack, where one must be alone. */
function sharesPlace(jobs: JobState, { chunk, source }: TargetSearch, target: Server): boolean {
  const { chunks, servers, settings, topology } = jobs.core;
  const { uniqueMode } = settings;
  if (uniqueMode === 0) return false;
  const key = uniqueKey(target, uniqueMode, topology);
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    const holder = servers.at(chunks.copies.serverOf(copy));
    if (holder === source) continue;
    if (uniqueKey(holder, uniqueMode, topology) === key) return true;
  }
  return false;
}

/** Whether the chunk is already on its way to a server. */
function isBeingFetched(jobs: JobState, chunk: number): boolean {
  const chunkId = jobs.core.chunks.idOf(chunk);
  for (const server of jobs.core.servers.connected) {
    if (server.replications.has(chunkId)) return true;
  }
  return false;
}
