// Locks of ranges of bytes: what is held, merged and split as POSIX has it, and who waits, by inode.
// Spec: wire-client-master-2.md 8.2, semantics-master.md 21, metadata-file.md 2.10.
import { sameOwner } from "./flocks.ts";
import type { LockOwner } from "./flocks.ts";
import { LockLists } from "./lock-lists.ts";

/** The end of a range without end. */
export const endOfAll = 0xffff_ffff_ffff_ffffn;

/** A lock of a range, or the wish for one. */
export interface PosixLock extends LockOwner {
  readonly exclusive: boolean;
  readonly start: bigint;
  /** Exclusive; `endOfAll` is without end. */
  readonly end: bigint;
  readonly pid: number;
}

/** A request that waits for its range. Waiting requests are not persistent. */
export interface WaitingPosixLock extends PosixLock {
  readonly requestId: number;
  readonly messageId: number;
}

/** A range of an owner whose locks change; without `exclusive` the range becomes free. */
export type RangeChange = Omit<PosixLock, "exclusive"> & { readonly exclusive?: boolean };

/** Locks of ranges: those held are grouped by owner, an owner's ascending, apart, and merged where they touch. */
export class PosixLocks extends LockLists<PosixLock, WaitingPosixLock> {
  /** The first lock of somebody else that excludes this one. */
  conflict(inode: number, wanted: Omit<PosixLock, "pid">): PosixLock | undefined {
    return this.of(inode).held.find(
      (lock) =>
        (lock.exclusive || wanted.exclusive) &&
        lock.start < wanted.end &&
        wanted.start < lock.end &&
        !sameOwner(lock, wanted),
    );
  }

  /** Sets or frees a range of an owner; what others hold is not looked at. */
  change(inode: number, change: RangeChange): void {
    const file = this.open(inode);
    const own: PosixLock[] = [];
    let place = -1;
    for (const [index, lock] of file.held.entries()) {
      if (!sameOwner(lock, change)) continue;
      if (place === -1) place = index;
      cut(lock, change, own);
    }
    const { exclusive } = change;
    if (exclusive !== undefined && change.start < change.end)
      own.push({ ...lockOf(change), exclusive });
    own.sort((one, other) => (one.start < other.start ? -1 : 1));
    const others = file.held.filter((lock) => !sameOwner(lock, change));
    others.splice(place === -1 ? others.length : place, 0, ...merged(own));
    file.held = others;
    this.close(inode);
  }

  /** Puts a request at the end of the queue. */
  wait(inode: number, request: WaitingPosixLock): void {
    this.open(inode).waiting.push(request);
  }
}

function lockOf({ session, owner, start, end, pid }: RangeChange): Omit<PosixLock, "exclusive"> {
  return { session, owner, start, end, pid };
}

/** What is left of a lock outside of a range. */
function cut(lock: PosixLock, range: RangeChange, into: PosixLock[]): void {
  if (lock.end <= range.start || lock.start >= range.end) {
    into.push(lock);
    return;
  }
  if (lock.start < range.start) into.push({ ...lock, end: range.start });
  if (lock.end > range.end) into.push({ ...lock, start: range.end });
}

/** Joins neighbours of one kind that touch; the later range's process is the one that counts. */
function merged(ascending: readonly PosixLock[]): readonly PosixLock[] {
  const result: PosixLock[] = [];
  for (const lock of ascending) {
    const last = result.at(-1);
    if (last !== undefined && last.end === lock.start && last.exclusive === lock.exclusive) {
      result[result.length - 1] = { ...last, end: lock.end };
    } else result.push(lock);
  }
  return result;
}
