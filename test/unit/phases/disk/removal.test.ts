// "Safe" is said only when everything that could be known says so. Spec: semantics-master.md 8.4 and 9.2.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { pathFact } from "../../../support/facts.ts";
import { removalState } from "../../../../src/phases/disk/removal.ts";
import {
  emptiedWorld,
  listed,
  readMs,
  server,
  target,
  world,
  type Otherwise,
} from "../../disk/disk-world.ts";

const state = (other: Otherwise) => removalState(emptiedWorld(other), target).state;
const seconds = readMs / 1000;
const marked = (over = {}) => ({
  cm03: [listed("/mnt/a"), listed("/mnt/b", { markedForRemoval: true, ...over })],
});

test("a disk whose chunks have their copies elsewhere is safe after a whole chunk loop", () => {
  assert.deepEqual(removalState(emptiedWorld(), target), { state: "safe" });
});

test("a disk without a mark is not marked, however little it holds", () => {
  assert.deepEqual(removalState(world(), target), { state: "notMarked" });
});

test("a disk that was taken out is removed", () => {
  const taken = world({
    files: { cm03: ["/mnt/a"] },
    disks: { cm03: [listed("/mnt/a")] },
    removed: { cm03: "/mnt/b\n" },
  });
  assert.deepEqual(removalState(taken, target), { state: "removed" });
});

describe("draining", () => {
  test("chunks that lack regular copies are what is left", () => {
    const cells = [
      { goal: 2, copies: 2, regular: 2, count: 60 },
      { goal: 2, copies: 2, regular: 1, count: 40 },
    ];
    assert.deepEqual(removalState(emptiedWorld({ cells, status: "notReady" }), target), {
      state: "draining",
      left: 40,
    });
  });

  test('the master\'s stale "ready" does not hide chunks that lack copies', () => {
    const cells = [{ goal: 2, copies: 2, regular: 1, count: 1 }];
    assert.equal(state({ cells, status: "ready" }), "draining");
  });

  test("a chunk of goal 1 without a regular copy is left", () => {
    assert.equal(state({ cells: [{ goal: 1, copies: 1, regular: 0, count: 1 }] }), "draining");
  });

  test("a goal above the number of servers asks for a copy on each server", () => {
    const enough = [{ goal: 9, copies: 4, regular: 3, count: 100 }];
    const tooFew = [{ goal: 9, copies: 3, regular: 2, count: 100 }];
    assert.equal(state({ cells: enough }), "safe");
    assert.equal(state({ cells: tooFew }), "draining");
  });

  test("chunks that belong to no file do not count", () => {
    const cells = [
      { goal: 2, copies: 3, regular: 2, count: 100 },
      { goal: 0, copies: 1, regular: 0, count: 5 },
    ];
    assert.equal(state({ cells }), "safe");
  });

  test("nothing is counted while the matrix is not exact", () => {
    assert.deepEqual(removalState(emptiedWorld({ exact: false }), target), {
      state: "draining",
      left: undefined,
    });
  });
});

describe("halted", () => {
  const cases: readonly (readonly [string, Otherwise, RegExp])[] = [
    ["another chunkserver is disconnected", { servers: { cm01: { connected: false } } }, /cm01/],
    ["its own chunkserver is disconnected", { servers: { cm03: { connected: false } } }, /cm03/],
    ["the master does not list a chunkserver", { servers: { cm02: null } }, /cm02/],
    [
      "a chunkserver that is not in the inventory is disconnected",
      { strangers: [server("10.0.0.99", { connected: false })] },
      /10\.0\.0\.99:9422/,
    ],
    ["its host cannot be reached", { unreachable: ["cm03"] }, /cm03 cannot be asked/],
    ["the master does not answer", { noMaster: true }, /master does not answer/],
    [
      "another chunkserver does not answer, though the master has not noticed",
      { disks: { cm01: undefined } },
      /cm01 does not answer/,
    ],
    ["its chunkserver does not answer", { disks: { cm03: undefined } }, /cm03 does not answer/],
    ["the disk is damaged", { disks: marked({ damaged: true }) }, /damaged/],
    ["the disk cannot be used", { disks: marked({ invalid: true }) }, /cannot use/],
    ["the disk is being scanned", { disks: marked({ scanPercent: 7 }) }, /7 %/],
    ["the file marks what the chunkserver does not list", { disks: { cm03: [] } }, /not list/],
    [
      "a chunk is missing",
      { cells: [{ goal: 2, copies: 0, regular: 0, count: 1 }] },
      /1 chunks are missing/,
    ],
    [
      "a chunk is endangered",
      { cells: [{ goal: 2, copies: 1, regular: 1, count: 3 }] },
      /3 chunks are endangered/,
    ],
  ];
  for (const [name, other, reason] of cases) {
    test(`it is halted when ${name}`, () => {
      const judged = removalState(emptiedWorld(other), target);
      assert.equal(judged.state, "halted");
      assert.match("reasons" in judged ? judged.reasons.join("; ") : "", reason);
      assert.equal("waitsOnly" in judged, false);
    });
  }

  test("an unknown removal status halts, but mends itself", () => {
    const judged = removalState(emptiedWorld({ status: "unknown" }), target);
    assert.equal(judged.state, "halted");
    assert.equal("waitsOnly" in judged, true);
  });

  test("a chunkserver without disks in its file need not be connected", () => {
    const left = { files: { cm02: [] }, servers: { cm02: null }, disks: { cm02: [] } };
    assert.equal(state({ ...left, disks: { ...marked(), cm02: [] } }), "safe");
  });
});

describe("verifying", () => {
  test("ready before a whole chunk loop has passed is a first look only", () => {
    assert.equal(state({ loop: { start: seconds - 30, end: seconds + 30 } }), "verifying");
    assert.equal(state({ loop: { start: seconds + 5, end: seconds + 65 } }), "verifying");
    assert.equal(state({ loop: { start: 0, end: 0 } }), "verifying");
  });

  test("a master that still looks for work is waited for", () => {
    assert.equal(state({ status: "notReady" }), "verifying");
  });

  test("copies on the disk that the master does not count as marked are waited for", () => {
    assert.equal(state({ disks: marked({ chunks: 101 }) }), "verifying");
  });

  test("a chunkserver that has not read its present file is not believed", () => {
    const facts = emptiedWorld().facts.get("cm03");
    const paths = new Map(facts?.paths);
    paths.set("/run/mfsctl/mfs-chunkserver.service.read", pathFact("file", { content: "" }));
    assert.equal(state({ facts: { cm03: { paths } } }), "verifying");
  });

  test("clocks that differ are compared by what was measured, doubt counts against it", () => {
    const loop = { start: seconds + 15, end: seconds + 75 };
    assert.equal(state({ loop }), "safe");
    assert.equal(state({ loop, facts: { cm03: { clockOffsetMs: -20_000 } } }), "verifying");
    assert.equal(state({ loop, facts: { meta01: { clockOffsetMs: 20_000 } } }), "verifying");
    assert.equal(state({ loop, facts: { meta01: { clockErrorMs: 20_000 } } }), "verifying");
  });
});

test("whatever the matrix holds, safe means that no wanted chunk has fewer regular copies than it can have", () => {
  const cell = fc.record({
    goal: fc.integer({ min: 0, max: 9 }),
    regular: fc.integer({ min: 0, max: 9 }),
    extra: fc.integer({ min: 0, max: 1 }),
    count: fc.integer({ min: 0, max: 300 }),
  });
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 6 }), (drawn) => {
      const cells = drawn.map((each) => ({ ...each, copies: each.regular + each.extra }));
      if (state({ cells }) !== "safe") return;
      for (const { goal, regular, count } of cells) {
        assert.ok(count === 0 || goal === 0 || regular >= Math.min(goal, 3));
      }
    }),
  );
});
