// `mfsctl deploy`: makes the hosts what the inventory says.

import { Args, Flags } from "@oclif/core";
import { refuseFailed } from "../checks/before-deploy.ts";
import { reachFindings } from "../checks/reach.ts";
import { ignoredChecks, ignoring } from "../checks/table.ts";
import { ClusterCommand } from "../cli/cluster-command.ts";
import type { Outcome } from "../cli/output.ts";
import { planText, recapText } from "../cli/run-text.ts";
import type { World } from "../facts/world.ts";
import type { Hosts } from "../host/host.ts";
import { deploy, deployContext } from "../runbooks/deploy.ts";
import { checkGatesAhead, notesOf, observe, planAll } from "../runner/plan.ts";
import { runRunbook } from "../runner/run.ts";
import { loadPlan, refuseDrift } from "../runner/saved-plan.ts";

/** Channels opened to each host: what a deploy costs where round trips are long. */
async function roundTrips(hosts: Hosts, world: World): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const name of world.facts.keys()) counts[name] = (await hosts.host(name)).roundTrips ?? 0;
  return counts;
}

export default class Deploy extends ClusterCommand<typeof Deploy> {
  static override summary = "Install, configure and start the cluster that the inventory describes";
  static override description =
    "Converges every host: packages, user, limits, fuse, configuration, data folders, daemons in order, mounts and goals. A second run changes nothing.";
  static override examples = [
    "<%= config.bin %> deploy inventory.yaml",
    "<%= config.bin %> deploy --dry-run",
    "<%= config.bin %> deploy --plan plan.json",
    "<%= config.bin %> deploy --overwrite /home/work/local/mfs/etc/mfs/mfsexports.cfg",
  ];
  static override args = { file: Args.string({ description: "Inventory file, instead of -i" }) };
  static override flags = {
    "dry-run": Flags.boolean({
      char: "n",
      description: "Print the very actions and change nothing",
    }),
    plan: Flags.string({
      description: "Apply this plan of mfsctl plan -o, or stop where something has changed since",
      exclusive: ["dry-run"],
    }),
    overwrite: Flags.string({
      description: "Replace this file although it was edited by hand; may be repeated",
      multiple: true,
      default: [],
    }),
    "ignore-check": Flags.string({
      description: "Accept that this check fails; may be repeated",
      multiple: true,
      default: [],
    }),
  };

  protected override async execute(): Promise<Outcome> {
    const { inventory, file } = await this.loadInventory(this.args.file);
    const ignored = ignoredChecks(this.flags["ignore-check"]);
    const runbook = deploy({ overwrite: new Set(this.flags.overwrite), ignoredChecks: ignored });
    const context = deployContext(this.context(inventory));
    if (this.flags["dry-run"]) {
      const world = await observe(context);
      checkGatesAhead(runbook.phases, world);
      const steps = planAll(runbook, world);
      return { result: { steps }, text: planText(steps, notesOf(runbook, world)) };
    }
    const saved = this.flags.plan === undefined ? undefined : await loadPlan(this.flags.plan);
    const chosen = { overwrite: this.flags.overwrite, ignoreCheck: this.flags["ignore-check"] };
    const report = await runRunbook(
      {
        runbook,
        intent: this.intent(inventory, file),
        beforeChanges: async (world) => {
          if (saved !== undefined) {
            const steps = planAll(runbook, world);
            refuseDrift(saved, { cluster: inventory.cluster, options: chosen, steps });
          }
          const options = { signal: context.abort };
          refuseFailed(ignoring(await reachFindings(context.hosts, world, options), ignored));
        },
      },
      context,
    );
    return {
      result: {
        changes: report.changes,
        master: report.world.mastership.host,
        roundTrips: await roundTrips(context.hosts, report.world),
      },
      text: recapText(report, "mfsctl status"),
      nodes: report.nodes,
      ...(report.runId === null ? {} : { runId: report.runId }),
    };
  }
}
