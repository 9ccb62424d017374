// The last changes in memory. Spec: changelog.md 4.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ChangelogHistory,
  historyOfLogs,
} from "../../../../../daemons/master/io/changelog-history.ts";
import { folderOf, History } from "./data-folder.ts";

function filled(from: number, count: number, limits = { seconds: 1800, bytesMax: 1 << 20 }) {
  const history = new ChangelogHistory(from, limits);
  for (let version = from; version < from + count; version++)
    history.append(`line ${version}`, 100);
  return history;
}

test("a history without changes starts with the next one", () => {
  const history = new ChangelogHistory(42, { seconds: 1800, bytesMax: 1 << 20 });
  assert.equal(history.oldest, 42);
  assert.deepEqual(history.read(42, 10), []);
});

test("changes are read from any version on, over blocks, as many as asked for", () => {
  const history = filled(7, 12_345);
  assert.equal(history.oldest, 7);
  assert.equal(history.next, 12_352);
  for (const from of [7, 8, 5006, 5007, 10_006, 10_007, 12_351]) {
    const lines = history.read(from, 6000);
    assert.equal(lines.length, Math.min(6000, 12_352 - from), `from ${from}`);
    assert.equal(lines[0], `line ${from}`);
    assert.equal(lines.at(-1), `line ${from + lines.length - 1}`);
  }
});

test("spec 4: the oldest block goes when the one behind it is older than the limit", () => {
  const history = new ChangelogHistory(1, { seconds: 10, bytesMax: 1 << 20 });
  const append = (count: number, now: number) => {
    for (let line = 0; line < count; line++) history.append("line", now);
  };
  append(5000, 100);
  append(5000, 105);
  append(5000, 110);
  assert.equal(history.oldest, 1);
  append(1, 116);
  assert.equal(history.oldest, 5001);
  append(5000, 200);
  assert.equal(history.oldest, 15_001);
});

test("a history that grows beyond its bytes forgets the oldest block", () => {
  const history = filled(1, 20_001, { seconds: 1800, bytesMax: 100_000 });
  assert.ok(history.oldest > 1);
  assert.equal(history.read(history.oldest, 1)[0], `line ${history.oldest}`);
});

test("spec 3: 0 seconds keep nothing", () => {
  const history = filled(1, 10, { seconds: 0, bytesMax: 1 << 20 });
  assert.equal(history.oldest, 11);
});

const limits = { seconds: 1800, bytesMax: 1 << 20 };

test("after a restart the history is what the newest logs hold without a gap", () => {
  const life = new History();
  using folder = folderOf({
    "changelog.1.mfs": life.log(2, 4) + life.log(8, 14),
    "changelog.0.mfs": life.log(15, 20).concat("21: 17"),
  });
  const history = historyOfLogs(folder.path, 21, limits);
  assert.equal(history.oldest, 8);
  assert.equal(history.next, 21);
  const expected = life
    .log(8, 20)
    .replaceAll(/^\d+: /gm, "")
    .trimEnd()
    .split("\n");
  assert.deepEqual(history.read(8, 100), expected);
});

test("logs that do not lead to the next change are no history", () => {
  using folder = folderOf({ "changelog.0.mfs": new History().log(1, 20) });
  const history = historyOfLogs(folder.path, 30, limits);
  assert.deepEqual([history.oldest, history.next], [30, 30]);
});
