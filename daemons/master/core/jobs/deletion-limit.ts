// How many unanswered deletions one server may have: it grows while more is left undone than done, and
// shrinks again. Spec: semantics-master.md 8.6.

import type { JobSettings } from "./settings.ts";
import type { PassStatistics } from "./pass-statistics.ts";

const passesBetweenChecks = 16;
const step = 1.5;

/** The limit, between the soft and the hard one of the configuration. */
export class DeletionLimit {
  #limit: number;
  #passes = 0;
  #done = 0;
  #notDone = 0;
  #wantedBefore = 0;

  constructor(settings: JobSettings) {
    this.#limit = settings.deletionsSoftMax;
  }

  get value(): number {
    return this.#limit;
  }

  /** New settings: the limit moves into their range. */
  configure(settings: JobSettings): void {
    const { deletionsSoftMax, deletionsHardMax } = settings;
    this.#limit = Math.max(deletionsSoftMax, Math.min(this.#limit, deletionsHardMax));
  }

  /** A pass has ended. */
  endPass(pass: PassStatistics, settings: JobSettings): void {
    this.#done +=
      pass.deletedInvalid + pass.deletedUnused + pass.deletedDiskClean + pass.deletedOverGoal;
    this.#notDone +=
      pass.notDeletedInvalid +
      pass.notDeletedUnused +
      pass.notDeletedDiskClean +
      pass.notDeletedOverGoal;
    this.#passes++;
    if (this.#passes < passesBetweenChecks) return;
    const wanted = this.#done + this.#notDone;
    if (this.#notDone > this.#done && wanted > this.#wantedBefore) {
      this.#limit = Math.min(this.#limit * step, settings.deletionsHardMax);
    } else if (wanted < this.#wantedBefore) {
      this.#limit = Math.max(this.#limit / step, settings.deletionsSoftMax);
    }
    this.#wantedBefore = wanted;
    this.#passes = 0;
    this.#done = 0;
    this.#notDone = 0;
  }
}
