// `mfsctl start`: starts what does not run.

import { Flags } from "@oclif/core";
import { dryRunFlag, ServiceCommand } from "../cli/service-command.ts";
import type { Outcome } from "../cli/output.ts";
import { targetFlags } from "../cli/targets.ts";
import { MfsctlError } from "../errors.ts";
import { startServices } from "../runbooks/services.ts";

export default class Start extends ServiceCommand<typeof Start> {
  static override summary = "Start what does not run, in the order of dependence";
  static override description =
    "Master, metaloggers, chunkservers, monitor, then mounts; each is waited for by talking to it. What runs is left alone. A master asks the other metadata hosts before it starts; --alone starts it without an answer, once.";
  static override examples = [
    "<%= config.bin %> start",
    "<%= config.bin %> start --role chunkserver --node 'cm0*'",
    '<%= config.bin %> start --role master --alone "meta02 and meta03 burnt down"',
  ];
  static override flags = {
    ...targetFlags,
    ...dryRunFlag,
    alone: Flags.string({
      description:
        "Start the master although no other metadata host can be asked; the reason is kept in its journal",
      helpValue: "REASON",
    }),
  };

  protected override async execute(): Promise<Outcome> {
    const { alone } = this.flags;
    if (alone !== undefined && !(this.flags.role.length === 1 && this.flags.role[0] === "master")) {
      throw new MfsctlError(
        "usage",
        "Cannot start alone: --alone is for the master, expected --role master and no other",
        { hint: "mfsctl start --role master --alone REASON" },
      );
    }
    return await this.onServices(async ({ selection, look }) => {
      const { world, mounts } = await look();
      const runbook = startServices(selection, mounts, { aloneBecause: alone });
      return alone === undefined
        ? { runbook }
        : { runbook, needs: { target: world.mastership.host } };
    });
  }
}
