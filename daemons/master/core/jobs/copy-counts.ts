// How many copies of a chunk are in which state: what every step of the job loop decides by. One object is
// used for all chunks. Spec: semantics-master.md 8.4.

import type { Chunks } from "../store/chunks.ts";
import { copyState } from "../store/copies.ts";

const stateCount = 9;

/** Counters of one chunk's copies. */
export class CopyCounts {
  readonly #counts = new Uint32Array(stateCount);
  all = 0;

  /** Counts the copies of a chunk. */
  take(chunks: Chunks, chunk: number): void {
    this.#counts.fill(0);
    this.all = 0;
    for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
      const state = chunks.copies.stateOf(copy);
      this.#counts[state] = this.#of(state) + 1;
      this.all++;
    }
  }

  /** Right version, on disks that stay: what counts towards the goal. */
  get valid(): number {
    return this.#of(copyState.valid);
  }
  /** Right version, on disks that are marked for removal. */
  get removalValid(): number {
    return this.#of(copyState.removalValid);
  }
  get busy(): number {
    return this.#of(copyState.busy);
  }
  get removalBusy(): number {
    return this.#of(copyState.removalBusy);
  }
  get invalid(): number {
    return this.#of(copyState.invalid);
  }

  /** Copies to copy from. */
  get readable(): number {
    return this.valid + this.removalValid;
  }
  /** Copies with a running operation, on any disk. */
  get anyBusy(): number {
    return this.busy + this.removalBusy;
  }
  /** Copies of another version, on any disk. */
  get stale(): number {
    return this.#of(copyState.wrongVersion) + this.#of(copyState.removalWrongVersion);
  }

  #of(state: number): number {
    return this.#counts[state] ?? 0;
  }
}
