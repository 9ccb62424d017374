// Locks of whole files as the changelog changes them. Spec: changelog.md 7.4, defect 3 of section 9.

import assert from "node:assert/strict";
import { test } from "node:test";
import { changeFlock } from "../../../../../daemons/master/core/changes/locks.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { Flocks } from "../../../../../daemons/master/core/store/flocks.ts";

const inode = 4;

function changed(steps: readonly (readonly [number, "R" | "W" | "U"])[]): readonly string[] {
  const flocks = new Flocks();
  for (const [session, lock] of steps) {
    const answer = changeFlock({ flocks }, 0, { op: "FLOCK", inode, session, owner: 1n, lock });
    assert.equal(typeof answer, "object", `${session} ${lock}`);
  }
  return flocks
    .of(inode)
    .held.map(({ session, exclusive }) => `${session}${exclusive ? "W" : "R"}`);
}

test("a lock is held, converted and released by its owner", () => {
  assert.deepEqual(changed([[1, "R"]]), ["1R"]);
  assert.deepEqual(
    changed([
      [1, "R"],
      [2, "R"],
    ]),
    ["1R", "2R"],
  );
  assert.deepEqual(
    changed([
      [1, "R"],
      [1, "W"],
    ]),
    ["1W"],
  );
  assert.deepEqual(
    changed([
      [1, "R"],
      [2, "R"],
      [1, "U"],
    ]),
    ["2R"],
  );
  assert.deepEqual(
    changed([
      [1, "W"],
      [1, "U"],
    ]),
    [],
  );
});

test("a shared lock beside an exclusive one means that the exclusive one was converted, unwritten", () => {
  assert.deepEqual(
    changed([
      [1, "W"],
      [2, "R"],
    ]),
    ["1R", "2R"],
  );
});

test("an exclusive lock beside others means that these are gone, unwritten", () => {
  assert.deepEqual(
    changed([
      [1, "R"],
      [2, "R"],
      [3, "W"],
    ]),
    ["3W"],
  );
});

test("a release on a file without locks is a mismatch", () => {
  const entry = { op: "FLOCK", inode, session: 1, owner: 1n, lock: "U" } as const;
  assert.equal(changeFlock({ flocks: new Flocks() }, 0, entry), status.MISMATCH);
});
