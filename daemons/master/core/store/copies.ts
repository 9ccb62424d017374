// Copies of chunks on chunkservers: 12 bytes each, in one list per chunk. Nothing here survives a restart;
// chunkservers report it again. Spec: semantics-master.md 2.1, 2.2.

import { Pool } from "./records.ts";

/** States of a copy; the removal flavours stand on disks that are marked for removal. */
export const copyState = {
  valid: 1,
  busy: 2,
  removalValid: 3,
  removalBusy: 4,
  wrongVersion: 5,
  removalWrongVersion: 6,
  invalid: 7,
  deleting: 8,
} as const;
/** One of the states. */
export type CopyState = (typeof copyState)[keyof typeof copyState];

/** Whether the copy can be read, written or copied from: everything but invalid, deleted and stale ones. */
export function isUsable(state: CopyState): boolean {
  return state <= copyState.removalBusy;
}

/** Whether an operation runs on the copy. */
export function isBusy(state: CopyState): boolean {
  return state === copyState.busy || state === copyState.removalBusy;
}

/** Whether the copy has the right version and no operation runs on it. */
export function isValid(state: CopyState): boolean {
  return state === copyState.valid || state === copyState.removalValid;
}

/** Whether the copy has another version than its chunk. */
export function isStale(state: CopyState): boolean {
  return state === copyState.wrongVersion || state === copyState.removalWrongVersion;
}

/** Whether the copy counts towards the goal: on a normal disk, valid or busy. */
export function isRegular(state: CopyState): boolean {
  return state === copyState.valid || state === copyState.busy;
}

/** The same state on a disk that is marked for removal, or not. */
export function withRemoval(state: CopyState, removal: boolean): CopyState {
  if (isValid(state)) return removal ? copyState.removalValid : copyState.valid;
  if (isBusy(state)) return removal ? copyState.removalBusy : copyState.busy;
  if (isStale(state)) return removal ? copyState.removalWrongVersion : copyState.wrongVersion;
  return state;
}

/** Whether the disk below the copy is marked for removal, as far as the state tells. */
export function isOnRemoval(state: CopyState): boolean {
  return (
    state === copyState.removalValid ||
    state === copyState.removalBusy ||
    state === copyState.removalWrongVersion
  );
}

const words = { next: 0, version: 1, place: 2 } as const;
const serverMask = 0xffff;
const stateShift = 16;

/** The pool of copies. Lists and counters belong to `Chunks`, which alone changes them. */
export class Copies {
  readonly #pool = new Pool(3);

  /** Copies of any state. */
  get count(): number {
    return this.#pool.used;
  }

  get bytes(): number {
    return this.#pool.bytes;
  }

  /** The next copy of the same chunk, or 0. */
  next(copy: number): number {
    return this.#pool.get(copy, words.next);
  }

  /** The slot of the chunkserver that holds it. */
  serverOf(copy: number): number {
    return this.#pool.get(copy, words.place) & serverMask;
  }

  stateOf(copy: number): CopyState {
    return (this.#pool.get(copy, words.place) >>> stateShift) as CopyState;
  }

  /** The copy's version: the chunk's own for valid and busy ones, 0 for invalid ones. */
  versionOf(copy: number): number {
    return this.#pool.get(copy, words.version);
  }

  /** Makes a copy in front of `next`. */
  allocate(next: number, server: number, state: CopyState, version: number): number {
    const copy = this.#pool.allocate();
    this.#pool.set(copy, words.next, next);
    this.#pool.set(copy, words.version, version);
    this.#pool.set(copy, words.place, (state << stateShift) | server);
    return copy;
  }

  setNext(copy: number, next: number): void {
    this.#pool.set(copy, words.next, next);
  }

  setState(copy: number, state: CopyState): void {
    this.#pool.set(copy, words.place, (state << stateShift) | this.serverOf(copy));
  }

  setVersion(copy: number, version: number): void {
    this.#pool.set(copy, words.version, version);
  }

  release(copy: number): void {
    this.#pool.release(copy);
  }
}
