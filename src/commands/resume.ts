// `mfsctl resume`: goes on with a run that did not come to its end, begun here or on another machine.

import { Args } from "@oclif/core";
import { ClusterCommand } from "../cli/cluster-command.ts";
import type { Outcome } from "../cli/output.ts";
import { MfsctlError } from "../errors.ts";
import { readHistory, runToResume, wordsToResume, type KnownRun } from "../runner/history.ts";

export default class Resume extends ClusterCommand<typeof Resume> {
  static override summary = "Go on with a run that did not come to its end";
  static override description =
    "Runs the same command with the same words again, on this machine's inventory. Plans come from what the hosts are now, so a step whose end is already true is not done again. Without a name: the newest run that failed, was interrupted or was cut off, as the journals here and on the metadata hosts tell.";
  static override examples = [
    "<%= config.bin %> resume",
    "<%= config.bin %> resume 20261122T130501-k3xq",
  ];
  static override args = { run: Args.string({ description: "The run's name, from history" }) };

  protected override async execute(): Promise<Outcome | undefined> {
    const { inventory, file } = await this.loadInventory();
    const { runs, notAsked } = await readHistory(this.context(inventory), 200);
    const run = this.args.run === undefined ? newest(runs, notAsked) : named(runs, this.args.run);
    if (run === undefined) {
      return {
        result: { resumed: null },
        text: "Nothing to resume: the last runs came to their end",
      };
    }
    const words = wordsToResume(run, file);
    const said = [run.begin.command.replaceAll(":", " "), ...words].join(" ");
    this.note(`Resuming run ${run.runId} of ${run.begin.startedBy}: mfsctl ${said}`);
    await this.config.runCommand(run.begin.command, [...this.#form(), ...words]);
    return undefined;
  }

  /** How this command was asked to print is how the other one prints. */
  #form(): readonly string[] {
    return [
      ...(this.json ? ["--json"] : []),
      ...(this.flags.output === "plain" ? ["--output", "plain"] : []),
      ...(this.flags.quiet ? ["--quiet"] : []),
      ...(this.flags.verbose ? ["--verbose"] : []),
    ];
  }
}

function newest(runs: readonly KnownRun[], notAsked: readonly string[]): KnownRun | undefined {
  const run = runToResume(runs);
  if (run !== undefined || notAsked.length === 0) return run;
  throw new MfsctlError(
    "unreachable",
    `Cannot tell what to resume: ${notAsked.join(", ")} could not be asked, and no other journal knows a broken run`,
    { hint: "mfsctl history" },
  );
}

function named(runs: readonly KnownRun[], runId: string): KnownRun {
  const run = runs.find((each) => each.runId === runId);
  if (run === undefined) {
    throw new MfsctlError("usage", `Cannot find the run "${runId}": no journal has it`, {
      hint: "mfsctl history",
    });
  }
  if (run.outcome === "running") {
    throw new MfsctlError("locked", `Cannot resume the run "${runId}": it still runs`, {
      hint: "mfsctl lock status",
    });
  }
  return run;
}
