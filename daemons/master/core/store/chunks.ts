// The table of chunks: 32 bytes each, found by id, with the list of their copies. All changes of references,
// classes and copies go through here, so that the counters shown to users are always right.
// Spec: semantics-master.md 2, 7.5, 9.1.

import { ChunkTally, tallyCopiesMax } from "./chunk-tally.ts";
import type { ChunkMatrix, GoalOfClass } from "./chunk-tally.ts";
import { ClassCounts } from "./class-counts.ts";
import type { Goals } from "./class-counts.ts";
import { Copies, isRegular, isUsable } from "./copies.ts";
import type { CopyState } from "./copies.ts";
import { HashIndex, mix } from "./hash-index.ts";
import { Pool } from "./records.ts";

/** What runs on a chunk. */
export const chunkOperation = {
  none: 0,
  create: 1,
  setVersion: 2,
  duplicate: 3,
  truncate: 4,
  duplicateTruncate: 5,
  replicate: 6,
} as const;
/** One of the operations. */
export type ChunkOperation = (typeof chunkOperation)[keyof typeof chunkOperation];

const words = {
  idLow: 0,
  idHigh: 1,
  version: 2,
  lockedTo: 3,
  flags: 4,
  references: 5,
  firstCopy: 6,
  chain: 7,
} as const;
const wordCount = 8;

/** Parts of the flags word: place of the lowest bit and mask. */
const classMask = 0xff;
const archivedBit = 1 << 8;
const operationShift = 9;
const operationMask = 7 << operationShift;
const needBit = 1 << 12;
const interruptedBit = 1 << 13;
const writingBit = 1 << 14;
const severalBit = 1 << 15;
const queueShift = 16;
const queueMask = 15 << queueShift;
const allShift = 20;
const regularShift = 24;
const countMask = 15;
/** Bit 28. */
const vanishedBit = 1 << 29;
const otherAnswerBit = 1 << 28;
const countsMask = (countMask << allShift) | (countMask << regularShift);

/** The table of chunks. Indexes are places in it; 0 is no chunk. */
export class Chunks {
  /** The id of the next chunk; only grows. */
  nextChunkId = 1;
  /** Read only for others: changes go through this class. */
  readonly copies = new Copies();
  /** Told when the class that counts for a chunk changes while it has references. */
  onClassChange: ((chunk: number) => void) | undefined;
  readonly #goals: Goals;
  readonly #pool = new Pool(wordCount);
  readonly #index: HashIndex;
  readonly #classCounts = new ClassCounts();
  readonly #tally = new ChunkTally();
  #usableCopies = 0;
  #regularCopies = 0;

  constructor(goals: Goals) {
    this.#goals = goals;
    this.#index = new HashIndex(this.#pool, words.chain, (chunk) => hashOf(this.idOf(chunk)));
  }

  get count(): number {
    return this.#pool.used;
  }

  /** Bytes of all tables. */
  get bytes(): number {
    return this.#pool.bytes + this.#index.bytes + this.copies.bytes;
  }

  /** Usable copies of all chunks, and those of them on disks that stay; a chunk counts at most 10. */
  get usableCopies(): number {
    return this.#usableCopies;
  }
  get regularCopies(): number {
    return this.#regularCopies;
  }

  /** The chunk of this id, or 0. */
  find(id: number): number {
    let chunk = this.#index.first(hashOf(id));
    while (chunk !== 0 && this.idOf(chunk) !== id) chunk = this.#index.next(chunk);
    return chunk;
  }

  /** Makes a chunk without references; its id must be new. The next write has to raise its version. */
  create(id: number, version: number): number {
    const chunk = this.#pool.allocate();
    this.#pool.set53(chunk, words.idLow, id);
    this.#pool.set(chunk, words.version, version);
    this.#pool.set(chunk, words.flags, needBit);
    this.#index.insert(chunk, hashOf(id));
    this.#tally.add(0);
    return chunk;
  }

  /** Forgets a chunk with its copies. */
  remove(chunk: number): void {
    while (this.firstCopy(chunk) !== 0) this.removeCopy(chunk, this.firstCopy(chunk));
    this.#tally.remove(this.#tallyKey(chunk));
    this.#classCounts.forget(chunk);
    this.#index.remove(chunk, hashOf(this.idOf(chunk)));
    this.#pool.release(chunk);
  }

  /** A walk over all chunks: buckets 0..buckets-1, in each `bucket`, then `next` until 0. */
  get buckets(): number {
    return this.#index.buckets;
  }
  bucket(place: number): number {
    return this.#index.bucket(place);
  }
  next(chunk: number): number {
    return this.#index.next(chunk);
  }

  idOf(chunk: number): number {
    return this.#pool.get53(chunk, words.idLow);
  }

  versionOf(chunk: number): number {
    return this.#pool.get(chunk, words.version);
  }
  setVersion(chunk: number, version: number): void {
    this.#pool.set(chunk, words.version, version);
  }

  /** The chunk is locked while this is not in the past. */
  lockedToOf(chunk: number): number {
    return this.#pool.get(chunk, words.lockedTo);
  }
  setLockedTo(chunk: number, time: number): void {
    this.#pool.set(chunk, words.lockedTo, time);
  }

  operationOf(chunk: number): ChunkOperation {
    return ((this.#flags(chunk) & operationMask) >>> operationShift) as ChunkOperation;
  }
  setOperation(chunk: number, operation: ChunkOperation): void {
    const others = this.#flags(chunk) & ~operationMask;
    this.#pool.set(chunk, words.flags, others | (operation << operationShift));
  }

  archivedOf(chunk: number): boolean {
    return (this.#flags(chunk) & archivedBit) !== 0;
  }
  setArchived(chunk: number, archived: boolean): void {
    this.#tally.remove(this.#tallyKey(chunk));
    this.#setBit(chunk, archivedBit, archived);
    this.#tally.add(this.#tallyKey(chunk));
  }

  /** Whether the next write has to raise the version, for a stale copy may be somewhere. */
  needsVersionOf(chunk: number): boolean {
    return (this.#flags(chunk) & needBit) !== 0;
  }
  setNeedsVersion(chunk: number, needed: boolean): void {
    this.#setBit(chunk, needBit, needed);
  }

  /** Whether a copy failed during the running operation. */
  interruptedOf(chunk: number): boolean {
    return (this.#flags(chunk) & interruptedBit) !== 0;
  }
  setInterrupted(chunk: number, interrupted: boolean): void {
    this.#setBit(chunk, interruptedBit, interrupted);
  }

  /** Whether a server answered the running operation with anything but "no space". */
  otherAnswerOf(chunk: number): boolean {
    return (this.#flags(chunk) & otherAnswerBit) !== 0;
  }
  setOtherAnswer(chunk: number, seen: boolean): void {
    this.#setBit(chunk, otherAnswerBit, seen);
  }

  /** Whether a copy vanished during the running operation: it may have been changed already. */
  vanishedOf(chunk: number): boolean {
    return (this.#flags(chunk) & vanishedBit) !== 0;
  }
  setVanished(chunk: number, vanished: boolean): void {
    this.#setBit(chunk, vanishedBit, vanished);
  }

  /** Whether the write counters of the copies' servers were raised for this chunk. */
  writingOf(chunk: number): boolean {
    return (this.#flags(chunk) & writingBit) !== 0;
  }
  setWriting(chunk: number, writing: boolean): void {
    this.#setBit(chunk, writingBit, writing);
  }

  /** The priority queue it waits in plus one, or 0. */
  queueOf(chunk: number): number {
    return (this.#flags(chunk) & queueMask) >>> queueShift;
  }
  setQueue(chunk: number, queue: number): void {
    const others = this.#flags(chunk) & ~queueMask;
    this.#pool.set(chunk, words.flags, others | (queue << queueShift));
  }

  /** Slots of files that point to it. */
  referencesOf(chunk: number): number {
    return this.#pool.get(chunk, words.references);
  }

  /** The class that counts for it, 0 without references. */
  classOf(chunk: number): number {
    return this.#flags(chunk) & classMask;
  }

  /** One more slot of a file of this class points to it; true when the effective class changed. */
  addReference(chunk: number, classId: number): boolean {
    const references = this.referencesOf(chunk);
    this.#pool.set(chunk, words.references, references + 1);
    if ((this.#flags(chunk) & severalBit) === 0) {
      if (references === 0) return this.#setClass(chunk, classId);
      if (this.classOf(chunk) === classId) return false;
      this.#classCounts.begin(chunk, this.classOf(chunk), references);
      this.#setBit(chunk, severalBit, true);
    }
    this.#classCounts.add(chunk, classId);
    return this.#setClass(chunk, this.#classCounts.effective(chunk, this.#goals));
  }

  /** One slot less; true when the effective class changed. The record stays, even without references. */
  dropReference(chunk: number, classId: number): boolean {
    const references = this.referencesOf(chunk);
    if (references === 0) return false;
    this.#pool.set(chunk, words.references, references - 1);
    if ((this.#flags(chunk) & severalBit) === 0) {
      return references === 1 ? this.#setClass(chunk, 0) : false;
    }
    const last = this.#classCounts.drop(chunk, classId);
    if (last === 0) {
      return this.#setClass(chunk, this.#classCounts.effective(chunk, this.#goals));
    }
    this.#setBit(chunk, severalBit, false);
    return this.#setClass(chunk, last);
  }

  /** The file of one slot went to another class; true when the effective class changed. */
  changeReferenceClass(chunk: number, from: number, to: number): boolean {
    if (from === to) return false;
    const only = this.referencesOf(chunk) === 1;
    if (only) return this.#setClass(chunk, to);
    const before = this.classOf(chunk);
    this.addReference(chunk, to);
    this.dropReference(chunk, from);
    return this.classOf(chunk) !== before;
  }

  /** Chooses again for chunks of several classes, after the goal of a class was changed. */
  refreshClasses(): void {
    for (const chunk of this.#classCounts.chunks()) {
      this.#setClass(chunk, this.#classCounts.effective(chunk, this.#goals));
    }
  }

  /** The first copy, or 0; the others by `copies.next`. */
  firstCopy(chunk: number): number {
    return this.#pool.get(chunk, words.firstCopy);
  }

  /** The copy on this server, or 0. */
  findCopy(chunk: number, server: number): number {
    let copy = this.firstCopy(chunk);
    while (copy !== 0 && this.copies.serverOf(copy) !== server) copy = this.copies.next(copy);
    return copy;
  }

  /** Adds a copy on a server that has none. */
  addCopy(chunk: number, server: number, state: CopyState, version: number): number {
    const copy = this.copies.allocate(this.firstCopy(chunk), server, state, version);
    this.#pool.set(chunk, words.firstCopy, copy);
    this.#recount(chunk);
    return copy;
  }

  setCopy(chunk: number, copy: number, state: CopyState, version: number): void {
    this.copies.setState(copy, state);
    this.copies.setVersion(copy, version);
    this.#recount(chunk);
  }

  removeCopy(chunk: number, copy: number): void {
    const after = this.copies.next(copy);
    let before = this.firstCopy(chunk);
    if (before === copy) this.#pool.set(chunk, words.firstCopy, after);
    else {
      while (this.copies.next(before) !== copy) before = this.copies.next(before);
      this.copies.setNext(before, after);
    }
    this.copies.release(copy);
    this.#recount(chunk);
  }

  /** Usable copies (valid or busy, on any disk), at most 10. */
  usableCopiesOf(chunk: number): number {
    return (this.#flags(chunk) >>> allShift) & countMask;
  }

  /** Usable copies on disks that stay, at most 10. */
  regularCopiesOf(chunk: number): number {
    return (this.#flags(chunk) >>> regularShift) & countMask;
  }

  /** The two tables of chunks by goal and copies. */
  matrix(goalOf: GoalOfClass): ChunkMatrix {
    return this.#tally.matrix(goalOf);
  }

  #flags(chunk: number): number {
    return this.#pool.get(chunk, words.flags);
  }

  #setBit(chunk: number, bit: number, on: boolean): void {
    const flags = this.#flags(chunk);
    this.#pool.set(chunk, words.flags, on ? flags | bit : flags & ~bit);
  }

  #setClass(chunk: number, classId: number): boolean {
    const flags = this.#flags(chunk);
    if ((flags & classMask) === classId) return false;
    this.#tally.remove(this.#tallyKey(chunk));
    this.#pool.set(chunk, words.flags, (flags & ~classMask) | classId);
    this.#tally.add(this.#tallyKey(chunk));
    if (classId !== 0) this.onClassChange?.(chunk);
    return true;
  }

  #recount(chunk: number): void {
    let all = 0;
    let regular = 0;
    for (let copy = this.firstCopy(chunk); copy !== 0; copy = this.copies.next(copy)) {
      const state = this.copies.stateOf(copy);
      if (isUsable(state)) all++;
      if (isRegular(state)) regular++;
    }
    all = Math.min(all, tallyCopiesMax);
    regular = Math.min(regular, tallyCopiesMax);
    const counts = (all << allShift) | (regular << regularShift);
    const flags = this.#flags(chunk);
    if ((flags & countsMask) === counts) return;
    this.#usableCopies += all - this.usableCopiesOf(chunk);
    this.#regularCopies += regular - this.regularCopiesOf(chunk);
    this.#tally.remove(this.#tallyKey(chunk));
    this.#pool.set(chunk, words.flags, (flags & ~countsMask) | counts);
    this.#tally.add(this.#tallyKey(chunk));
  }

  #tallyKey(chunk: number): number {
    const flags = this.#flags(chunk);
    return ChunkTally.key(
      flags & classMask,
      (flags & archivedBit) === 0 ? 0 : 1,
      (flags >>> allShift) & countMask,
      (flags >>> regularShift) & countMask,
    );
  }
}

function hashOf(id: number): number {
  return mix(((id % 0x1_0000_0000) | 0) ^ Math.imul(Math.floor(id / 0x1_0000_0000), 0x9e37_79b1));
}
