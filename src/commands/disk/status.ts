// `mfsctl disk status`: how far marked disks are emptied, and whether they are safe to pull.

import { Args } from "@oclif/core";
import { DiskCommand } from "../../cli/removal-command.ts";
import { diskWord } from "../../cli/disk-target.ts";
import { removalLine } from "../../cli/disk-text.ts";
import type { Outcome } from "../../cli/output.ts";
import { exitCodes } from "../../errors.ts";
import type { World } from "../../facts/world.ts";
import {
  markedPaths,
  markedTargets,
  removalReport,
  type RemovalReport,
} from "../../phases/disk/report.ts";
import { targetText, type DiskTarget } from "../../phases/disk/servers.ts";
import { lookAtDisks } from "../../runbooks/disk-wait.ts";

export default class DiskStatus extends DiskCommand<typeof DiskStatus> {
  static override summary =
    "Show how far marked disks are emptied, and whether they are safe to pull";
  static override description =
    "Tells from the cluster's present state, from any machine and days later: draining, verifying, safe, or halted with the reason (exit code 3). Only safe means that every chunk has its copies elsewhere.";
  static override examples = [
    "<%= config.bin %> disk status",
    "<%= config.bin %> disk status cm03:/mnt/hdd",
    "<%= config.bin %> disk status cm03 --json",
  ];
  static override args = {
    disk: Args.string({ description: "HOST:DISK, or HOST for its marked disks; without it all" }),
  };

  protected override async execute(): Promise<Outcome> {
    const { inventory } = await this.loadInventory();
    const word = this.args.disk === undefined ? undefined : diskWord(inventory, this.args.disk);
    const context = this.diskContext(inventory);
    const world = await lookAtDisks(context);
    const targets = word === undefined ? markedTargets(world) : [targetOf(world, word)];
    const removals = targets.map((target) => removalReport(world, target, context.now()));
    const halted = removals.some((removal) => removal.state === "halted");
    return {
      result: { removals },
      text:
        removals.length === 0
          ? "No disk is marked for removal"
          : [...removals.map((each) => removalLine(each)), ...next(targets, removals)].join("\n"),
      ...(halted ? { exitCode: exitCodes.unhealthy } : {}),
    };
  }
}

function targetOf(
  world: World,
  { host, path }: { readonly host: string; readonly path: string | undefined },
): DiskTarget {
  return { host, paths: path === undefined ? markedPaths(world, host) : [path] };
}

/** The last line: what to type. */
function next(targets: readonly DiskTarget[], removals: readonly RemovalReport[]): string[] {
  const [target] = targets;
  const [removal] = removals;
  if (target === undefined || removal === undefined || removals.length > 1) return [];
  const text = targetText(target);
  switch (removal.state) {
    case "safe":
      return [`Next: mfsctl disk remove ${text} --finalize`];
    case "draining":
    case "verifying":
      return [`Next: mfsctl disk remove ${text} --wait`];
    case "halted":
      return ["Next: mfsctl status"];
    case "notMarked":
      return [`Next: mfsctl disk list ${target.host}`];
    case "removed":
      return [`Next: pull the disk ${text} and delete it from the inventory`];
    default:
      return removal.state satisfies never;
  }
}
