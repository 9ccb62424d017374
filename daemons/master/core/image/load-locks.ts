// Locks of an image into a world. Spec: metadata-file.md 2.10. A 3.0.117 master stores locks of sessions that
// it does not store: they are left out, for it cannot load its own file otherwise (changelog.md 9, 11).

import type { FlockRecord, PosixLockRecord } from "../../../metadata/image/records.ts";
import { sameOwner } from "../store/flocks.ts";
import type { World } from "../store/world.ts";
import type { Refusals } from "./refusals.ts";

const exclusiveFlock = 1;
const exclusiveRange = 2;

/** Fills the tables of locks. */
export class LockLoader {
  readonly #world: World;
  readonly #refusals: Refusals;

  constructor(world: World, refusals: Refusals) {
    this.#world = world;
    this.#refusals = refusals;
  }

  flock({ inode, owner, sessionId: session, type }: FlockRecord): void {
    if (!this.#isHeldOpen(session, inode)) return;
    const { flocks } = this.#world;
    const exclusive = type === exclusiveFlock;
    const { held } = flocks.of(inode);
    if (held.length > 0 && (exclusive || held.some((lock) => lock.exclusive))) {
      this.#refusals.refuse(`an exclusive lock of inode ${inode} and another, expected it alone`);
      return;
    }
    flocks.hold(inode, { session, owner, exclusive });
  }

  posixLock(record: PosixLockRecord): void {
    const { inode, owner, sessionId: session, pid, start, end } = record;
    if (!this.#isHeldOpen(session, inode)) return;
    const { posixLocks } = this.#world;
    const lock = { session, owner, pid, start, end, exclusive: record.type === exclusiveRange };
    const { held } = posixLocks.of(inode);
    const before = held.findLast((other) => sameOwner(other, lock));
    const wrong =
      start >= end ||
      (before !== undefined &&
        (before !== held.at(-1) ||
          before.end > start ||
          (before.end === start && before.exclusive === lock.exclusive)));
    if (wrong) {
      this.#refusals.refuse(
        `a lock of inode ${inode} from ${start} to ${end}, expected ranges of an owner together, rising and merged`,
      );
      return;
    }
    posixLocks.change(inode, lock);
  }

  #isHeldOpen(session: number, inode: number): boolean {
    const { sessions, openFiles } = this.#world;
    if (openFiles.has(session, inode)) return true;
    if (sessions.get(session) === undefined) {
      this.#refusals.report(`a lock of inode ${inode} in session ${session}, which is no more`);
    } else {
      this.#refusals.refuse(
        `a lock of inode ${inode}, which session ${session} has not open, expected it open`,
      );
    }
    return false;
  }
}
