// `mfsctl disk add`: puts a disk of the inventory into service.

import { Args, Flags } from "@oclif/core";
import { DiskCommand, runOf } from "../../cli/removal-command.ts";
import { oneDisk } from "../../cli/disk-target.ts";
import type { Outcome } from "../../cli/output.ts";
import { recapText } from "../../cli/run-text.ts";
import { addToService } from "../../runbooks/disk.ts";

export default class DiskAdd extends DiskCommand<typeof DiskAdd> {
  static override summary = "Put a disk that the inventory names into service";
  static override description =
    "Prepares the folder, adds the entry to mfshdd.cfg, reloads the chunkserver and sees on the wire that the disk is used. Also brings back a disk that was taken out; a disk that must be a mount point is refused while nothing is mounted.";
  static override examples = [
    "<%= config.bin %> disk add cm03:/mnt/hde",
    "<%= config.bin %> disk add cm03:/mnt/hde --dry-run",
  ];
  static override args = {
    disk: Args.string({ description: "HOST:DISK", required: true }),
  };
  static override flags = {
    "dry-run": Flags.boolean({
      char: "n",
      description: "Print the very actions and change nothing",
    }),
  };

  protected override async execute(): Promise<Outcome> {
    const { inventory, file } = await this.loadInventory();
    const target = oneDisk(inventory, this.args.disk);
    const context = this.diskContext(inventory);
    const runbook = addToService(target);
    if (this.flags["dry-run"]) return await this.plan(runbook, context);
    const report = await this.change(runbook, { context, inventory, file, needs: [target.host] });
    return {
      result: { changes: report.changes, host: target.host, paths: target.paths },
      text: recapText(report, `mfsctl disk list ${target.host}`),
      ...runOf(report),
    };
  }
}
