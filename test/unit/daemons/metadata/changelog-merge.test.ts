// Change logs read in pieces and merged by version. Spec: changelog.md 1, 5.1, 5.2, 9 (9, 10).
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { lineBytesMax } from "../../../../daemons/metadata/changelog.ts";
import { readLines } from "../../../../daemons/metadata/changelog-lines.ts";
import { mergeLines } from "../../../../daemons/metadata/changelog-merge.ts";
import type { ChangeFile } from "../../../../daemons/metadata/changelog-merge.ts";
import { golden } from "./golden.ts";

/** The bytes in pieces of one size. */
function* pieces(content: string, size: number): Generator<Uint8Array> {
  const bytes = Buffer.from(content, "latin1");
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function read(content: string, size = 7) {
  return [...readLines(pieces(content, size))];
}

/** A log of the versions, each with a text of its own. */
function logOf(versions: readonly number[], mark = ""): string {
  return versions.map((version) => `${version}: 1|ACCESS(${version})${mark}\n`).join("");
}

function file(name: string, content: string): ChangeFile {
  const first = Number(/^\d+/.exec(content)?.[0] ?? 0);
  return { name, first, lines: readLines(pieces(content, 11)) };
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

/** Versions and problems in short. */
function merged(imageVersion: number, ...files: readonly ChangeFile[]): readonly unknown[] {
  return [...mergeLines(files, imageVersion)].map((item) =>
    item.kind === "line" ? item.version : item,
  );
}

test("a real log is the same lines whatever pieces it comes in", () => {
  const content = golden("changelog.0.mfs").toString("latin1");
  const texts = content.trimEnd().split("\n");
  for (const size of [1, 2, 3, 50, 64, 100_000]) {
    const items = read(content, size);
    assert.deepEqual(items.pop(), { kind: "end" });
    const again = items.map((item) => item.kind === "line" && `${item.version}: ${item.text}`);
    assert.deepEqual(again, texts);
    assert.deepEqual(
      items.map((item) => item.kind === "line" && item.line),
      range(1, texts.length),
    );
  }
});

test("spec 5.2: the complete lines of a file with a torn tail are used", () => {
  const content = `${logOf([1, 2])}3: 1|ACC`;
  assert.deepEqual(read(content).at(-1), { kind: "torn", line: 3, tornBytes: 8 });
  assert.equal(read(content).length, 3);
  assert.deepEqual(read("3: 1|ACC"), [{ kind: "torn", line: 1, tornBytes: 8 }]);
  assert.deepEqual(read(`${logOf([1])}\0\0\0`).at(-1), { kind: "torn", line: 2, tornBytes: 3 });
  assert.deepEqual(read(""), [{ kind: "end" }]);
});

test("spec 5.1: a version that falls, stays or jumps by 10000, and what has none, end a file", () => {
  const rows = [
    [logOf([5, 4]), "version 4 follows 5"],
    [logOf([5, 5]), "version 5 follows 5"],
    [logOf([5, 10_005]), "version jumps from 5 to 10005"],
    ["5: 1|A()\n\n6: 1|A()\n", "no version stands in front"],
    ["5: 1|A()\n6:1|A()\n7: 1|A()\n", "no version stands in front"],
    ["5: 1|A()\n9007199254740993: 1|A()\n", "no version stands in front"],
  ] as const;
  for (const [content, why] of rows) {
    const [line, end, ...others] = read(content);
    assert.equal(line?.kind, "line");
    assert.deepEqual(end, { kind: "garbage", line: 2, why });
    assert.deepEqual(others, []);
  }
  assert.equal(read(logOf([5, 10_004])).length, 3);
});

test("a line without an end is given up before it fills the memory", () => {
  let taken = 0;
  function* endless(): Generator<Uint8Array> {
    for (;;) {
      taken++;
      yield new Uint8Array(1000).fill(0x31);
    }
  }
  const why = `a line of more than ${lineBytesMax} bytes`;
  assert.deepEqual([...readLines(endless())], [{ kind: "garbage", line: 1, why }]);
  assert.ok(taken <= 1 + lineBytesMax / 1000);
});

test("files in any order give each change from the image on once, with where it stands", () => {
  const one = file("changelog.1.mfs", logOf(range(1, 4)));
  const two = file("changelog.0.mfs", logOf(range(5, 6)));
  assert.deepEqual(
    [...mergeLines([two, one], 4)],
    [
      { kind: "line", version: 4, text: "1|ACCESS(4)", line: 4, file: "changelog.1.mfs" },
      { kind: "line", version: 5, text: "1|ACCESS(5)", line: 1, file: "changelog.0.mfs" },
      { kind: "line", version: 6, text: "1|ACCESS(6)", line: 2, file: "changelog.0.mfs" },
    ],
  );
});

test("spec 5.1: a hole ends the merge and is named, directly behind the image as well", () => {
  const hole = { kind: "hole", from: 7, to: 8, file: "b" };
  const files = () => [file("a", logOf([5, 6])), file("b", logOf([9, 10]))];
  assert.deepEqual(merged(5, ...files()), [5, 6, hole]);
  assert.deepEqual(merged(7, ...files()), [hole]);
  assert.deepEqual(merged(9, ...files()), [9, 10]);
  assert.deepEqual(merged(11, ...files()), []);
  assert.deepEqual(merged(5), []);
});

test("spec 9, defect 10: what is missing below the image is no hole", () => {
  assert.deepEqual(merged(300, file("a", logOf([199, 200, 300, 301]))), [300, 301]);
  const files = [file("a", logOf([199, 200])), file("b", logOf([300, 301]))];
  assert.deepEqual(merged(300, ...files), [300, 301]);
});

test("a torn or broken file ends alone, and a copy elsewhere fills in", () => {
  const torn = file("a", `${logOf([1, 2])}3: 1|`);
  const copy = file("b", logOf([2, 3, 4]));
  const end = { kind: "torn", line: 3, tornBytes: 5, file: "a" };
  assert.deepEqual(merged(1, torn, copy), [1, 2, end, 3, 4]);
});

test("two histories of one version are told, and the first is used", () => {
  const files = [file("a", logOf([1, 2, 3])), file("b", logOf([2, 3], "other"))];
  const items = [...mergeLines(files, 1)];
  const conflicts = items.filter((item) => item.kind === "conflict");
  assert.deepEqual(
    conflicts.map(({ version }) => version),
    [2, 3],
  );
  assert.deepEqual(merged(4, ...files), []);
});

test("a file is not read before its turn comes", () => {
  const later: ChangeFile = {
    name: "b",
    first: 9,
    lines: {
      [Symbol.iterator]: () => ({ next: () => assert.fail("read too early") }),
    },
  };
  const items = mergeLines([later, file("a", logOf([1, 2]))], 1);
  assert.equal(items.next().value?.kind, "line");
  assert.equal(items.next().value?.kind, "line");
});

test("any overlapping files give what a set of their versions gives", () => {
  const runs = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat(15)), { maxLength: 6 });
  fc.assert(
    fc.property(runs, fc.integer({ min: 1, max: 40 }), (ranges, image) => {
      const versions = ranges.map(([first, size]) => range(first, first + size));
      const known = new Set(versions.flat());
      const expected: unknown[] = [];
      let next = image;
      for (; known.has(next); next++) expected.push(next);
      const above = Math.min(...[...known].filter((version) => version > next));
      const files = versions.map((list, index) => file(`${index}`, logOf(list)));
      const items = merged(image, ...files);
      if (above !== Infinity) {
        const hole = items.at(-1) as { readonly file: string };
        expected.push({ kind: "hole", from: next, to: above - 1, file: hole.file });
      }
      assert.deepEqual(items, expected);
    }),
    { numRuns: 1000 },
  );
});
