// `mfsctl node remove`: a chunkserver leaves the cluster for good.

import { Args, Flags } from "@oclif/core";
import { chunkserverHost } from "../../cli/disk-target.ts";
import { removalLine } from "../../cli/disk-text.ts";
import type { Outcome } from "../../cli/output.ts";
import { RemovalCommand, removalFlags, runOf } from "../../cli/removal-command.ts";
import { everyDisk } from "../../phases/disk/leaving.ts";
import { lookAtDisks } from "../../runbooks/disk-wait.ts";
import { emptyNode, removeNode } from "../../runbooks/node.ts";

export default class NodeRemove extends RemovalCommand<typeof NodeRemove> {
  static override summary = "Empty a chunkserver and take it out of the cluster";
  static override description =
    "The nine steps of the field guide: marks all its disks and returns (or waits with --wait, without a lock); --finalize stops it, deletes its entries, pauses for the hands that power off, pull and power on, and makes the master forget it.";
  static override examples = [
    "<%= config.bin %> node remove cm03",
    "<%= config.bin %> node remove cm03 --wait=6h",
    "<%= config.bin %> node remove cm03 --finalize",
    "<%= config.bin %> node remove cm03 --finalize --gone",
  ];
  static override args = {
    node: Args.string({ description: "The chunkserver's host", required: true }),
  };
  static override flags = {
    ...removalFlags,
    gone: Flags.boolean({
      description: "The machine does not come back: do not wait until it was powered on again",
      dependsOn: ["finalize"],
    }),
  };

  protected override async execute(): Promise<Outcome> {
    const { inventory, file } = await this.loadInventory();
    const host = chunkserverHost(inventory, this.args.node);
    const world = await lookAtDisks(this.diskContext(inventory));
    const { outcome, report, removal } = await this.remove(
      {
        target: everyDisk(host).of(world),
        begin: emptyNode(host),
        finish: removeNode(host, this.flags.gone),
        beginNeeds: [host],
        finishNeeds: [],
      },
      { inventory, file, again: `mfsctl node remove ${host}` },
    );
    if (outcome !== undefined) return outcome;
    const left = this.flags.finalize;
    const next =
      removal.state === "safe"
        ? `mfsctl node remove ${host} --finalize`
        : `mfsctl disk status ${host}`;
    return {
      result: { changes: report?.changes ?? 0, host, left, removal },
      text: left
        ? `${host} is no longer a chunkserver of the cluster\nNext: delete its role, disks and labels from the inventory`
        : `${removalLine(removal)}\nNext: ${next}`,
      ...runOf(report),
    };
  }
}
