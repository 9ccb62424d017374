// `mfsctl stop`: stops what runs, against the order of dependence.

import { dryRunFlag, ServiceCommand } from "../cli/service-command.ts";
import type { Outcome } from "../cli/output.ts";
import { selectionOf, targetFlags } from "../cli/targets.ts";
import { stopServices } from "../runbooks/services.ts";
import { observe } from "../runner/plan.ts";

export default class Stop extends ServiceCommand<typeof Stop> {
  static override summary = "Stop what runs, mounts first and the master last";
  static override description =
    "A mount that somebody uses is not stopped: its users are named and nothing is done. The stop of the master waits until it has stored its image. Units stay enabled, so a boot starts them again.";
  static override examples = [
    "<%= config.bin %> stop --role chunkserver --node cm03",
    "<%= config.bin %> stop --dry-run",
    "<%= config.bin %> stop",
  ];
  static override flags = { ...targetFlags, ...dryRunFlag };

  protected override async execute(): Promise<Outcome> {
    const { inventory, file } = await this.loadInventory();
    const selection = selectionOf(inventory, this.flags);
    const context = { ...this.context(inventory), goalsOf: [] };
    const tolerates = this.notConcerned(selection);
    const world = await observe(context, tolerates);
    const mounts = await this.mountsOf(world, this.chosenMounts(world, selection), context);
    return await this.carryOut(
      {
        runbook: stopServices(selection, mounts),
        intent: this.intent(inventory, file),
        tolerates,
        dryRun: this.flags["dry-run"],
      },
      context,
    );
  }
}
