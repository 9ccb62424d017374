// `mfsctl client mount`: mounts what the inventory names.

import { Args, Flags } from "@oclif/core";
import { mountTargets } from "../../cli/mount-targets.ts";
import type { Outcome } from "../../cli/output.ts";
import { dryRunFlag, ServiceCommand } from "../../cli/service-command.ts";
import { nodeFlag, selectHosts } from "../../cli/targets.ts";
import { mountClients } from "../../runbooks/client.ts";
import { observe } from "../../runner/plan.ts";

export default class ClientMount extends ServiceCommand<typeof ClientMount> {
  static override summary = "Mount the cluster on clients, and repair mounts that are broken";
  static override description =
    'Makes the mount point, starts the mount\'s unit and waits until the master sees it. A mount that answers "Transport endpoint is not connected", or one made by hand that is in the way ("already mounted"), is taken away first; one that somebody uses only with --lazy.';
  static override examples = [
    "<%= config.bin %> client mount cm01:/home/work/share",
    "<%= config.bin %> client mount --node 'web*'",
  ];
  static override args = {
    target: Args.string({ description: "HOST:PATH or HOST; all mounts without it" }),
  };
  static override flags = {
    ...nodeFlag,
    ...dryRunFlag,
    lazy: Flags.boolean({
      description: "Take away a mount made by hand although somebody uses it",
    }),
  };

  protected override async execute(): Promise<Outcome> {
    const { inventory, file } = await this.loadInventory();
    const hosts = selectHosts(inventory, this.flags.node);
    const targets = mountTargets(inventory, this.args.target, hosts);
    const context = { ...this.context(inventory), goalsOf: [] };
    const tolerates = this.notConcerned({
      hosts: new Set(targets.map(({ host }) => host)),
      roles: new Set(["client"]),
    });
    const { looks } = await this.mountsOf(await observe(context, tolerates), targets, context);
    return await this.carryOut(
      {
        runbook: mountClients(targets, { looks, lazy: this.flags.lazy }),
        intent: this.intent(inventory, file),
        tolerates,
        dryRun: this.flags["dry-run"],
      },
      context,
    );
  }
}
