// `mfsctl restart`: restarts what was chosen, in the order of dependence.

import { dryRunFlag, ServiceCommand } from "../cli/service-command.ts";
import type { Outcome } from "../cli/output.ts";
import { sinceFlag, sinceMs } from "../cli/since.ts";
import { selectionOf, targetFlags } from "../cli/targets.ts";
import { restartServices } from "../runbooks/services.ts";
import { observe } from "../runner/plan.ts";

export default class Restart extends ServiceCommand<typeof Restart> {
  static override summary = "Restart services, in the order of dependence";
  static override description =
    "Chunkservers go one at a time, and the next one waits until every chunk has a copy again. Mounts that somebody uses are refused with the names of their users. Mostly a reload is enough: see mfsctl reload.";
  static override examples = [
    "<%= config.bin %> restart --role chunkserver",
    "<%= config.bin %> restart --node meta02",
  ];
  static override flags = { ...targetFlags, ...dryRunFlag, ...sinceFlag };

  protected override async execute(): Promise<Outcome> {
    const { inventory, file } = await this.loadInventory();
    const selection = selectionOf(inventory, this.flags);
    const context = { ...this.context(inventory), goalsOf: [] };
    const tolerates = this.notConcerned(selection);
    const world = await observe(context, tolerates);
    const mounts = await this.mountsOf(world, this.chosenMounts(world, selection), context);
    return await this.carryOut(
      {
        runbook: restartServices(selection, mounts, { sinceMs: sinceMs(this.flags.since) }),
        intent: this.intent(inventory, file),
        tolerates,
        dryRun: this.flags["dry-run"],
      },
      context,
    );
  }
}
