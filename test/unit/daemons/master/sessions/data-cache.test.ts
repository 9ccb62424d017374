// The table that says whose cache is good, against a plain list. Spec: wire-client-master-2.md section 3.3.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DataCache } from "../../../../../daemons/master/core/data-cache.ts";

/** Pairs from the one longest unused to the latest. */
class NaiveCache {
  #entries: { inode: number; session: number; good: boolean }[] = [];
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  open(inode: number, session: number): boolean {
    const known = this.#find(inode, session);
    this.#entries = this.#entries.filter((entry) => entry !== known);
    if (known === undefined && this.#entries.length === this.#capacity) this.#entries.shift();
    this.#entries.push(known ?? { inode, session, good: false });
    return known?.good ?? false;
  }

  access(inode: number, session: number): void {
    const known = this.#find(inode, session);
    if (known !== undefined) known.good = true;
  }

  modify(inode: number, session: number): void {
    this.access(inode, session);
    this.#entries = this.#entries.filter(
      (entry) => entry.inode !== inode || entry.session === session,
    );
  }

  #find(inode: number, session: number) {
    return this.#entries.find((entry) => entry.inode === inode && entry.session === session);
  }
}

test("a kernel may keep what it read until another session changes it, or the table is full", () => {
  const step = fc.record({
    what: fc.constantFrom("open", "access", "modify"),
    inode: fc.constantFrom(1, 2, 3, 4, 5),
    session: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 200 }),
      fc.integer({ min: 1, max: 6 }),
      (steps, size) => {
        const cache = new DataCache(size);
        const naive = new NaiveCache(size);
        for (const { what, inode, session } of steps) {
          if (what === "open") {
            assert.equal(cache.open(inode, session), naive.open(inode, session));
          } else if (what === "access") {
            cache.access(inode, session);
            naive.access(inode, session);
          } else {
            cache.modify(inode, session);
            naive.modify(inode, session);
          }
        }
      },
    ),
  );
});

test("inodes of one bucket do not answer for each other", () => {
  const cache = new DataCache(1000);
  for (let inode = 1; inode <= 900; inode++) cache.open(inode * 0x8_0000, 1);
  for (let inode = 1; inode <= 900; inode += 2) cache.access(inode * 0x8_0000, 1);
  for (let inode = 1; inode <= 900; inode++) {
    assert.equal(cache.open(inode * 0x8_0000, 1), inode % 2 === 1);
  }
});
