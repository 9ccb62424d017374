// Brings a world forward by what changelogs say: each line is applied, must give what it gave when it was
// written, and makes the next version. Lines that real masters write and then misread themselves are taken
// as they were meant. Spec: changelog.md sections 5.1, 5.3 and 9.

import type { Change, OperationName } from "../../metadata/changelog-entry.ts";
import type { MergedLine, MergeProblem } from "../../metadata/changelog-merge.ts";
import { parseEntryLine } from "../../metadata/changelog-parse.ts";
import { statusOf } from "../../protocol/status.ts";
import { applyEntry } from "./changes/apply.ts";
import { status } from "./status.ts";
import type { World } from "./store/world.ts";

/** Why a line could not be applied. */
export type LineProblem =
  | { readonly kind: "syntax"; readonly text: string; readonly message: string }
  | { readonly kind: "unknown"; readonly text: string }
  | { readonly kind: "refused"; readonly text: string; readonly status: number }
  | {
      readonly kind: "mismatch";
      readonly text: string;
      readonly field: string;
      readonly logged: string;
      readonly given: string;
    };

/** Where a replay ends before the lines do; the world is as the lines before have left it. */
export type ReplayProblem =
  | (LineProblem & { readonly file: string; readonly line: number; readonly version: number })
  | {
      readonly kind: "version";
      readonly file: string;
      readonly line: number;
      readonly version: number;
      readonly expected: number;
    }
  | Extract<MergeProblem, { kind: "hole" }>;

/** What is wrong with the files beside what ends a replay. */
export type ReplayNotice = Exclude<MergeProblem, { kind: "hole" }>;

/**
 * Applies all lines in order, which `mergeLines` gives from the world's version on. `undefined` when
 * nothing was wrong. `notice` hears of files that end in garbage and the like.
 */
export function replay(
  world: World,
  lines: Iterable<MergedLine | MergeProblem>,
  notice: (notice: ReplayNotice) => void,
): ReplayProblem | undefined {
  for (const item of lines) {
    if (item.kind === "hole") return item;
    if (item.kind !== "line") {
      notice(item);
      continue;
    }
    const { file, line, version, text } = item;
    const expected = world.metaVersion;
    if (version !== expected) return { kind: "version", file, line, version, expected };
    const problem = replayLine(world, text);
    if (problem !== undefined) return { ...problem, file, line, version };
  }
  return undefined;
}

/**
 * Applies `timestamp|OP(arguments):results`. After a mismatch the change has been made, but is none of
 * which one could go on; after all other problems nothing has changed.
 */
export function replayLine(world: World, text: string): LineProblem | undefined {
  const parsed = parseEntryLine(text);
  if (parsed.kind === "syntax") return { kind: "syntax", text, message: parsed.message };
  if (parsed.kind === "unknown") return { kind: "unknown", text };
  const { timestamp, entry, result } = parsed;
  const applied = applyEntry<OperationName>(world, timestamp, entry, result);
  if (typeof applied === "number") {
    if (!isHarmless(entry, applied)) return { kind: "refused", text, status: applied };
  } else {
    const problem = compare(entry, result, applied);
    if (problem !== undefined) return { ...problem, text };
  }
  world.metaVersion++;
  return undefined;
}

/** Refusals of lines that a real master writes though nothing happened (defects 6 and 8). */
function isHarmless(entry: Change["entry"], refusal: number): boolean {
  if (entry.op === "UNLOCK") return refusal === status.NOCHUNK;
  return entry.op === "SETXATTR" && entry.name.length === 0 && refusal === status.EINVAL;
}

type Values = Readonly<Record<string, number | bigint>>;
type Difference = Omit<Extract<LineProblem, { kind: "mismatch" }>, "text">;

/** Undefined where a change gave what the log says it gave. */
function compare(entry: Change["entry"], logged: object, given: object): Difference | undefined {
  if (entry.op === "SNAPSHOT" && Object.values(logged).every((count) => count === 0)) {
    return undefined;
  }
  const found = given as Values;
  for (const [field, value] of Object.entries(logged as Values)) {
    if (value === found[field]) continue;
    // Old logs have no checksum; only that of a snapshot is compared also where it is 0.
    if (field === "checksum" && value === 0 && entry.op !== "SNAPSHOT") continue;
    return { kind: "mismatch", field, logged: `${value}`, given: `${found[field]}` };
  }
  return undefined;
}

/** A problem as a sentence for the log. */
export function replayProblemText(problem: ReplayProblem): string {
  if (problem.kind === "hole") {
    const { file, from, to } = problem;
    return `hole in change files (changes ${from} to ${to} are missing before those of ${file})`;
  }
  return `${problem.file}:${problem.version}: ${whyText(problem)}`;
}

function whyText(problem: Exclude<ReplayProblem, { kind: "hole" }>): string {
  switch (problem.kind) {
    case "version":
      return `version mismatch, expected ${problem.expected}`;
    case "syntax":
      return `cannot read "${problem.text}": ${problem.message}`;
    case "unknown":
      return `unknown entry "${problem.text}"`;
    case "refused":
      return `operation "${problem.text}" error: ${problem.status} (${statusOf(problem.status).text})`;
    case "mismatch": {
      const { text, field, logged, given } = problem;
      return `operation "${text}" gave ${field} ${given}, expected ${logged}`;
    }
    default:
      return problem satisfies never;
  }
}
