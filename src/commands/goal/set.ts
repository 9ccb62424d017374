// `mfsctl goal set`: how many copies the files of a folder shall have. Field guide: "设置文件备份数".

import { Args, Flags } from "@oclif/core";
import { countOthers, withMaster } from "../../cli/goals.ts";
import type { Outcome } from "../../cli/output.ts";
import { dryRunFlag, ServiceCommand } from "../../cli/service-command.ts";
import { exitCodes } from "../../errors.ts";
import { setGoalOf } from "../../runbooks/goal.ts";
import { getGoal } from "../../wire/goal.ts";

export default class GoalSet extends ServiceCommand<typeof GoalSet> {
  static override summary = "Set the number of copies of a file or folder";
  static override description =
    "Files get their copies, or lose those beyond, in the background; mfsctl status --watch shows it. The path is the cluster's own: / is its root. A goal that the inventory's mounts name is set again by the next deploy.";
  static override examples = [
    "<%= config.bin %> goal set /projects 3 --recursive",
    "<%= config.bin %> goal set /scratch 1",
  ];
  static override args = {
    path: Args.string({ description: "Path within the cluster", required: true }),
    goal: Args.integer({ description: "Copies", required: true, min: 1, max: 9 }),
  };
  static override flags = {
    ...dryRunFlag,
    recursive: Flags.boolean({ char: "r", description: "Also everything that is below now" }),
  };

  protected override async execute(): Promise<Outcome> {
    const { inventory, file } = await this.loadInventory();
    const { path, goal } = this.args;
    const { recursive } = this.flags;
    const context = { ...this.context(inventory), goalsOf: [] };
    const use = await withMaster(context, path, (client) => getGoal(client, path, recursive));
    const others = countOthers(use, goal);
    if (others > 0) {
      this.note(`The master changes ${others} files and folders; large trees take minutes`);
    }
    const outcome = await this.carryOut(
      {
        runbook: setGoalOf({ path, goal, recursive, needed: others > 0 }),
        intent: this.intent(inventory, file),
        tolerates: (world) =>
          new Set(
            Object.keys(world.inventory.hosts).filter((name) => name !== world.mastership.host),
          ),
        dryRun: this.flags["dry-run"],
      },
      context,
    );
    if (this.flags["dry-run"] || others === 0) return outcome;
    const after = await withMaster(context, path, (client) => getGoal(client, path, recursive));
    const left = countOthers(after, goal);
    const changed = { path, goal, changed: others - left, notChanged: left };
    return {
      ...outcome,
      result: changed,
      text:
        left === 0
          ? `Set goal ${goal} on ${others} files and folders of ${path}\nNext: mfsctl status --watch shows the copies being made`
          : `Set goal ${goal} on ${others - left} files and folders of ${path}; ${left} have another goal still\nNext: mfsctl goal get ${path} --recursive`,
      exitCode: left === 0 ? 0 : exitCodes.checkFailed,
    };
  }
}
