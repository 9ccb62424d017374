// `mfsctl restart`: restarts what was chosen, in the order of dependence.

import { dryRunFlag, ServiceCommand } from "../cli/service-command.ts";
import type { Outcome } from "../cli/output.ts";
import { sinceFlag, sinceMs } from "../cli/since.ts";
import { targetFlags } from "../cli/targets.ts";
import { restartServices } from "../runbooks/services.ts";

export default class Restart extends ServiceCommand<typeof Restart> {
  static override summary = "Restart services, in the order of dependence";
  static override description =
    "Chunkservers go one at a time, and the next one waits until every chunk has a copy again. Mounts that somebody uses are refused with the names of their users. Mostly a reload is enough: see mfsctl reload.";
  static override examples = [
    "<%= config.bin %> restart --role chunkserver",
    "<%= config.bin %> restart --node meta02",
  ];
  static override flags = { ...targetFlags, ...dryRunFlag, ...sinceFlag };

  protected override execute(): Promise<Outcome> {
    const since = sinceMs(this.flags.since);
    return this.onServices(async ({ selection, look }) => {
      const { mounts } = await look();
      return { runbook: restartServices(selection, mounts, { sinceMs: since }) };
    });
  }
}
