// The table of chunks: ids, references by class, copies and counters.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Chunks } from "../../../../../daemons/master/core/store/chunks.ts";
import { copyState } from "../../../../../daemons/master/core/store/copies.ts";
import type { CopyState } from "../../../../../daemons/master/core/store/copies.ts";

/** Predefined classes mean themselves; user class N has goal N mod 10. */
const goals = { keepMax: (classId: number) => classId % 10 };

describe("the table of chunks", () => {
  it("finds chunks by id, also above 32 bits", () => {
    const chunks = new Chunks(goals);
    const ids = [1, 2, 0xffff_ffff, 0x1_0000_0001, 2 ** 53 - 1];
    const made = ids.map((id) => chunks.create(id, 1));
    assert.deepEqual(
      ids.map((id) => chunks.find(id)),
      made,
    );
    assert.deepEqual(
      made.map((chunk) => chunks.idOf(chunk)),
      ids,
    );
    assert.equal(chunks.find(3), 0);
    chunks.remove(made[2] ?? 0);
    assert.equal(chunks.find(0xffff_ffff), 0);
    assert.equal(chunks.count, 4);
  });

  it("walks over every chunk once", () => {
    const chunks = new Chunks(goals);
    for (let id = 1; id <= 5000; id++) chunks.create(id, 1);
    const seen = new Set<number>();
    for (let place = 0; place < chunks.buckets; place++) {
      for (let chunk = chunks.bucket(place); chunk !== 0; chunk = chunks.next(chunk)) {
        seen.add(chunks.idOf(chunk));
      }
    }
    assert.equal(seen.size, 5000);
  });

  it("spec 7.5: one user class among the largest goals counts, two fall back to the number", () => {
    const chunks = new Chunks(goals);
    const chunk = chunks.create(1, 1);
    chunks.addReference(chunk, 2);
    assert.equal(chunks.classOf(chunk), 2);
    chunks.addReference(chunk, 12);
    assert.equal(chunks.classOf(chunk), 12);
    chunks.addReference(chunk, 22);
    assert.equal(chunks.classOf(chunk), 2);
    chunks.addReference(chunk, 3);
    assert.equal(chunks.classOf(chunk), 3);
    assert.equal(chunks.dropReference(chunk, 3), true);
    chunks.dropReference(chunk, 22);
    assert.equal(chunks.classOf(chunk), 12);
    chunks.dropReference(chunk, 12);
    assert.equal(chunks.classOf(chunk), 2);
    chunks.dropReference(chunk, 2);
    assert.equal(chunks.classOf(chunk), 0);
    assert.equal(chunks.referencesOf(chunk), 0);
  });

  it("moves a reference to another class", () => {
    const chunks = new Chunks(goals);
    const chunk = chunks.create(1, 1);
    chunks.addReference(chunk, 2);
    assert.equal(chunks.changeReferenceClass(chunk, 2, 5), true);
    chunks.addReference(chunk, 5);
    assert.equal(chunks.changeReferenceClass(chunk, 5, 7), true);
    assert.equal(chunks.classOf(chunk), 7);
    assert.equal(chunks.changeReferenceClass(chunk, 5, 7), false);
    assert.equal(chunks.referencesOf(chunk), 2);
    chunks.dropReference(chunk, 7);
    chunks.dropReference(chunk, 7);
    assert.equal(chunks.classOf(chunk), 0);
  });

  it("keeps the matrix and the sums equal to a recount after any changes", () => {
    const change = fc.record({
      id: fc.integer({ min: 1, max: 4 }),
      kind: fc.constantFrom("copy", "gone", "link", "unlink", "archive"),
      value: fc.integer({ min: 1, max: 14 }),
      state: fc.integer({ min: 1, max: 8 }),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
        const chunks = new Chunks(goals);
        const links = new Map<number, number[]>();
        for (const { id, kind, value, state } of changes) {
          const chunk = chunks.find(id) || chunks.create(id, 1);
          const own = links.get(id) ?? [];
          links.set(id, own);
          const copy = chunks.findCopy(chunk, value);
          if (kind === "copy" && copy === 0) chunks.addCopy(chunk, value, state as CopyState, 1);
          else if (kind === "copy") chunks.setCopy(chunk, copy, state as CopyState, 1);
          else if (kind === "gone" && copy !== 0) chunks.removeCopy(chunk, copy);
          else if (kind === "link") {
            own.push(value);
            chunks.addReference(chunk, value);
          } else if (kind === "unlink" && own.length > 0) {
            chunks.dropReference(chunk, own.pop() ?? 0);
          } else if (kind === "archive") chunks.setArchived(chunk, value > 7);
        }
        assert.deepEqual(
          chunks.matrix((classId) => classId % 10),
          recount(chunks),
        );
      }),
      { numRuns: 200 },
    );
  });
});

function recount(chunks: Chunks): { all: Uint32Array; regular: Uint32Array } {
  const all = new Uint32Array(121);
  const regular = new Uint32Array(121);
  let usable = 0;
  for (let id = 1; id <= 4; id++) {
    const chunk = chunks.find(id);
    if (chunk === 0) continue;
    let own = 0;
    let normal = 0;
    for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
      const state = chunks.copies.stateOf(copy);
      if (state <= copyState.removalBusy) own++;
      if (state === copyState.valid || state === copyState.busy) normal++;
    }
    usable += own;
    const row = (chunks.classOf(chunk) % 10) * 11;
    all[row + Math.min(own, 10)]! += 1;
    regular[row + Math.min(normal, 10)]! += 1;
  }
  assert.equal(chunks.usableCopies, usable);
  return { all, regular };
}
