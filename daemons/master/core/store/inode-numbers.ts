// Which inode numbers are free. A removed number waits in a queue before it is used again, so that late
// requests cannot hit a stranger. Spec: changelog.md section 6 A and B, semantics-master.md section 16.6.

import { Records } from "./records.ts";

/** Numbers in use (one bit each) and the queue of numbers that wait. */
export class InodeNumbers {
  readonly #bits = new Records(1);
  /** No number below this one is free. */
  #firstFree = 1;
  /** The queue: a ring of (inode, time). */
  #queue: Records = new Records(2);
  #capacity = 0;
  #head = 0;
  #waiting = 0;

  constructor() {
    this.mark(0);
  }

  get bytes(): number {
    return this.#bits.bytes + this.#queue.bytes;
  }

  /** Numbers in the queue. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Takes a number into use. What lies below it takes no memory: all numbers together take 512 MB. */
  mark(inode: number): void {
    const word = inode >>> 5;
    this.#bits.reach(word);
    this.#bits.set(word, 0, (this.#bits.get(word, 0) | (1 << (inode & 31))) >>> 0);
  }

  isMarked(inode: number): boolean {
    const word = inode >>> 5;
    return word < this.#bits.count && (this.#bits.get(word, 0) & (1 << (inode & 31))) !== 0;
  }

  /** The lowest free number, taken into use. */
  take(): number {
    let word = this.#firstFree >>> 5;
    while (word < this.#bits.count && this.#bits.get(word, 0) === 0xffff_ffff) word++;
    this.#bits.grow(word + 1);
    const free = ~this.#bits.get(word, 0) >>> 0;
    const inode = word * 32 + (31 - Math.clz32(free & -free));
    this.mark(inode);
    this.#firstFree = inode + 1;
    return inode;
  }

  /** Gives a number back at once. */
  free(inode: number): void {
    const word = inode >>> 5;
    this.#bits.set(word, 0, (this.#bits.get(word, 0) & ~(1 << (inode & 31))) >>> 0);
    if (inode < this.#firstFree) this.#firstFree = inode;
  }

  /** Lets a number in use wait; later times in the queue are lowered first, so that it stays sorted. */
  queue(inode: number, time: number): void {
    this.lowerTimes(time);
    if (this.#waiting === this.#capacity) this.#enlarge();
    const place = (this.#head + this.#waiting) % this.#capacity;
    this.#queue.set(place, 0, inode);
    this.#queue.set(place, 1, time);
    this.#waiting++;
  }

  /** Lowers the queued times above `time` to it. */
  lowerTimes(time: number): void {
    for (let at = this.#waiting - 1; at >= 0; at--) {
      const place = (this.#head + at) % this.#capacity;
      if (this.#queue.get(place, 1) <= time) return;
      this.#queue.set(place, 1, time);
    }
  }

  /** Time of the first number in the queue; only where one waits. */
  headTime(): number {
    return this.#queue.get(this.#head, 1);
  }

  /** Takes the first number out of the queue; it stays in use until `free`. */
  shift(): number {
    const inode = this.#queue.get(this.#head, 0);
    this.#head = (this.#head + 1) % this.#capacity;
    this.#waiting--;
    return inode;
  }

  /** Calls back for each waiting number in the order of the queue. */
  forEachWaiting(each: (inode: number, time: number) => void): void {
    for (let at = 0; at < this.#waiting; at++) {
      const place = (this.#head + at) % this.#capacity;
      each(this.#queue.get(place, 0), this.#queue.get(place, 1));
    }
  }

  #enlarge(): void {
    const larger = new Records(2);
    const capacity = Math.max(16_384, this.#capacity * 2);
    larger.grow(capacity);
    let at = 0;
    this.forEachWaiting((inode, time) => {
      larger.set(at, 0, inode);
      larger.set(at, 1, time);
      at++;
    });
    this.#queue = larger;
    this.#capacity = capacity;
    this.#head = 0;
  }
}
