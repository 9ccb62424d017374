// `mfsctl plan`: what deploy would do.

import { Args, Flags } from "@oclif/core";
import { ignoredChecks } from "../checks/table.ts";
import { ClusterCommand } from "../cli/cluster-command.ts";
import type { Outcome } from "../cli/output.ts";
import { planText } from "../cli/run-text.ts";
import { exitCodes } from "../errors.ts";
import { deploy, deployContext } from "../runbooks/deploy.ts";
import { checkGatesAhead, notesOf, observe, planAll } from "../runner/plan.ts";
import { savePlan } from "../runner/saved-plan.ts";

export default class Plan extends ClusterCommand<typeof Plan> {
  static override summary =
    "Show what deploy would do, action by action, with the difference of each file";
  static override description =
    "Changes nothing. A plan saved with -o is applied by mfsctl deploy --plan FILE, which stops where the cluster has changed since. With --detailed-exitcode it ends with 20 when changes are pending.";
  static override examples = [
    "<%= config.bin %> plan inventory.yaml",
    "<%= config.bin %> plan -o plan.json --detailed-exitcode",
  ];
  static override args = { file: Args.string({ description: "Inventory file, instead of -i" }) };
  static override flags = {
    save: Flags.string({ char: "o", description: "Also write the plan to this file" }),
    "detailed-exitcode": Flags.boolean({ description: "End with 20 when changes are pending" }),
    overwrite: Flags.string({
      description: "Replace this file although it was edited by hand; may be repeated",
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
    "ignore-check": Flags.string({
      description: "Accept that this check fails; may be repeated",
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
  };

  protected override async execute(): Promise<Outcome> {
    const { inventory } = await this.loadInventory(this.args.file);
    const { overwrite, save } = this.flags;
    const options = { overwrite, ignoreCheck: this.flags["ignore-check"] };
    const runbook = deploy({
      overwrite: new Set(overwrite),
      ignoredChecks: ignoredChecks(options.ignoreCheck),
    });
    const world = await observe(deployContext(this.context(inventory)));
    checkGatesAhead(runbook.phases, world);
    const steps = planAll(runbook, world);
    if (save !== undefined) {
      const madeAt = new Date().toISOString();
      await savePlan(save, { cluster: inventory.cluster, madeAt, options, steps });
    }
    const pending = steps.length > 0 && this.flags["detailed-exitcode"];
    const next = save === undefined ? "mfsctl deploy" : `mfsctl deploy --plan ${save}`;
    return {
      result: { steps, saved: save ?? null },
      text: `${planText(steps, notesOf(runbook, world))}${steps.length === 0 ? "" : `\nNext: ${next}`}`,
      exitCode: pending ? exitCodes.changesPending : 0,
    };
  }
}
