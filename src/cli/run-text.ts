// The human text of plans and of finished runs. The important line comes last, with what to type next.

import type { PlannedStep } from "../runner/plan.ts";
import type { RunReport } from "../runner/run.ts";

/** A plan, phase by phase, with the differences of files; hosts with the same steps share a paragraph. */
export function planText(steps: readonly PlannedStep[]): string {
  if (steps.length === 0) return "Nothing to do: everything is as the inventory says";
  const phases = [...Map.groupBy(steps, (step) => step.phase)];
  const lines = phases.flatMap(([phase, ofPhase]) => [phase, ...hostLines(ofPhase)]);
  const hosts = new Set(steps.map((step) => step.host)).size;
  return [
    ...lines,
    "",
    `${steps.length} actions on ${hosts} hosts, planned from what the hosts are now; later steps may turn out unnecessary`,
  ].join("\n");
}

function hostLines(steps: readonly PlannedStep[]): readonly string[] {
  const perHost = [...Map.groupBy(steps, (step) => step.host)].map(([host, ofHost]) => ({
    host,
    text: ofHost.flatMap(stepLines).join("\n"),
  }));
  return [...Map.groupBy(perHost, (each) => each.text)].flatMap(([text, same]) => [
    `  ${same.map((each) => each.host).join(", ")}:`,
    text,
  ]);
}

function stepLines(step: PlannedStep): readonly string[] {
  const diff = step.diff === "" ? [] : step.diff.trimEnd().split("\n");
  return [`    ${step.text}`, ...diff.map((line) => `        ${line}`)];
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
