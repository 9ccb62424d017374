// `mfsctl destroy`: takes the cluster off its hosts.

import { Flags } from "@oclif/core";
import { dryRunFlag, ServiceCommand } from "../cli/service-command.ts";
import type { Outcome } from "../cli/output.ts";
import { selectionOf } from "../cli/targets.ts";
import { destroy } from "../runbooks/destroy.ts";
import { observe } from "../runner/plan.ts";

export default class Destroy extends ServiceCommand<typeof Destroy> {
  static override summary = "Take the cluster off its hosts; data stays unless asked for";
  static override description =
    "Unmounts, stops and disables everything and removes what mfsctl wrote. Metadata and chunks stay, so that a later deploy brings the cluster back; with --remove-data they are gone for good: chunks on the disks that the inventory names, and the folder of state on each host. Packages, the user and the history in /var/lib/mfsctl stay.";
  static override examples = [
    "<%= config.bin %> destroy --dry-run",
    "<%= config.bin %> destroy --confirm prod",
    "<%= config.bin %> destroy --confirm prod --remove-data",
  ];
  static override flags = {
    ...dryRunFlag,
    confirm: Flags.string({ description: "The cluster's name", helpValue: "CLUSTER" }),
    "remove-data": Flags.boolean({ description: "Also remove all metadata and all chunks" }),
  };

  protected override async execute(): Promise<Outcome> {
    const { inventory, file } = await this.loadInventory();
    const { cluster } = inventory;
    const removeData = this.flags["remove-data"];
    const words = `mfsctl destroy --confirm ${cluster}${removeData ? " --remove-data" : ""}`;
    this.refuseWithout(
      this.flags["dry-run"] || this.flags.confirm === cluster,
      this.flags.confirm === undefined
        ? `destroying "${cluster}" was not confirmed`
        : `"${this.flags.confirm}" is not the cluster of this inventory`,
      words,
    );
    const everything = selectionOf(inventory, { node: [] });
    const context = { ...this.context(inventory), goalsOf: [] };
    const world = await observe(context);
    const mounts = await this.mountsOf(world, this.chosenMounts(world, everything), context);
    const outcome = await this.carryOut(
      {
        runbook: destroy(everything, mounts, { removeData }),
        intent: this.intent(inventory, file),
        dryRun: this.flags["dry-run"],
      },
      context,
    );
    if (this.flags["dry-run"] || outcome.runId === undefined) return outcome;
    const kept = removeData
      ? "Packages, the user and the history in /var/lib/mfsctl are left"
      : "All metadata and chunks are left; so are packages, the user and the history";
    return {
      ...outcome,
      text: `${kept}\nDestroyed ${cluster}\nNext: mfsctl deploy builds it again`,
    };
  }
}
