// What the configuration says about the job loop, as the core wants it; names and ranges are those of
// mfsmaster.cfg. A reload hands in a new value. Spec: semantics-master.md sections 8 and 28.

/** One limit for each class: endangered, under goal, small rebalance, large rebalance. */
export type RateLimits = readonly [number, number, number, number];

/** Options of the job loop and of the test of files. */
export interface JobSettings {
  /** REPLICATIONS_DELAY_INIT: nothing is copied or deleted so long after the start. */
  readonly startDelaySeconds: number;
  /** CHUNKS_LOOP_MIN_TIME: a pass over all chunks takes at least this. */
  readonly loopSecondsMin: number;
  /** CHUNKS_LOOP_MAX_CPS: chunks looked at in a second. */
  readonly chunksPerSecondMax: number;
  /** CHUNKS_LOOP_TIME of old configurations: takes the place of both. */
  readonly loopSeconds: number | undefined;
  /** CHUNKS_SOFT_DEL_LIMIT and CHUNKS_HARD_DEL_LIMIT: unanswered deletions of one server. */
  readonly deletionsSoftMax: number;
  readonly deletionsHardMax: number;
  /** CHUNKS_WRITE_REP_LIMIT and CHUNKS_READ_REP_LIMIT: running copies to and from one server. */
  readonly writeLimits: RateLimits;
  readonly readLimits: RateLimits;
  /** ACCEPTABLE_PERCENTAGE_DIFFERENCE as a fraction. */
  readonly acceptableDifference: number;
  /** PRIORITY_QUEUES_LENGTH. */
  readonly queueLengthMax: number;
  /** REPLICATIONS_RESPECT_TOPOLOGY: 1 near sources, 2 also targets in racks that have a copy. */
  readonly respectTopology: number;
  /** MISSING_LOG_CAPACITY, 0 = no log. */
  readonly missingLogMax: number;
}

/** The defaults of 3.0.117. */
export const defaultJobSettings: JobSettings = {
  startDelaySeconds: 60,
  loopSecondsMin: 300,
  chunksPerSecondMax: 100_000,
  loopSeconds: undefined,
  deletionsSoftMax: 10,
  deletionsHardMax: 25,
  writeLimits: [2, 1, 1, 4],
  readLimits: [10, 5, 2, 5],
  acceptableDifference: 0.01,
  queueLengthMax: 1_000_000,
  respectTopology: 0,
  missingLogMax: 100_000,
};
