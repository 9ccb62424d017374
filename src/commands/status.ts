// `mfsctl status`: the whole cluster at a glance, and an exit code that tells whether it is healthy.

import { Flags } from "@oclif/core";
import { ClusterCommand } from "../cli/cluster-command.ts";
import type { Outcome } from "../cli/output.ts";
import { exitCodes, MfsctlError } from "../errors.ts";
import { judgeStatus } from "../status/judge.ts";
import { statusText } from "../status/text.ts";
import { gatherStatus } from "../status/view.ts";

const clearScreen = "\u001B[2J\u001B[H";

export default class Status extends ClusterCommand<typeof Status> {
  static override summary = "Show whether the cluster is healthy, and what is not";
  static override description =
    "Roles, processes, versions, chunks, disks, the lag of each metalogger and mounts, asked from the hosts and the master. Ends with 0 when all is healthy, with 3 when something is not or cannot be known.";
  static override examples = [
    "<%= config.bin %> status",
    "<%= config.bin %> status --json",
    "<%= config.bin %> status --watch --interval 5",
  ];
  static override flags = {
    watch: Flags.boolean({
      char: "w",
      description: "Show it again and again, until Ctrl-C; ends with the last state's code",
    }),
    interval: Flags.integer({
      description: "Seconds between two looks of --watch",
      default: 2,
      min: 1,
      max: 3600,
    }),
  };

  protected override async execute(): Promise<Outcome> {
    if (this.flags.watch && this.json) {
      throw new MfsctlError(
        "usage",
        "Cannot watch as JSON: a watch prints many states, expected one document",
        { hint: "mfsctl status --json, again and again" },
      );
    }
    const { inventory } = await this.loadInventory();
    const context = this.context(inventory);
    let report = judgeStatus(await gatherStatus(context));
    while (this.flags.watch && !context.stopping.aborted) {
      process.stdout.write(
        `${process.stdout.isTTY ? clearScreen : ""}${new Date().toISOString()}\n${statusText(report)}\n`,
      );
      try {
        await context.sleep(this.flags.interval * 1000, context.stopping);
      } catch {
        break; // only Ctrl-C ends the pause early
      }
      report = judgeStatus(await gatherStatus(context));
    }
    return {
      result: report,
      text: this.flags.watch ? "" : statusText(report),
      exitCode: report.healthy ? 0 : exitCodes.unhealthy,
    };
  }
}
