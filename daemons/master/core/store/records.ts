// Tables of fixed records: the master's whole memory. A record is a row of 32-bit words in a few large
// shared buffers, never an object: a heap of a hundred million objects could not be collected.
// Every write goes through `set`, the one door where a save can copy an old page aside later.

/** Records of one segment: a power of two, so that a record's place is two shifts. */
const segmentBits = 14;
const segmentRecords = 1 << segmentBits;
const segmentMask = segmentRecords - 1;

/** A growing array of records of `words` unsigned 32-bit words each, all zero at first. */
export class Records {
  /** Words of one record. */
  readonly words: number;
  readonly #segments: Uint32Array[] = [];
  /** Stands for all segments without a record: it is read, and never written. */
  #absent: Uint32Array | undefined;
  #present = 0;
  #count = 0;

  constructor(words: number) {
    this.words = words;
  }

  /** Records that exist: the highest index ever made, plus one. */
  get count(): number {
    return this.#count;
  }

  /** Segments that were made. */
  get segments(): number {
    return this.#present;
  }

  /** Bytes of the segments. */
  get bytes(): number {
    return this.#present * segmentRecords * this.words * 4;
  }

  /** Makes every index below `count` exist. */
  grow(count: number): void {
    while (this.#segments.length * segmentRecords < count) this.#segments.push(this.#segment());
    if (count > this.#count) this.#count = count;
  }

  /** Makes one index exist. Segments below it that were not made stay absent: their records read as zeros. */
  reach(index: number): void {
    if (!this.hasSegment(index)) {
      const at = index >>> segmentBits;
      this.#absent ??= this.#emptySegment();
      while (this.#segments.length < at) this.#segments.push(this.#absent);
      this.#segments[at] = this.#segment();
    }
    if (index >= this.#count) this.#count = index + 1;
  }

  /** Whether the index lies in a segment that was made. */
  hasSegment(index: number): boolean {
    const segment = this.#segments[index >>> segmentBits];
    return segment !== undefined && segment !== this.#absent;
  }

  /** The index itself or, in an absent segment, the first one of the next that was made; or `count`. */
  skipAbsent(index: number): number {
    let at = index;
    while (at < this.#count && !this.hasSegment(at))
      at = ((at >>> segmentBits) + 1) * segmentRecords;
    return Math.min(at, this.#count);
  }

  get(index: number, word: number): number {
    // The index is always of a record that was made: the arithmetic cannot leave its segment.
    return (this.#segments[index >>> segmentBits] as Uint32Array)[
      (index & segmentMask) * this.words + word
    ] as number;
  }

  set(index: number, word: number, value: number): void {
    (this.#segments[index >>> segmentBits] as Uint32Array)[
      (index & segmentMask) * this.words + word
    ] = value;
  }

  /** Sets all words of a record to zero. */
  clear(index: number): void {
    const segment = this.#segments[index >>> segmentBits] as Uint32Array;
    const start = (index & segmentMask) * this.words;
    segment.fill(0, start, start + this.words);
  }

  /** An unsigned 64-bit number in two words, low one first. */
  get64(index: number, word: number): bigint {
    return (BigInt(this.get(index, word + 1)) << 32n) | BigInt(this.get(index, word));
  }

  set64(index: number, word: number, value: bigint): void {
    this.set(index, word, Number(value & 0xffff_ffffn));
    this.set(index, word + 1, Number((value >> 32n) & 0xffff_ffffn));
  }

  #segment(): Uint32Array {
    this.#present++;
    return this.#emptySegment();
  }

  #emptySegment(): Uint32Array {
    return new Uint32Array(new SharedArrayBuffer(segmentRecords * this.words * 4));
  }

  /** An unsigned number below 2^53 in two words, low one first. */
  get53(index: number, word: number): number {
    return this.get(index, word + 1) * 0x1_0000_0000 + this.get(index, word);
  }

  set53(index: number, word: number, value: number): void {
    this.set(index, word, value % 0x1_0000_0000);
    this.set(index, word + 1, Math.floor(value / 0x1_0000_0000));
  }
}

/** Records that come and go: freed ones are chained through their first word and used again. 0 is no record. */
export class Pool extends Records {
  #free = 0;
  #used = 0;

  constructor(words: number) {
    super(words);
    this.grow(1);
  }

  /** Records in use. */
  get used(): number {
    return this.#used;
  }

  /** A zeroed record's index. */
  allocate(): number {
    this.#used++;
    const reused = this.#free;
    if (reused === 0) {
      const index = this.count;
      this.grow(index + 1);
      return index;
    }
    this.#free = this.get(reused, 0);
    this.set(reused, 0, 0);
    return reused;
  }

  release(index: number): void {
    this.clear(index);
    this.set(index, 0, this.#free);
    this.#free = index;
    this.#used--;
  }
}
