// Lines, ends and chains of change logs. Spec: changelog.md 1, 5.1, 5.2; metalogger.md 6.2.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  chainFrom,
  firstVersion,
  lastCompleteVersion,
  lineBytesMax,
  lossBetween,
  parseLine,
  readRuns,
} from "../../../../daemons/metadata/changelog.ts";
import type { Run } from "../../../../daemons/metadata/changelog.ts";
import { golden } from "./golden.ts";

const log = golden("changelog.0.mfs");

function bytes(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

function run(name: string, first: number, last: number): Run {
  return { name, first: BigInt(first), last: BigInt(last) };
}

test("spec 1: a line is version, timestamp and operation", () => {
  assert.deepEqual(parseLine("25: 1795345811|CREATE(1,we ird%2C,1,438,18,0,0,0):6"), {
    version: 25n,
    timestamp: 1795345811,
    operation: "CREATE(1,we ird%2C,1,438,18,0,0,0):6",
  });
  for (const line of [
    "",
    "25",
    "25:",
    "25:1795345811|A()",
    "x: 1|A()",
    "25: 1|",
    "25: 1|\0\0",
    "25: |A()",
  ]) {
    assert.equal(parseLine(line), null, line);
  }
});

test("every line of the real logs is a line", () => {
  for (const name of ["changelog.0.mfs", "changelog.1.mfs", "changelog_ml.0.mfs"]) {
    for (const line of golden(name).toString("latin1").trimEnd().split("\n"))
      assert.ok(parseLine(line));
  }
});

test("spec 5.2: the first version is the number before the first colon", () => {
  assert.equal(firstVersion(log), 2n);
  for (const text of ["", "\n", "12", "x: 1", ": 1"]) assert.equal(firstVersion(bytes(text)), null);
});

test("spec 5.2: the last complete line counts, what stands behind it is torn", () => {
  const end = lastCompleteVersion(log, true);
  assert.deepEqual([end?.version, end?.tornBytes], [7n, 0]);
  assert.deepEqual(lastCompleteVersion(Buffer.concat([log, bytes("8: 179")]), true), {
    version: 7n,
    timestamp: end?.timestamp,
    tornBytes: 6,
  });
  assert.equal(lastCompleteVersion(Buffer.concat([log, bytes("\0\0\0\n")]), true)?.version, 7n);
});

test("spec 5.2: a log torn at any byte ends with its last complete line", () => {
  const text = log.toString("latin1");
  for (let size = 0; size <= log.length; size++) {
    const feeds = text.slice(0, size).split("\n").length - 1;
    const end = lastCompleteVersion(log.subarray(0, size), true);
    assert.equal(end?.version, feeds === 0 ? undefined : BigInt(feeds + 1), `torn at ${size}`);
  }
});

test("a number that may be cut at the start of the tail is not believed", () => {
  assert.equal(lastCompleteVersion(bytes("345: 1|ACCESS(1)\n"), false), null);
  assert.equal(lastCompleteVersion(bytes("345: 1|ACCESS(1)\n"), true)?.version, 345n);
  assert.equal(lastCompleteVersion(bytes("xx\n12346: 1|ACCESS(1)\n"), false)?.version, 12346n);
});

test("spec 1: a tail of the named size holds the longest line whole", () => {
  const longest = `9: 1|SETXATTR(${"x".repeat(199999 - "1|SETXATTR(".length)}`;
  const file = Buffer.from(`8: 1|ACCESS(1)\n${longest}\n`, "latin1");
  assert.equal(lastCompleteVersion(file.subarray(-lineBytesMax), false)?.version, 9n);
});

test("spec 5.1: runs of a file show its gaps; a fall or a jump of 10000 ends the reading", () => {
  assert.deepEqual(readRuns("l", log), [run("l", 2, 7)]);
  const lines = (...versions: number[]) =>
    bytes(versions.map((v) => `${v}: 1|ACCESS(1)\n`).join(""));
  assert.deepEqual(readRuns("l", lines(1, 2, 5, 6)), [run("l", 1, 2), run("l", 5, 6)]);
  assert.deepEqual(readRuns("l", lines(1, 2, 10001)), [run("l", 1, 2), run("l", 10001, 10001)]);
  assert.deepEqual(readRuns("l", lines(1, 2, 10002, 10003)), [run("l", 1, 2)]);
  assert.deepEqual(readRuns("l", lines(1, 2, 2, 3)), [run("l", 1, 2)]);
  assert.deepEqual(readRuns("l", bytes("1: 1|A()\nx\n2: 1|A()\n")), [run("l", 1, 1)]);
  assert.deepEqual(readRuns("l", bytes("1: 1|A()\n2: 1|A(")), [run("l", 1, 1)]);
});

test("spec 5.1: a chain goes over all files to the number of the next change", () => {
  const chain = chainFrom(300n, [run("b", 350, 420), run("a", 250, 349), run("old", 1, 249)]);
  assert.deepEqual(chain, { reaches: 421n, hole: null, falseHole: null, used: ["b", "a"] });
  assert.equal(chainFrom(300n, []).reaches, 300n);
  assert.equal(chainFrom(300n, [run("a", 1, 299)]).reaches, 300n);
  assert.equal(chainFrom(300n, [run("a", 300, 300)]).reaches, 301n);
});

test("spec 5.1: a missing change is a hole, whatever stands behind it", () => {
  const chain = chainFrom(300n, [run("a", 300, 310), run("b", 312, 400)]);
  assert.deepEqual([chain.reaches, chain.hole], [311n, { from: 311n, to: 311n }]);
});

test("spec 5.1: a gap between the image and the first line is a hole, though the real one does not say so", () => {
  assert.deepEqual(chainFrom(300n, [run("a", 301, 400)]).hole, { from: 300n, to: 300n });
});

test("spec 5.1: a gap that another file fills is none", () => {
  const runs = [run("ml", 250, 310), run("ml", 330, 400), run("back", 300, 335)];
  assert.deepEqual([chainFrom(300n, runs).hole, chainFrom(300n, runs).reaches], [null, 401n]);
});

test("metalogger.md 6.2: a gap further below the image is none to the real program either", () => {
  const runs = [run("a", 100, 200), run("a", 250, 400)];
  assert.equal(chainFrom(300n, runs).falseHole, null);
});

test("metalogger.md 6.2: a gap directly below the image is a false hole", () => {
  const chain = chainFrom(300n, [run("a", 100, 200), run("a", 300, 400)]);
  assert.deepEqual(chain, {
    reaches: 401n,
    hole: null,
    falseHole: { from: 201n, to: 299n },
    used: ["a"],
  });
});

test("a chain reaches a version exactly when every change from the image to it is in some file", () => {
  const runs = fc.array(fc.tuple(fc.nat(40), fc.nat(12)), { maxLength: 6 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), runs, (version, pairs) => {
      const list = pairs.map(([first, more], i) => run(`f${i}`, first, first + more));
      const has = (change: bigint) =>
        list.some(({ first, last }) => first <= change && change <= last);
      let reaches = BigInt(version);
      while (has(reaches)) reaches += 1n;
      const chain = chainFrom(BigInt(version), list);
      assert.equal(chain.reaches, reaches);
      assert.equal(
        chain.hole !== null,
        list.some(({ last }) => last >= reaches),
      );
    }),
  );
});

test("the loss is what the reference has beyond the candidate, or unknown", () => {
  assert.deepEqual(lossBetween(300n, { version: 312n }), { kind: "exact", changes: 12n });
  assert.deepEqual(lossBetween(312n, { version: 300n }), { kind: "exact", changes: 0n });
  assert.deepEqual(lossBetween(312n, "unknown"), { kind: "unknown" });
});
