// `mfsctl client umount`: takes mounts away, never under anybody's feet.

import { Args, Flags } from "@oclif/core";
import { mountTargets } from "../../cli/mount-targets.ts";
import type { Outcome } from "../../cli/output.ts";
import { dryRunFlag, ServiceCommand } from "../../cli/service-command.ts";
import { nodeFlag, selectHosts } from "../../cli/targets.ts";
import { umountClients } from "../../runbooks/client.ts";
import { observe } from "../../runner/plan.ts";

export default class ClientUmount extends ServiceCommand<typeof ClientUmount> {
  static override summary = "Unmount the cluster on clients; a busy mount shows who uses it";
  static override description =
    "A busy mount is left alone and its users are named (exit code 7). --lazy takes it out of the tree at once; who has files open keeps them until the end. Units stay enabled, so a boot mounts again.";
  static override examples = [
    "<%= config.bin %> client umount cm01:/home/work/share",
    "<%= config.bin %> client umount cm01 --lazy",
  ];
  static override args = {
    target: Args.string({ description: "HOST:PATH or HOST; all mounts without it" }),
  };
  static override flags = {
    ...nodeFlag,
    ...dryRunFlag,
    lazy: Flags.boolean({
      description: "Unmount although somebody uses it; open files work on until they are closed",
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
        runbook: umountClients(targets, { looks, lazy: this.flags.lazy }),
        intent: this.intent(inventory, file),
        tolerates,
        dryRun: this.flags["dry-run"],
      },
      context,
    );
  }
}
