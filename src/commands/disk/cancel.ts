// `mfsctl disk cancel`: takes the mark of a disk back.

import { Args, Flags } from "@oclif/core";
import { DiskCommand, runOf } from "../../cli/removal-command.ts";
import { diskWord } from "../../cli/disk-target.ts";
import type { Outcome } from "../../cli/output.ts";
import { recapText } from "../../cli/run-text.ts";
import { markedPaths } from "../../phases/disk/report.ts";
import { cancelRemoval } from "../../runbooks/disk.ts";
import { lookAtDisks } from "../../runbooks/disk-wait.ts";

export default class DiskCancel extends DiskCommand<typeof DiskCancel> {
  static override summary = "Take the mark of a disk back, so that it stays in service";
  static override description =
    "Removes the mark from mfshdd.cfg, reloads the chunkserver and sees on the wire that the disk counts again. Copies that were made elsewhere meanwhile are dropped by the cluster itself.";
  static override examples = [
    "<%= config.bin %> disk cancel cm03:/mnt/hdd",
    "<%= config.bin %> disk cancel cm03",
  ];
  static override args = {
    disk: Args.string({
      description: "HOST:DISK, or HOST for all its marked disks",
      required: true,
    }),
  };
  static override flags = {
    "dry-run": Flags.boolean({
      char: "n",
      description: "Print the very actions and change nothing",
    }),
  };

  protected override async execute(): Promise<Outcome> {
    const { inventory, file } = await this.loadInventory();
    const { host, path } = diskWord(inventory, this.args.disk);
    const context = this.diskContext(inventory);
    const paths = path === undefined ? markedPaths(await lookAtDisks(context), host) : [path];
    const runbook = cancelRemoval({ host, paths });
    if (this.flags["dry-run"]) return await this.plan(runbook, context);
    const report = await this.change(runbook, { context, inventory, file, needs: [host] });
    return {
      result: { changes: report.changes, host, paths },
      text: recapText(report, `mfsctl disk list ${host}`),
      ...runOf(report),
    };
  }
}
