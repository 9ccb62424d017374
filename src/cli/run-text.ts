// The human text of plans and of finished runs. The important line comes last, with what to type next.

import type { PlannedStep } from "../runner/plan.ts";
import type { RunReport } from "../runner/run.ts";

/** A plan, phase by phase, with the differences of files; hosts with the same steps share a paragraph. */
export function planText(steps: readonly PlannedStep[], notes: readonly string[] = []): string {
  if (steps.length === 0) {
    return notes.length === 0
      ? "Nothing to do: everything is as the inventory says"
      : [...notes, "Nothing to do: all else is as the inventory says"].join("\n");
  }
  const phases = [...Map.groupBy(steps, (step) => step.phase)];
  const lines = phases.flatMap(([phase, ofPhase]) => [phase, ...hostLines(ofPhase)]);
  const hosts = new Set(steps.map((step) => step.host)).size;
  return [
    ...lines,
    "",
    ...notes,
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
    const hosts = `No change: ${report.nodes.length} hosts are as the inventory says`;
    return [...report.notes, hosts, `Next: ${next}`].join("\n");
  }
  const width = Math.max(...report.nodes.map((node) => node.name.length));
  return [
    ...report.nodes.map(
      (node) =>
        `${node.name.padEnd(width)}  ${node.status}${node.changes > 0 ? `, ${node.changes} changes` : ""}`,
    ),
    ...report.notes,
    `Done: ${report.changes} changes (run ${report.runId ?? ""})`,
    `Next: ${next}`,
  ].join("\n");
}
