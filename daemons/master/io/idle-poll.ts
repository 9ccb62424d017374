// Stays awake for a moment after an answer, as a client that waits for it asks again within a tenth of a
// millisecond: to sleep and to be woken costs more than most requests. Only while requests come that closely, and
// only on a processor that nobody else wants.

import { closeSync, openSync, readSync } from "node:fs";

/** A pause counts as one sixteenth of the average, and at most as four times the longest poll. */
const pauseWeight = 1 / 16;
const longestCounted = 4;
/** One look, every 20 ms, counts as one eighth. */
const lookWeight = 1 / 8;
/** One thread more than processors waits now and then also where a single client is at work. */
const passingThreads = 1;

/** What the poll goes by. */
export interface IdlePollOptions {
  /** Milliseconds, as `performance.now()`. */
  readonly clock: () => number;
  readonly processors: number;
  /** Threads of the whole machine that run or wait for a processor; undefined: nobody knows. */
  readonly runnableThreads: () => number | undefined;
  /** Calls back after the event loop has looked for input without waiting for it. */
  readonly lookForInput: (then: () => void) => void;
}

/** When to poll, and the poll itself. */
export class IdlePoll {
  readonly #options: IdlePollOptions;
  #longestMs = 0;
  /** Average from an answer to the next request. */
  #pauseMs = Number.POSITIVE_INFINITY;
  #runnable = Number.POSITIVE_INFINITY;
  #answeredMs: number | undefined;
  #isPolling = false;
  /** Milliseconds spent on polling so far. */
  polledMs = 0;

  constructor(options: IdlePollOptions) {
    this.#options = options;
  }

  /** How long to stay awake at most; 0 switches polling off. */
  configure(longestMs: number): void {
    this.#longestMs = longestMs;
    this.#pauseMs = longestCounted * longestMs;
  }

  /** A request came in. */
  requested(nowMs: number): void {
    if (this.#answeredMs === undefined || this.#longestMs === 0) return;
    const pauseMs = Math.min(nowMs - this.#answeredMs, longestCounted * this.#longestMs);
    this.#pauseMs += (pauseMs - this.#pauseMs) * pauseWeight;
    if (this.#isPolling) this.#count(nowMs);
  }

  /** Its turn is over. */
  answered(): void {
    if (this.#longestMs === 0) return;
    const nowMs = this.#options.clock();
    this.#answeredMs = nowMs;
    if (this.#isPolling || !this.#isWorthwhile()) return;
    this.#isPolling = true;
    this.#options.lookForInput(this.#look);
  }

  /** Looks at the machine; call it every 20 ms. */
  observe(): void {
    if (this.#longestMs === 0) return;
    const seen = this.#options.runnableThreads() ?? Number.POSITIVE_INFINITY;
    const isFirst = !Number.isFinite(this.#runnable);
    this.#runnable = isFirst ? seen : this.#runnable + (seen - this.#runnable) * lookWeight;
  }

  #isWorthwhile(): boolean {
    const { processors } = this.#options;
    // With a single processor whoever is waited for waits for it.
    const isWanted = processors < 2 || this.#runnable > processors + passingThreads;
    return this.#pauseMs < this.#longestMs && !isWanted;
  }

  /** The time since the answer was spent awake. */
  #count(nowMs: number): void {
    this.polledMs += Math.max(0, nowMs - (this.#answeredMs ?? nowMs));
  }

  readonly #look = (): void => {
    const nowMs = this.#options.clock();
    const isInTime = nowMs - (this.#answeredMs ?? 0) < this.#longestMs;
    if (isInTime && this.#isWorthwhile()) this.#options.lookForInput(this.#look);
    else {
      this.#count(nowMs);
      this.#isPolling = false;
    }
  };
}

/** Reads the count of runnable threads, this one included, from /proc/loadavg. */
export class RunnableThreads implements Disposable {
  readonly #bytes = Buffer.alloc(64);
  #file: number | undefined;

  constructor(file = "/proc/loadavg") {
    try {
      this.#file = openSync(file, "r");
    } catch {
      this.#file = undefined;
    }
  }

  /** Undefined where the system does not tell. */
  count(): number | undefined {
    if (this.#file === undefined) return undefined;
    try {
      const size = readSync(this.#file, this.#bytes, 0, this.#bytes.length, 0);
      const found = / (\d+)\/\d+ /.exec(this.#bytes.toString("latin1", 0, size));
      return found === null ? undefined : Number(found[1]);
    } catch {
      return undefined;
    }
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
