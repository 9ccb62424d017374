// Whether the kernel of a mount may keep what it has cached of a file: who opened a file since which no
// other session changed it. A table of fixed size, of which the entry longest unused goes first.
// Spec: wire-client-master-2.md section 3.3, semantics-master.md section 20.2.

/** Pairs that the table holds, as many as the real master's. */
const entriesMax = 500_000;
const buckets = 1 << 19;
const multiplier = 0x9e37_79b1;

/** Pairs of an inode and a session, each good or not yet. Slot 0 is none. */
export class DataCache {
  readonly #capacity: number;
  readonly #inodes: Uint32Array;
  readonly #sessions: Uint32Array;
  readonly #good: Uint8Array;
  /** Slots in the order of use, from the latest to the oldest. */
  readonly #older: Uint32Array;
  readonly #newer: Uint32Array;
  /** Slots whose inode falls into the same bucket; of free slots, the next free one. */
  readonly #next: Uint32Array;
  readonly #first = new Uint32Array(buckets);
  #newest = 0;
  #oldest = 0;
  #free = 0;
  #used = 0;

  constructor(capacity = entriesMax) {
    this.#capacity = capacity;
    const slots = capacity + 1;
    this.#inodes = new Uint32Array(slots);
    this.#sessions = new Uint32Array(slots);
    this.#good = new Uint8Array(slots);
    this.#older = new Uint32Array(slots);
    this.#newer = new Uint32Array(slots);
    this.#next = new Uint32Array(slots);
  }

  /** The session opens the file: whether its kernel may keep what it has of it. */
  open(inode: number, session: number): boolean {
    const slot = this.#find(inode, session);
    if (slot === 0) {
      this.#add(inode, session);
      return false;
    }
    this.#unlink(slot);
    this.#linkNewest(slot);
    return this.#good[slot] === 1;
  }

  /** The session reads: from now on its kernel has what is true. */
  access(inode: number, session: number): void {
    const slot = this.#find(inode, session);
    if (slot !== 0) this.#good[slot] = 1;
  }

  /** The session changed the data: what all others have is old. */
  modify(inode: number, session: number): void {
    let slot = this.#first[bucketOf(inode)] ?? 0;
    while (slot !== 0) {
      const next = this.#next[slot] ?? 0;
      if (this.#inodes[slot] === inode) {
        if (this.#sessions[slot] === session) this.#good[slot] = 1;
        else this.#remove(slot);
      }
      slot = next;
    }
  }

  #find(inode: number, session: number): number {
    let slot = this.#first[bucketOf(inode)] ?? 0;
    while (slot !== 0) {
      if (this.#inodes[slot] === inode && this.#sessions[slot] === session) return slot;
      slot = this.#next[slot] ?? 0;
    }
    return 0;
  }

  #add(inode: number, session: number): void {
    const slot = this.#takeSlot();
    const bucket = bucketOf(inode);
    this.#inodes[slot] = inode;
    this.#sessions[slot] = session;
    this.#good[slot] = 0;
    this.#next[slot] = this.#first[bucket] ?? 0;
    this.#first[bucket] = slot;
    this.#linkNewest(slot);
  }

  #takeSlot(): number {
    if (this.#free === 0 && this.#used < this.#capacity) return ++this.#used;
    if (this.#free === 0) this.#remove(this.#oldest);
    const slot = this.#free;
    this.#free = this.#next[slot] ?? 0;
    return slot;
  }

  #remove(slot: number): void {
    this.#unlink(slot);
    const bucket = bucketOf(this.#inodes[slot] ?? 0);
    let at = this.#first[bucket] ?? 0;
    if (at === slot) this.#first[bucket] = this.#next[slot] ?? 0;
    else {
      while (this.#next[at] !== slot) at = this.#next[at] ?? 0;
      this.#next[at] = this.#next[slot] ?? 0;
    }
    this.#next[slot] = this.#free;
    this.#free = slot;
  }

  #unlink(slot: number): void {
    const older = this.#older[slot] ?? 0;
    const newer = this.#newer[slot] ?? 0;
    if (newer === 0) this.#newest = older;
    else this.#older[newer] = older;
    if (older === 0) this.#oldest = newer;
    else this.#newer[older] = newer;
  }

  #linkNewest(slot: number): void {
    this.#older[slot] = this.#newest;
    this.#newer[slot] = 0;
    if (this.#newest === 0) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
  }
}

function bucketOf(inode: number): number {
  return Math.imul(inode, multiplier) >>> 13;
}
