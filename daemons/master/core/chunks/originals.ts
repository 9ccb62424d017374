// Chunks that are being duplicated for a write. Should all duplicates fail, the slot gets the original back: until
// then it must stay, even where the last file that used it is gone. Beyond the original master, which deletes it.
// Spec: semantics-master.md 4.1, 15.2.

/** Originals of running duplications; they are no persistent state. */
export class Originals {
  readonly #originalOf = new Map<number, number>();
  /** Duplications of each original. */
  readonly #counts = new Map<number, number>();

  /** A duplication begins. */
  keep(duplicate: number, original: number): void {
    this.release(duplicate);
    this.#originalOf.set(duplicate, original);
    this.#counts.set(original, (this.#counts.get(original) ?? 0) + 1);
  }

  /** Whether a duplication needs the chunk. */
  has(original: number): boolean {
    return this.#counts.has(original);
  }

  /** A chunk's operation has ended, and who waited for it was told. */
  release(duplicate: number): void {
    const original = this.#originalOf.get(duplicate);
    if (original === undefined) return;
    this.#originalOf.delete(duplicate);
    const left = (this.#counts.get(original) ?? 0) - 1;
    if (left > 0) this.#counts.set(original, left);
    else this.#counts.delete(original);
  }
}
