// The human text of disks and of removals.

import { showBytes } from "../checks/hint.ts";
import type { DiskRow, RemovalReport } from "../phases/disk/report.ts";

/** A table of disks, aligned. */
export function diskTable(rows: readonly DiskRow[]): string {
  const cells = rows.map((row) => [
    `${row.host}:${row.path}`,
    row.is.join(", "),
    row.chunks === undefined ? "" : `${row.chunks} chunks`,
    row.totalBytes === undefined
      ? ""
      : `${showBytes(row.usedBytes ?? 0)} of ${showBytes(row.totalBytes)}`,
    row.lastError === undefined
      ? ""
      : `last error ${row.lastError.time} on chunk ${row.lastError.chunk}`,
  ]);
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(0, ...cells.map((cell) => cell[column]?.length ?? 0)),
  );
  return cells
    .map((cell) =>
      cell
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** One line: how far a removal is. */
export function removalLine(report: RemovalReport): string {
  const what = report.paths.map((path) => `${report.host}:${path}`).join(" ") || report.host;
  return `${what} ${removalWords(report)}`;
}

function removalWords(report: RemovalReport): string {
  switch (report.state) {
    case "notMarked":
      return "is not marked for removal";
    case "removed":
      return "is out of service: pull the disk and delete it from the inventory";
    case "halted":
      return `halted: ${report.reasons.join("; ")}`;
    case "verifying":
      return `verifying: ${report.reasons.join("; ")}${eta(report, "at most")}`;
    case "draining":
      return `draining: ${progress(report)}`;
    case "safe":
      return "safe: every chunk has its copies elsewhere";
    default:
      return report.state satisfies never;
  }
}

function progress(report: RemovalReport): string {
  if (report.chunksLeft === null) return "the master is still counting copies";
  const bytes = report.bytesLeft === null ? "" : ` (${showBytes(report.bytesLeft)})`;
  const speed =
    report.chunksPerSecond === null ? "" : `, ${report.chunksPerSecond.toFixed(1)} chunks/s`;
  return `${report.chunksLeft} of ${report.chunks} chunks left${bytes}${speed}${eta(report, "about")}`;
}

function eta(report: RemovalReport, word: string): string {
  return report.etaSeconds === null ? "" : `, ${word} ${showSeconds(report.etaSeconds)}`;
}

/** A length of time for people. */
export function showSeconds(seconds: number): string {
  if (seconds < 120) return `${Math.ceil(seconds)} s`;
  if (seconds < 7200) return `${Math.ceil(seconds / 60)} min`;
  return `${Math.ceil(seconds / 3600)} h`;
}
