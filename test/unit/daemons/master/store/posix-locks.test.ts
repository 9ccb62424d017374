// Ranges held by owners, against a model that keeps one owner a byte. Spec: wire-client-master-2.md 8.2.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { changePosixLock } from "../../../../../daemons/master/core/changes/locks.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { endOfAll, PosixLocks } from "../../../../../daemons/master/core/store/posix-locks.ts";
import type { PosixLock } from "../../../../../daemons/master/core/store/posix-locks.ts";

const inode = 9;
const bytes = 24;

/** What each owner has on each byte. */
class NaiveLocks {
  readonly #owners = new Map<string, string[]>();

  conflict({ session, owner, start, end, exclusive }: PosixLock): boolean {
    for (const [other, held] of this.#owners) {
      if (other === `${session}/${owner}`) continue;
      const range = held.slice(Number(start), Number(end));
      if (range.some((kind) => kind === "W" || (exclusive && kind === "R"))) return true;
    }
    return false;
  }

  change({ session, owner, start, end }: PosixLock, kind: string): void {
    const name = `${session}/${owner}`;
    const held = this.#owners.get(name) ?? Array.from({ length: bytes }, () => "-");
    this.#owners.set(name, held.fill(kind, Number(start), Number(end)));
  }

  toString(): string {
    const lines = [...this.#owners].map(([name, held]) => `${name} ${held.join("")}`);
    return lines
      .filter((line) => /[RW]/.test(line))
      .toSorted()
      .join("\n");
  }
}

/** The same picture of the real table. */
function picture(locks: PosixLocks): string {
  const naive = new NaiveLocks();
  for (const lock of locks.of(inode).held) naive.change(lock, lock.exclusive ? "W" : "R");
  return naive.toString();
}

function assertOrdered(held: readonly PosixLock[]): void {
  const seen = new Set<string>();
  let last: PosixLock | undefined;
  for (const lock of held) {
    const name = `${lock.session}/${lock.owner}`;
    assert(lock.start < lock.end);
    if (last !== undefined && `${last.session}/${last.owner}` === name) {
      assert(last.end <= lock.start, "ranges of an owner ascend and do not overlap");
      const isOne = last.end === lock.start && last.exclusive === lock.exclusive;
      assert(!isOne, "ranges that touch are one");
    } else assert(!seen.has(name), "ranges of an owner stand together");
    seen.add(name);
    last = lock;
  }
}

const lockWish = fc.record({
  session: fc.integer({ min: 1, max: 2 }),
  owner: fc.bigInt({ min: 1n, max: 2n }),
  start: fc.bigInt({ min: 0n, max: 20n }),
  size: fc.bigInt({ min: 1n, max: 8n }),
  kind: fc.constantFrom("R", "W", "U"),
});

test("ranges are granted, merged, split and freed as a model of single bytes does it", () => {
  fc.assert(
    fc.property(fc.array(lockWish, { maxLength: 60 }), (wishes) => {
      const locks = new PosixLocks();
      const naive = new NaiveLocks();
      for (const { session, owner, start, size, kind } of wishes) {
        const end = start + size < bytes ? start + size : BigInt(bytes);
        const wanted = { session, owner, start, end, pid: 5, exclusive: kind === "W" };
        if (kind === "U") locks.change(inode, { session, owner, start, end, pid: 5 });
        else {
          assert.equal(locks.conflict(inode, wanted) !== undefined, naive.conflict(wanted));
          if (naive.conflict(wanted)) continue;
          locks.change(inode, wanted);
        }
        naive.change(wanted, kind === "U" ? "-" : kind);
        assert.equal(picture(locks), naive.toString());
        assertOrdered(locks.of(inode).held);
      }
    }),
  );
});

test("a lock may reach to the end of all", () => {
  const locks = new PosixLocks();
  const all = { session: 1, owner: 1n, start: 0n, end: endOfAll, pid: 1, exclusive: true };
  locks.change(inode, all);
  locks.change(inode, { session: 1, owner: 1n, start: 10n, end: 20n, pid: 1 });
  assert.deepEqual(
    locks.of(inode).held.map(({ start, end }) => [start, end]),
    [
      [0n, 10n],
      [20n, endOfAll],
    ],
  );
  locks.change(inode, { session: 1, owner: 1n, start: 0n, end: endOfAll, pid: 1 });
  assert.equal(locks.has(inode), false);
});

test("changelog 9, defect 4: a range granted before its old owner is written off is the new owner's", () => {
  const posixLocks = new PosixLocks();
  const world = { posixLocks };
  const common = { op: "POSIXLOCK", inode, pid: 1 } as const;
  const change = (session: number, lock: "R" | "W" | "U", start: bigint, end: bigint) =>
    changePosixLock(world, 0, { ...common, session, owner: 1n, lock, start, end });
  assert.equal(change(1, "U", 0n, 10n), status.MISMATCH);
  change(1, "W", 0n, 100n);
  change(2, "R", 10n, 20n);
  change(3, "R", 15n, 25n);
  const held = posixLocks.of(inode).held.map(({ session, start, end }) => [session, start, end]);
  assert.deepEqual(held, [
    [1, 0n, 10n],
    [1, 25n, 100n],
    [2, 10n, 20n],
    [3, 15n, 25n],
  ]);
});
