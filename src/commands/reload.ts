// `mfsctl reload`: daemons read their files again.

import { dryRunFlag, ServiceCommand } from "../cli/service-command.ts";
import type { Outcome } from "../cli/output.ts";
import { sinceFlag, sinceMs } from "../cli/since.ts";
import { targetFlags } from "../cli/targets.ts";
import { MfsctlError } from "../errors.ts";
import { reloadServices } from "../runbooks/services.ts";

export default class Reload extends ServiceCommand<typeof Reload> {
  static override summary = "Let daemons read their files again, without a restart";
  static override description =
    "Master, metaloggers and chunkservers, each by its own reload. A daemon is restarted only where a key has changed that it reads at its start; the step names the key. Files with wrong lines are refused before anything is reloaded. To bring changes of the inventory to the hosts, use mfsctl deploy: it reloads by itself.";
  static override examples = [
    "<%= config.bin %> reload --role chunkserver --node cm03",
    "<%= config.bin %> reload --dry-run",
  ];
  static override flags = { ...targetFlags, ...dryRunFlag, ...sinceFlag };

  protected override async execute(): Promise<Outcome> {
    const without = this.flags.role.find((role) => role === "client" || role === "monitor");
    if (without !== undefined) {
      throw new MfsctlError(
        "usage",
        `Cannot reload role "${without}": it reads nothing again, expected master, metalogger or chunkserver`,
        { hint: `mfsctl restart --role ${without}` },
      );
    }
    const since = sinceMs(this.flags.since);
    return await this.onServices(({ selection }) =>
      Promise.resolve({ runbook: reloadServices(selection, { sinceMs: since }) }),
    );
  }
}
