// What the tests of parsers say about findings: "line severity name" and a part of the message.
import assert from "node:assert/strict";
import type { Problem } from "../../../../daemons/config/problem.ts";

/** The findings in short: `3 error NAME`. */
export function brief(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ line, severity, name }) => `${line} ${severity} ${name ?? "-"}`);
}

/** Exactly one finding, of this severity, that says this. */
export function assertOne(
  problems: readonly Problem[],
  severity: Problem["severity"],
  part: string,
): void {
  assert.equal(problems.length, 1, JSON.stringify(problems));
  assert.equal(problems[0]?.severity, severity, JSON.stringify(problems));
  assert.ok(problems[0].message.includes(part), `"${problems[0].message}" has no "${part}"`);
}
