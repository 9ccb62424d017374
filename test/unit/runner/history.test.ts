// Which run is resumed, by which words, and what many copies of one journal come to.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunRecord } from "../../../src/runner/journal.ts";
import { merge, runToResume, wordsToResume, type KnownRun } from "../../../src/runner/history.ts";

function run(
  runId: string,
  changes: Partial<KnownRun["begin"]> & { outcome?: KnownRun["outcome"]; done?: number } = {},
): KnownRun {
  const { outcome = "ok", done = 0, ...begin } = changes;
  const at = "2026-11-22T13:00:00.000Z";
  const first = {
    event: "begin" as const,
    runId,
    at,
    command: "deploy",
    argv: [],
    inventory: "/ops/prod.yaml",
    cluster: "prod",
    startedBy: "work@ops",
    ...begin,
  };
  const steps = Array.from({ length: done }, () => ({
    event: "done" as const,
    at,
    host: "a",
    title: "t",
  }));
  return { runId, begin: first, entries: [first, ...steps], outcome };
}

function record(runId: string, done: number): RunRecord {
  return { ...run(runId, { done }), outcome: "ok" };
}

test("the newest run that did not end well is resumed", () => {
  const runs = [
    run("3"),
    run("2", { command: "stop", outcome: "failed" }),
    run("1", { command: "stop", outcome: "broken" }),
  ];
  assert.equal(runToResume(runs)?.runId, "2");
});

test("a run that a later one of the same command made good is not resumed, nor is one that still runs", () => {
  assert.equal(runToResume([run("2"), run("1", { outcome: "broken" })]), undefined);
  assert.equal(runToResume([run("1", { outcome: "running" })]), undefined);
});

test("the longest copy of a journal counts, and runs come newest first", () => {
  const merged = merge([record("1", 1), record("2", 0), record("1", 5)]);
  assert.deepEqual(
    merged.map(({ runId, entries }) => [runId, entries.length]),
    [
      ["2", 1],
      ["1", 6],
    ],
  );
});

test("the words are those given, with this machine's inventory in place of the other's", () => {
  const words = (argv: readonly string[], command = "deploy") =>
    wordsToResume(run("1", { argv, command }), "/here/inventory.yaml");
  const here = ["--inventory", "/here/inventory.yaml"];
  assert.deepEqual(words(["prod.yaml", "--overwrite", "/etc/x"]), [
    "--overwrite",
    "/etc/x",
    ...here,
  ]);
  assert.deepEqual(words(["-i", "../prod.yaml", "-q"]), ["-q", ...here]);
  assert.deepEqual(words(["--inventory=prod.yaml", "cm03:/mnt/a"]), ["cm03:/mnt/a", ...here]);
  assert.deepEqual(words(["-iprod.yaml"]), here);
});

test("a restart goes on where it stopped: what it has done since it began is left out", () => {
  const words = wordsToResume(run("1", { command: "restart", argv: ["-N", "cm*"] }), "/i.yaml");
  assert.deepEqual(words, [
    "-N",
    "cm*",
    "--inventory",
    "/i.yaml",
    "--since",
    "2026-11-22T13:00:00.000Z",
  ]);
  const again = wordsToResume(run("2", { command: "restart", argv: words }), "/i.yaml");
  assert.equal(again.filter((word) => word === "--since").length, 1);
});
