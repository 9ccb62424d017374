// `mfsctl client status`: how each mount stands, and who uses it.

import { mountArgs, mountTargets } from "../../cli/mount-targets.ts";
import type { Outcome } from "../../cli/output.ts";
import { ServiceCommand } from "../../cli/service-command.ts";
import { nodeFlag, selectHosts } from "../../cli/targets.ts";
import { exitCodes } from "../../errors.ts";
import { mountReport, mountReportText } from "../../status/mounts.ts";
import { gatherStatus } from "../../status/view.ts";

export default class ClientStatus extends ServiceCommand<typeof ClientStatus> {
  static override summary = "Show how each mount stands, and which processes use it";
  static override description =
    "Ends with 0 when each mount answers and the master has its session, with 3 otherwise; a host that cannot be reached is unknown, and so not well.";
  static override examples = [
    "<%= config.bin %> client status",
    "<%= config.bin %> client status cm01:/home/work/share --json",
  ];
  static override args = mountArgs;
  static override flags = { ...nodeFlag };

  protected override async execute(): Promise<Outcome> {
    const { inventory } = await this.loadInventory();
    const hosts = selectHosts(inventory, this.flags.node);
    const targets = mountTargets(inventory, this.args.target, hosts);
    const view = await gatherStatus(this.context(inventory));
    const report = mountReport(view, targets);
    return {
      result: report,
      text: mountReportText(report),
      exitCode: report.healthy ? 0 : exitCodes.unhealthy,
    };
  }
}
