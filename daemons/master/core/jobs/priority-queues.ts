// Chunks that need work sooner than the walk over all chunks comes by: seven rings of record indexes that
// overwrite their oldest entry when they are full. Spec: semantics-master.md 8.2.

/** Queues in the order in which they are served. */
export const queues = {
  endangeredHighGoal: 0,
  endangered: 1,
  lastRegularCopy: 2,
  removal: 3,
  underGoal: 4,
  wrongLabels: 5,
  overGoal: 6,
} as const;
export const queueCount = 7;

const firstCapacity = 1024;

/** A ring that grows up to its limit. */
class Ring {
  #entries = new Uint32Array(0);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#entries.byteLength;
  }

  /** Adds an entry; the one that had to go for it, or 0. */
  push(entry: number, lengthMax: number): number {
    let dropped = 0;
    if (this.#length >= lengthMax) dropped = this.pop();
    else if (this.#length === this.#entries.length) this.#grow(lengthMax);
    this.#entries[(this.#head + this.#length) % this.#entries.length] = entry;
    this.#length++;
    return dropped;
  }

  /** The oldest entry, or 0. */
  pop(): number {
    if (this.#length === 0) return 0;
    const entry = this.#entries[this.#head] ?? 0;
    this.#head = (this.#head + 1) % this.#entries.length;
    this.#length--;
    return entry;
  }

  #grow(lengthMax: number): void {
    const capacity = Math.min(Math.max(firstCapacity, this.#length * 2), lengthMax);
    const entries = new Uint32Array(capacity);
    for (let at = 0; at < this.#length; at++) {
      entries[at] = this.#entries[(this.#head + at) % this.#entries.length] ?? 0;
    }
    this.#entries = entries;
    this.#head = 0;
  }
}

/** The queues. Which one a chunk waits in stands in its record too; entries that disagree are old. */
export class PriorityQueues {
  readonly #rings = Array.from({ length: queueCount }, () => new Ring());

  get bytes(): number {
    return this.#rings.reduce((sum, ring) => sum + ring.bytes, 0);
  }

  length(queue: number): number {
    return this.#ring(queue).length;
  }

  /** Adds a chunk; the oldest one of that queue when it had to go for it, else 0. */
  push(queue: number, chunk: number, lengthMax: number): number {
    return this.#ring(queue).push(chunk, lengthMax);
  }

  /** The oldest chunk of a queue, or 0. */
  pop(queue: number): number {
    return this.#ring(queue).pop();
  }

  /** Whether nothing waits in the queues before this one. */
  isEmptyBefore(queue: number): boolean {
    for (let other = 0; other < queue; other++) if (this.length(other) > 0) return false;
    return true;
  }

  #ring(queue: number): Ring {
    return this.#rings[queue] as Ring;
  }
}
