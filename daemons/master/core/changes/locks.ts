// Changes of locks that are held. Who may have a lock is decided before a change is written; here the
// change is right, also where real masters forgot to write what they did in between.
// Spec: changelog.md section 7.4, defects 3 and 4 of section 9.

import type { LockKind } from "../../../metadata/changelog-fields.ts";
import type { EntryOf } from "../../../metadata/changelog-entry.ts";
import { status } from "../status.ts";
import { sameOwner } from "../store/flocks.ts";
import type { Flock, Flocks } from "../store/flocks.ts";
import type { PosixLock, PosixLocks } from "../store/posix-locks.ts";
import { none } from "./change.ts";
import type { Applied } from "./change.ts";

/** How a lock's kind stands in the changelog. */
export function kindOf(exclusive: boolean): LockKind {
  return exclusive ? "W" : "R";
}

/** FLOCK: a lock of a whole file is granted or released. */
export function changeFlock(
  world: { readonly flocks: Flocks },
  _ts: number,
  entry: EntryOf<"FLOCK">,
): Applied<"FLOCK"> {
  const { inode, session, owner, lock } = entry;
  const { flocks } = world;
  const wanted = { session, owner, exclusive: lock === "W" };
  if (lock === "U") {
    if (!flocks.has(inode)) return status.MISMATCH;
    flocks.drop(inode, (held) => sameOwner(held, wanted));
    return none;
  }
  makeWay(flocks, inode, wanted);
  flocks.hold(inode, wanted);
  return none;
}

/** A shared lock beside an exclusive one means that the exclusive one had become shared, unwritten. */
function makeWay(flocks: Flocks, inode: number, wanted: Flock): void {
  for (const held of flocks.of(inode).held.slice()) {
    if (sameOwner(held, wanted)) continue;
    if (wanted.exclusive) flocks.drop(inode, (other) => other === held);
    else if (held.exclusive) flocks.hold(inode, { ...held, exclusive: false });
  }
}

/** POSIXLOCK: a range is locked or freed. */
export function changePosixLock(
  world: { readonly posixLocks: PosixLocks },
  _ts: number,
  entry: EntryOf<"POSIXLOCK">,
): Applied<"POSIXLOCK"> {
  const { inode, session, owner, lock, start, end, pid } = entry;
  const { posixLocks } = world;
  if (lock === "U") {
    if (!posixLocks.has(inode)) return status.MISMATCH;
    posixLocks.change(inode, { session, owner, start, end, pid });
    return none;
  }
  const wanted = { session, owner, start, end, pid, exclusive: lock === "W" };
  takeRange(posixLocks, inode, wanted);
  posixLocks.change(inode, wanted);
  return none;
}

/** Whoever is in the way vanished already, though that is written only behind this change. */
function takeRange(posixLocks: PosixLocks, inode: number, wanted: PosixLock): void {
  for (;;) {
    const held = posixLocks.conflict(inode, wanted);
    if (held === undefined) return;
    const start = held.start > wanted.start ? held.start : wanted.start;
    const end = held.end < wanted.end ? held.end : wanted.end;
    const { session, owner, pid } = held;
    posixLocks.change(inode, { session, owner, start, end, pid });
  }
}
