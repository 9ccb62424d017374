// A hash index over records that chains them through one of their own words. It grows by linear hashing:
// each insertion splits at most one bucket, so no turn ever pays for a whole table.

import { Records } from "./records.ts";
import type { Pool } from "./records.ts";

const bucketsAtFirst = 1024;
/** Records a bucket before the next one is split. */
const load = 1;

/** Finds records by the hash of their key. The owner compares keys: `first`, then `next` until 0. */
export class HashIndex {
  readonly #pool: Pool;
  readonly #chainWord: number;
  readonly #hashOf: (record: number) => number;
  readonly #buckets = new Records(1);
  /** Buckets below `#split` are already addressed by one bit more than the others. */
  #mask = bucketsAtFirst - 1;
  #split = 0;
  #count = 0;

  /** `chainWord` is the records' word that belongs to this index; `hashOf` gives 32 unsigned bits. */
  constructor(pool: Pool, chainWord: number, hashOf: (record: number) => number) {
    this.#pool = pool;
    this.#chainWord = chainWord;
    this.#hashOf = hashOf;
    this.#buckets.grow(bucketsAtFirst);
  }

  /** Bytes of the buckets. */
  get bytes(): number {
    return this.#buckets.bytes;
  }

  /** Records in the index. */
  get count(): number {
    return this.#count;
  }

  /** Buckets in use: what a walk over all of them counts to. */
  get buckets(): number {
    return this.#mask + 1 + this.#split;
  }

  /** The first record of a bucket, or 0. */
  bucket(index: number): number {
    return this.#buckets.get(index, 0);
  }

  /** The first record of the hash's chain, or 0. Others of the chain may have other hashes. */
  first(hash: number): number {
    return this.#buckets.get(this.#place(hash), 0);
  }

  /** The record after this one in its chain, or 0. */
  next(record: number): number {
    return this.#pool.get(record, this.#chainWord);
  }

  insert(record: number, hash: number): void {
    const place = this.#place(hash);
    this.#pool.set(record, this.#chainWord, this.#buckets.get(place, 0));
    this.#buckets.set(place, 0, record);
    this.#count++;
    if (this.#count > this.buckets * load) this.#splitOne();
  }

  /** Takes a record out; false when it is not there. */
  remove(record: number, hash: number): boolean {
    const place = this.#place(hash);
    const after = this.#pool.get(record, this.#chainWord);
    let current = this.#buckets.get(place, 0);
    if (current === record) {
      this.#buckets.set(place, 0, after);
      this.#count--;
      return true;
    }
    while (current !== 0) {
      const following = this.#pool.get(current, this.#chainWord);
      if (following === record) {
        this.#pool.set(current, this.#chainWord, after);
        this.#count--;
        return true;
      }
      current = following;
    }
    return false;
  }

  #place(hash: number): number {
    const place = (hash & this.#mask) >>> 0;
    return place < this.#split ? (hash & (this.#mask * 2 + 1)) >>> 0 : place;
  }

  #splitOne(): void {
    const from = this.#split;
    const to = this.#mask + 1 + from;
    this.#buckets.grow(to + 1);
    let record = this.#buckets.get(from, 0);
    let stay = 0;
    let move = 0;
    while (record !== 0) {
      const following = this.#pool.get(record, this.#chainWord);
      if ((this.#hashOf(record) & (this.#mask + 1)) === 0) {
        this.#pool.set(record, this.#chainWord, stay);
        stay = record;
      } else {
        this.#pool.set(record, this.#chainWord, move);
        move = record;
      }
      record = following;
    }
    this.#buckets.set(from, 0, stay);
    this.#buckets.set(to, 0, move);
    this.#split++;
    if (this.#split > this.#mask) {
      this.#mask = this.#mask * 2 + 1;
      this.#split = 0;
    }
  }
}

/** Spreads the bits of a number over 32 (murmur3's last step). */
export function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
