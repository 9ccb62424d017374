// What the steps of the job loop share: the chunk layer, the queues, the servers of this tick and the
// figures of this pass. Spec: semantics-master.md 8.

import type { ChunkCore } from "../chunks/chunk-core.ts";
import type { LabelExpression } from "../chunks/settings.ts";
import { copyState } from "../store/copies.ts";
import { CopyCounts } from "./copy-counts.ts";
import { DeletionLimit } from "./deletion-limit.ts";
import { hasLabels, LabelMatching } from "./label-matching.ts";
import { MoveBudget } from "./move-budget.ts";
import { emptyPass } from "./pass-statistics.ts";
import type { PassStatistics } from "./pass-statistics.ts";
import { PriorityQueues } from "./priority-queues.ts";
import { ServerView } from "./server-view.ts";
import type { JobSettings } from "./settings.ts";

/** Chunks that nobody can help, named in the log of one pass; the others are counted. */
const namedInLogMax = 100;

/** Counts since the start, for charts. */
export interface JobTotals {
  deletions: number;
  deletionsDone: number;
  deletionsFailed: number;
  replications: number;
}

/** State of the job loop. */
export class JobState {
  readonly core: ChunkCore;
  readonly queues = new PriorityQueues();
  readonly servers: ServerView;
  readonly deletionLimit: DeletionLimit;
  /** Copies of the chunk that is worked on. */
  readonly counts = new CopyCounts();
  readonly matching = new LabelMatching();
  settings: JobSettings;
  /** Figures of the pass that runs. */
  pass: PassStatistics = emptyPass();
  readonly moves = new MoveBudget();
  lastMoveAt = 0;
  readonly totals: JobTotals = {
    deletions: 0,
    deletionsDone: 0,
    deletionsFailed: 0,
    replications: 0,
  };
  #complaints = 0;

  constructor(core: ChunkCore, settings: JobSettings) {
    this.core = core;
    this.settings = settings;
    this.servers = new ServerView(core, settings);
    this.deletionLimit = new DeletionLimit(settings);
  }

  goalOf(chunk: number): number {
    const { chunks, rules } = this.core;
    return rules.goalOf(chunks.classOf(chunk), chunks.archivedOf(chunk));
  }

  labelsOf(chunk: number): readonly LabelExpression[] {
    const { chunks, rules } = this.core;
    return rules.keptLabels(chunks.classOf(chunk), chunks.archivedOf(chunk));
  }

  /** Whether it matters on which servers copies of this chunk are, and not only how many. */
  needsMatching(labels: readonly LabelExpression[]): boolean {
    return this.core.settings.uniqueMode > 0 || hasLabels(labels);
  }

  /** Starts a matching without any server. */
  startMatching(labels: readonly LabelExpression[]): void {
    this.matching.start(labels, this.core.settings.uniqueMode, this.core.topology);
  }

  /** Starts a matching with the servers that hold valid copies on disks that stay. */
  matchHolders(chunk: number, labels: readonly LabelExpression[]): void {
    const { chunks, servers } = this.core;
    this.startMatching(labels);
    for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
      if (chunks.copies.stateOf(copy) !== copyState.valid) continue;
      this.matching.add(servers.at(chunks.copies.serverOf(copy)));
    }
    this.matching.match();
  }

  /** Labels that no valid copy serves; 0 when labels do not matter. */
  unmatchedLabels(chunk: number): number {
    const labels = this.labelsOf(chunk);
    if (!this.needsMatching(labels)) return 0;
    this.matchHolders(chunk, labels);
    return this.matching.unmatched;
  }

  /** Puts a chunk into a queue, or moves it up; its entry in the later queue counts no more. */
  enqueue(chunk: number, queue: number): void {
    const { chunks } = this.core;
    const present = chunks.queueOf(chunk) - 1;
    if (present >= 0 && present <= queue) return;
    const dropped = this.queues.push(queue, chunk, this.settings.queueLengthMax);
    if (dropped !== 0 && chunks.queueOf(dropped) === queue + 1) chunks.setQueue(dropped, 0);
    chunks.setQueue(chunk, queue + 1);
  }

  /** Takes the oldest chunk out of a queue; 0 when it is empty or its entry is an old one. */
  dequeue(queue: number): number {
    const { chunks } = this.core;
    const chunk = this.queues.pop(queue);
    if (chunk === 0 || chunks.queueOf(chunk) !== queue + 1) return 0;
    chunks.setQueue(chunk, 0);
    return chunk;
  }

  /** Tells of a chunk that the loop cannot help. */
  complain(chunk: number, what: string): void {
    this.#complaints++;
    if (this.#complaints > namedInLogMax) return;
    const { chunks, events } = this.core;
    const id = chunks.idOf(chunk).toString(16).toUpperCase().padStart(16, "0");
    events.log(`Chunk ${id} ${what}`);
  }

  /** Ends the figures of a pass. */
  endPass(): PassStatistics {
    if (this.#complaints > namedInLogMax) {
      const more = this.#complaints - namedInLogMax;
      this.core.events.log(`${more} more chunks need a repair by hand`);
    }
    this.#complaints = 0;
    const { pass } = this;
    this.pass = emptyPass();
    return pass;
  }
}
