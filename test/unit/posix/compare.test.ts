// Two runs of the POSIX suite are compared by topic and sentence.

import assert from "node:assert/strict";
import { test } from "node:test";
import { regressions, type Report } from "../../posix/compare.ts";

function report(results: Readonly<Record<string, boolean>>): Report {
  const cases = Object.entries(results).map(([name, passed]) => ({
    topic: "open",
    name,
    passed,
    durationMs: 1,
    ...(passed ? {} : { message: "expected 1, got 2" }),
  }));
  return { root: "/mnt", cases };
}

test("a case that passes on the reference and fails on the candidate is named with its message", () => {
  assert.deepEqual(regressions(report({ a: true, b: true }), report({ a: true, b: false })), [
    { topic: "open", name: "b", message: "expected 1, got 2" },
  ]);
});

test("a case that the candidate did not run is named", () => {
  assert.deepEqual(regressions(report({ a: true }), report({})), [
    { topic: "open", name: "a", message: "was not run" },
  ]);
});

test("a case that fails on the reference is nothing to judge by, nor one that it did not run", () => {
  assert.deepEqual(regressions(report({ a: false }), report({ a: false, b: false })), []);
});
