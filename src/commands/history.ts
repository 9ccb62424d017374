// `mfsctl history`: what was done to the cluster, by whom, and how it ended.

import { Args, Flags } from "@oclif/core";
import { ClusterCommand } from "../cli/cluster-command.ts";
import type { Outcome } from "../cli/output.ts";
import { MfsctlError } from "../errors.ts";
import { readHistory, runToResume, type KnownRun } from "../runner/history.ts";
import { table } from "../status/text.ts";

export default class HistoryCommand extends ClusterCommand<typeof HistoryCommand> {
  static override summary = "List the runs that changed the cluster, or the steps of one run";
  static override description =
    "Reads the journals of this machine and their copies on the metadata hosts, so runs begun elsewhere are listed too.";
  static override examples = [
    "<%= config.bin %> history",
    "<%= config.bin %> history 20261122T130501-k3xq",
    "<%= config.bin %> history --lines 5 --json",
  ];
  static override args = { run: Args.string({ description: "Show the steps of this run" }) };
  static override flags = {
    lines: Flags.integer({ description: "How many runs", default: 20, min: 1, max: 200 }),
  };

  protected override async execute(): Promise<Outcome> {
    const { inventory } = await this.loadInventory();
    const { runs, notAsked } = await readHistory(this.context(inventory), 200);
    for (const name of notAsked) this.note(`${name} could not be asked for its journals`);
    if (this.args.run !== undefined) return steps(runs, this.args.run);
    const shown = runs.slice(0, this.flags.lines);
    const broken = runToResume(runs);
    const next = broken === undefined ? [] : [`Next: mfsctl resume ${broken.runId}`];
    return {
      result: { runs: shown.map(summary), notAsked },
      text:
        shown.length === 0
          ? "No run has changed this cluster yet"
          : [...table(shown.map(row)), ...next].join("\n"),
    };
  }
}

function summary({ runId, begin, outcome, entries }: KnownRun) {
  const { at, command, argv, startedBy } = begin;
  const done = entries.filter(({ event }) => event === "done").length;
  const failed = entries.findLast((entry) => entry.event === "failed");
  return {
    runId,
    at,
    command,
    argv,
    startedBy,
    outcome,
    done,
    error: failed?.event === "failed" ? (failed.error ?? null) : null,
  };
}

function row(run: KnownRun): readonly string[] {
  const { runId, command, argv, startedBy, outcome, done } = summary(run);
  const words = [command.replaceAll(":", " "), ...argv].join(" ");
  return [runId, outcome, `${done} steps`, startedBy, words];
}

function steps(runs: readonly KnownRun[], runId: string): Outcome {
  const run = runs.find((each) => each.runId === runId);
  if (run === undefined) {
    throw new MfsctlError("usage", `Cannot find the run "${runId}": no journal has it`, {
      hint: "mfsctl history",
    });
  }
  const rows = run.entries.flatMap((entry): readonly (readonly string[])[] => {
    if (entry.event === "phase") return [[entry.at, "", entry.title]];
    if (entry.event === "done") return [[entry.at, entry.host, entry.title]];
    if (entry.event === "failed") {
      return [[entry.at, entry.host, `failed: ${entry.title}: ${entry.error ?? ""}`]];
    }
    return [];
  });
  return {
    result: { ...summary(run), entries: run.entries },
    text: [...table(rows), `Run ${runId} of ${run.begin.startedBy}: ${run.outcome}`].join("\n"),
  };
}
