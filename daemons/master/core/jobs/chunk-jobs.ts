// The job loop: fifty times a second some urgent chunks and a part of all chunks are looked at, and what is
// missing or too much is copied or deleted. Spec: semantics-master.md 8.

import type { ChunkCore, JobHooks } from "../chunks/chunk-core.ts";
import { advanceRemovalStates } from "../chunks/server-upkeep.ts";
import { chunkOperation } from "../store/chunks.ts";
import { CopyCounts } from "./copy-counts.ts";
import { JobState } from "./job-state.ts";
import type { JobTotals } from "./job-state.ts";
import { emptyPass } from "./pass-statistics.ts";
import type { PassStatistics } from "./pass-statistics.ts";
import { isUrgent, noQueue, priorityOf } from "./priority.ts";
import { queueCount, queues } from "./priority-queues.ts";
import { limitClass } from "./server-view.ts";
import type { JobSettings } from "./settings.ts";
import { markRemovalInProgress, workOn } from "./steps.ts";

const ticksPerSecond = 50;
/** Parts of a tick's chunks that each queue may take even when earlier ones took all. */
const guaranteedShares: readonly number[] = [1, 0.1, 0.1, 0.01, 0.05, 0.01, 0.3];
/** So many chunks of a queue that have to wait on end the queue's turn: servers are busy. */
const futileMax = 200;
/** A chunk whose lock ended less than this ago is being written: it is not urgent. */
const quietSeconds = 3600;
/** After a pause of the master the walk does not make up for more than this. */
const stallMs = 100;

/** The job loop. It hears of chunks by the hooks and works in `tick`. */
export class ChunkJobs implements JobHooks {
  readonly #core: ChunkCore;
  readonly #state: JobState;
  /** The hooks are called in the middle of steps, whose counters they must not touch. */
  readonly #hookCounts = new CopyCounts();
  #startedAtMs: number | undefined;
  #lastTickMs = 0;
  /** Buckets that may be walked, with what is left of earlier ticks. */
  #credit = 0;
  #bucket = 0;
  #lastPass = emptyPass();

  constructor(core: ChunkCore, settings: JobSettings) {
    this.#core = core;
    this.#state = new JobState(core, settings);
    core.jobs = this;
    core.chunks.onClassChange = (chunk) => this.onChunkState(chunk, true);
  }

  /** New settings, at a reload. */
  configure(settings: JobSettings): void {
    this.#state.settings = settings;
    this.#state.deletionLimit.configure(settings);
  }

  /** What the last complete pass did; all zero before the first. */
  get lastPass(): PassStatistics {
    return this.#lastPass;
  }

  /** Commands and answers since the start. */
  get totals(): Readonly<JobTotals> {
    return this.#state.totals;
  }

  /** Chunks that wait in a queue, see `queues`. */
  waiting(queue: number): number {
    return this.#state.queues.length(queue);
  }

  /** Every 20 ms, after `core.setTime` and the chunkservers' tick. */
  tick(): void {
    const { nowMs } = this.#core;
    const elapsedMs = Math.min(nowMs - this.#lastTickMs, stallMs);
    this.#lastTickMs = nowMs;
    this.#startedAtMs ??= nowMs;
    if (!this.#mayWork()) return;
    this.#state.servers.begin(this.#state.settings);
    if (this.#state.servers.usableCount === 0) return;
    this.#serveQueues();
    this.#walk(elapsedMs);
    this.#core.deliver();
  }

  onChunkState(chunk: number, checkLabels: boolean): void {
    const { chunks, now } = this.#core;
    if (chunks.classOf(chunk) === 0 || chunks.referencesOf(chunk) === 0) return;
    const counts = this.#hookCounts;
    counts.take(chunks, chunk);
    const goal = this.#state.goalOf(chunk);
    // Monitors show at once what leaves a disk, long before the loop comes by.
    if (counts.removalValid > 0 && counts.valid + counts.busy < goal) {
      markRemovalInProgress(this.#state, chunk);
    }
    const lockedTo = chunks.lockedToOf(chunk);
    if (lockedTo !== 0 && lockedTo + quietSeconds >= now) return;
    const enough = checkLabels && counts.valid >= goal;
    const unmatched = enough ? this.#state.unmatchedLabels(chunk) : 0;
    const queue = priorityOf(counts, goal, unmatched);
    if (queue !== noQueue) this.#state.enqueue(chunk, queue);
  }

  onChunkUnlocked(chunk: number): boolean {
    const { chunks } = this.#core;
    if (chunks.queueOf(chunk) === 0 || !this.#mayWork()) return false;
    this.#state.servers.begin(this.#state.settings);
    // It stays in its queue: the record cannot go, and what could not be done is tried again from there.
    workOn(this.#state, chunk, "queue");
    return chunks.operationOf(chunk) !== chunkOperation.none;
  }

  onDeleteAnswered(chunkId: number, done: boolean): void {
    const { totals } = this.#state;
    if (done) totals.deletionsDone++;
    else totals.deletionsFailed++;
    const chunk = this.#core.chunks.find(chunkId);
    // Where a copy stood in the way of another, its server is free now.
    if (done && chunk !== 0) this.onChunkState(chunk, false);
  }

  #mayWork(): boolean {
    const { nowMs, countersInProgress } = this.#core;
    if (this.#startedAtMs === undefined || countersInProgress) return false;
    return nowMs >= this.#startedAtMs + this.#state.settings.startDelaySeconds * 1000;
  }

  get #chunksPerTick(): number {
    return Math.ceil(this.#state.settings.chunksPerSecondMax / ticksPerSecond);
  }

  #serveQueues(): void {
    const perTick = this.#chunksPerTick;
    let left = perTick;
    for (let queue = 0; queue < queueCount; queue++) {
      const share = Math.ceil(perTick * (guaranteedShares[queue] ?? 0));
      left -= this.#serveQueue(queue, Math.max(left, share));
    }
  }

  /** Returns how many chunks were taken. */
  #serveQueue(queue: number, chunksMax: number): number {
    const { queues: waiting } = this.#state;
    // What is put back during the turn waits for the next one.
    const count = Math.min(waiting.length(queue), chunksMax);
    let futile = 0;
    for (let taken = 0; taken < count; taken++) {
      if (futile >= futileMax || !this.#hasTargets(queue)) return taken;
      const chunk = this.#state.dequeue(queue);
      if (chunk === 0) continue;
      workOn(this.#state, chunk, "queue");
      futile = this.#core.chunks.queueOf(chunk) === 0 ? 0 : futile + 1;
    }
    return count;
  }

  /** Whether any server may take a copy for the chunks of this queue. */
  #hasTargets(queue: number): boolean {
    if (queue === queues.overGoal) return true;
    const { servers } = this.#state;
    if (servers.copiesExpectedBack) return false;
    const urgent = isUrgent(queue);
    const limits = urgent ? limitClass.endangered : limitClass.underGoal;
    const { free, overloaded } = servers.groups(limits);
    return free.length > 0 || (urgent && overloaded.length > 0);
  }

  #walk(elapsedMs: number): void {
    const { chunks } = this.#core;
    const { settings } = this.#state;
    const seconds = settings.loopSeconds ?? settings.loopSecondsMin;
    const perTick = (chunks.buckets * elapsedMs) / (seconds * 1000);
    this.#credit = Math.min(this.#credit + perTick, Math.max(1, perTick) * 2);
    let left = settings.loopSeconds === undefined ? this.#chunksPerTick : Infinity;
    while (this.#credit >= 1 && left > 0) {
      this.#credit--;
      left -= this.#walkBucket(this.#bucket);
      this.#bucket++;
      // Buckets that are split meanwhile move chunks to the end: none is missed.
      if (this.#bucket >= chunks.buckets) this.#endPass();
    }
  }

  #walkBucket(bucket: number): number {
    const { chunks } = this.#core;
    let count = 0;
    let chunk = chunks.bucket(bucket);
    while (chunk !== 0) {
      const next = chunks.next(chunk);
      workOn(this.#state, chunk, "walk");
      count++;
      chunk = next;
    }
    return count;
  }

  #endPass(): void {
    this.#bucket = 0;
    const pass = this.#state.endPass();
    pass.loopStart = this.#lastPass.loopEnd;
    pass.loopEnd = this.#core.now;
    this.#lastPass = pass;
    this.#state.deletionLimit.endPass(pass, this.#state.settings);
    advanceRemovalStates(this.#core);
  }
}
