// `mfsctl goal get`: how many copies the files of a folder have.

import { Args, Flags } from "@oclif/core";
import { ClusterCommand } from "../../cli/cluster-command.ts";
import { goalLines, withMaster } from "../../cli/goals.ts";
import type { Outcome } from "../../cli/output.ts";
import { getGoal } from "../../wire/goal.ts";

export default class GoalGet extends ClusterCommand<typeof GoalGet> {
  static override summary = "Show the number of copies of a file or folder";
  static override description =
    "The path is the cluster's own: / is its root, whatever the mounts are called. Asked from the master; no mount is needed.";
  static override examples = [
    "<%= config.bin %> goal get /",
    "<%= config.bin %> goal get /projects --recursive --json",
  ];
  static override args = {
    path: Args.string({ description: "Path within the cluster", required: true }),
  };
  static override flags = {
    recursive: Flags.boolean({ char: "r", description: "Count everything below, by goal" }),
  };

  protected override async execute(): Promise<Outcome> {
    const { inventory } = await this.loadInventory();
    const context = this.context(inventory);
    const { path } = this.args;
    const use = await withMaster(context, path, (client) =>
      getGoal(client, path, this.flags.recursive),
    );
    return { result: { path, ...use }, text: goalLines(path, use).join("\n") };
  }
}
