// `mfsctl stop`: stops what runs, against the order of dependence.

import { dryRunFlag, ServiceCommand } from "../cli/service-command.ts";
import type { Outcome } from "../cli/output.ts";
import { targetFlags } from "../cli/targets.ts";
import { stopServices } from "../runbooks/services.ts";

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

  protected override execute(): Promise<Outcome> {
    return this.onServices(async ({ selection, look }) => {
      const { mounts } = await look();
      return { runbook: stopServices(selection, mounts) };
    });
  }
}
