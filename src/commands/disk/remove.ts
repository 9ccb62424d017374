// `mfsctl disk remove`: marks a disk, waits without a lock if asked, and takes it out when it is safe.

import { Args } from "@oclif/core";
import { RemovalCommand, removalFlags, runOf } from "../../cli/removal-command.ts";
import { oneDisk } from "../../cli/disk-target.ts";
import { removalLine } from "../../cli/disk-text.ts";
import type { Outcome } from "../../cli/output.ts";
import type { RemovalReport } from "../../phases/disk/report.ts";
import { finalizeRemoval, markForRemoval } from "../../runbooks/disk.ts";

export default class DiskRemove extends RemovalCommand<typeof DiskRemove> {
  static override summary = "Empty a disk, and take it out once every copy is elsewhere";
  static override description =
    "Checks that the copies have room elsewhere, marks the disk, reloads the chunkserver and returns; the cluster then empties it. No lock is held meanwhile: disk status tells from any machine how far it is, --wait waits, --finalize takes the disk out once it is safe.";
  static override examples = [
    "<%= config.bin %> disk remove cm03:/mnt/hdd",
    "<%= config.bin %> disk remove cm03:/mnt/hdd --wait=2h",
    "<%= config.bin %> disk remove cm03:/mnt/hdd --finalize",
    "<%= config.bin %> disk remove cm03:/mnt/hdd --wait --finalize",
  ];
  static override args = {
    disk: Args.string({ description: "HOST:DISK", required: true }),
  };
  static override flags = removalFlags;

  protected override async execute(): Promise<Outcome> {
    const { inventory, file } = await this.loadInventory();
    const target = oneDisk(inventory, this.args.disk);
    const text = `${target.host}:${target.paths[0]}`;
    const { outcome, report, removal } = await this.remove(
      {
        target,
        begin: markForRemoval(target),
        finish: finalizeRemoval(target),
        beginNeeds: [target.host],
        finishNeeds: [target.host],
      },
      { inventory, file, again: `mfsctl disk remove ${text}` },
    );
    if (outcome !== undefined) return outcome;
    return {
      result: { changes: report?.changes ?? 0, removal },
      text: endText(removal, text),
      ...runOf(report),
    };
  }
}

function endText(removal: RemovalReport, disk: string): string {
  const line = removalLine(removal);
  if (removal.state === "removed") {
    return `${line}\nPause: pull the disk ${disk}\nNext: delete ${disk} from the inventory; mfsctl disk add ${disk} takes it back`;
  }
  const next =
    removal.state === "safe"
      ? `mfsctl disk remove ${disk} --finalize`
      : `mfsctl disk status ${disk}`;
  return `${line}\nNext: ${next}`;
}
