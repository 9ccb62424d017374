// The human text of plans and of finished runs. The important line comes last, with what to type next.

import type { PlannedStep } from "../runner/plan.ts";
import type { RunReport } from "../runner/run.ts";

/** A plan, grouped by phase and host, with the differences of files. */
export function planText(steps: readonly PlannedStep[]): string {
  if (steps.length === 0) return "Nothing to do: everything is as the inventory says";
  const lines: string[] = [];
  let phase = "";
  for (const step of steps) {
    if (step.phase !== phase) {
      phase = step.phase;
      lines.push(phase);
    }
    lines.push(`  ${step.host}: ${step.text}`);
    if (step.diff !== "")
      lines.push(
        ...step.diff
          .trimEnd()
          .split("\n")
          .map((line) => `      ${line}`),
      );
  }
  lines.push(
    "",
    `${steps.length} actions on ${new Set(steps.map((step) => step.host)).size} hosts, planned from what the hosts are now; later steps may turn out unnecessary`,
  );
  return lines.join("\n");
}

/** How a run ended: each host, then the one important line. */
export function recapText(report: RunReport, next: string): string {
  if (report.changes === 0) {
    return `No change: ${report.nodes.length} hosts are as the inventory says\nNext: ${next}`;
  }
  const width = Math.max(...report.nodes.map((node) => node.name.length));
  return [
    ...report.nodes.map(
      (node) =>
        `${node.name.padEnd(width)}  ${node.status}${node.changes > 0 ? `, ${node.changes} changes` : ""}`,
    ),
    `Done: ${report.changes} changes (run ${report.runId ?? ""})`,
    `Next: ${next}`,
  ].join("\n");
}
