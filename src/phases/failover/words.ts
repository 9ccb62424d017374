// The words of a failover: the table of what each metadata host holds, and what would be lost.

import { formatId } from "../../../daemons/metadata/candidates.ts";
import type { Assessment, Candidate, Loss } from "./candidates.ts";
import type { Stage } from "./stage.ts";

/** One row for people and for --json. */
export interface CandidateRow {
  readonly host: string;
  readonly role: "master" | "metalogger";
  readonly id: string | null;
  readonly complete: boolean;
  readonly image: string | null;
  readonly imageVersion: string | null;
  /** Number of the last change that an unbroken chain reaches; null without one. */
  readonly lastChange: string | null;
  /** Number of the last change that any line there names. */
  readonly lastLine: string | null;
  readonly lastLineAt: string | null;
  readonly note: string;
}

/** The rows, silent hosts included. */
export function candidateRows(stage: Stage): readonly CandidateRow[] {
  const { assessment } = stage;
  const chosen = stage.at === "assemble" ? stage.chosen?.host : undefined;
  return [
    ...assessment.candidates.map((each) => row(each, chosen)),
    ...assessment.silent.map((host) => silentRow(host, assessment)),
  ];
}

function row(candidate: Candidate, chosen: string | undefined): CandidateRow {
  const { host, verdict, end, lastChangeAt, isMaster } = candidate;
  const usable = verdict.kind === "usable";
  return {
    host,
    role: isMaster ? "master" : "metalogger",
    id: usable ? formatId(verdict.id) : null,
    complete: usable,
    image: usable ? verdict.image : null,
    imageVersion: usable ? String(verdict.imageVersion) : null,
    lastChange: verdict.reaches === null ? null : String(verdict.reaches - 1n),
    lastLine: end === null ? null : String(end - 1n),
    lastLineAt: lastChangeAt === null ? null : new Date(lastChangeAt * 1000).toISOString(),
    note: noteOf(candidate, chosen),
  };
}

function noteOf({ host, verdict, running, stale }: Candidate, chosen: string | undefined): string {
  const words = [
    ...(host === chosen ? ["chosen"] : []),
    ...(running ? ["its master runs"] : []),
    ...(stale ? ["from before the last failover"] : []),
    ...(verdict.kind === "refused" ? [`refused: ${verdict.why}`] : []),
  ];
  return words.join("; ");
}

function silentRow(host: string, assessment: Assessment): CandidateRow {
  return {
    host,
    role: host === assessment.master ? "master" : "metalogger",
    id: null,
    complete: false,
    image: null,
    imageVersion: null,
    lastChange: null,
    lastLine: null,
    lastLineAt: null,
    note: "cannot be read",
  };
}

/** The table as text; \`nowMs\` gives the age of each last line. */
export function tableText(rows: readonly CandidateRow[], nowMs: number): string {
  const cells = rows.map((each) => [
    each.host,
    each.role,
    each.id ?? "-",
    each.image === null ? "none" : `${each.image} (version ${each.imageVersion ?? "?"})`,
    each.lastChange ?? "-",
    each.lastLineAt === null
      ? "-"
      : `${each.lastLine ?? "?"}, ${ageText(nowMs - Date.parse(each.lastLineAt))} ago`,
    each.note,
  ]);
  const header = ["host", "was", "metadata id", "complete image", "reaches", "last line", ""];
  const all = [header, ...cells];
  const widths = header.map((_, column) =>
    Math.max(...all.map((line) => (line[column] ?? "").length)),
  );
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function ageText(ageMs: number): string {
  const seconds = Math.max(0, Math.round(ageMs / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}

/** How many changes would be lost; never less than the truth. */
export function lossText(loss: Loss): string {
  if (loss.kind === "exact") return `${loss.changes}, exactly`;
  const known =
    loss.atLeast === 0n
      ? "every change that the hosts above know is kept"
      : `at least ${loss.atLeast} that the hosts above know`;
  return `unknown (${known}), for ${loss.why}`;
}

/** What the stage means, for people. */
export function stageText(stage: Stage, target: string): string {
  switch (stage.at) {
    case "serve":
      return `"${target}" is the master already`;
    case "record":
      return `"${target}" holds the recovered metadata and is yet to be made the master`;
    case "assemble":
      if (stage.afterStop) {
        return `Changes that would be lost: none, when "${stage.assessment.master}" stops cleanly and its disk is read`;
      }
      return stage.loss === undefined
        ? "No metadata host that can be read holds metadata that could be used"
        : `Changes that would be lost: ${lossText(stage.loss)}`;
    default:
      return stage satisfies never;
  }
}
