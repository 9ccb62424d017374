// `mfsctl check`: is every host fit for the cluster of the inventory? Changes nothing.

import { Args, Flags } from "@oclif/core";
import { preflight } from "../checks/preflight.ts";
import { ignoredChecks } from "../checks/table.ts";
import { ClusterCommand } from "../cli/cluster-command.ts";
import type { Outcome } from "../cli/output.ts";

export default class Check extends ClusterCommand<typeof Check> {
  static override summary = "Check that the hosts are fit for the cluster of the inventory";
  static override description =
    "Looks at every host and probes every port between them; changes nothing. Exit code 3 when a check fails, 5 when a host cannot be reached. docs/checks.md names the checks.";
  static override examples = [
    "<%= config.bin %> check inventory.yaml",
    "<%= config.bin %> check --node cm03",
    "<%= config.bin %> check --ignore-check clock --json",
  ];
  static override args = { file: Args.string({ description: "Inventory file, instead of -i" }) };
  static override flags = {
    node: Flags.string({
      char: "N",
      description: "Tell only of this host; may be repeated",
      multiple: true,
    }),
    "ignore-check": Flags.string({
      description: "Take failures of this check for warnings; may be repeated",
      multiple: true,
      default: [],
    }),
  };

  protected override async execute(): Promise<Outcome> {
    const ignored = ignoredChecks(this.flags["ignore-check"]);
    const { inventory } = await this.loadInventory(this.args.file);
    const { hosts, now, stopping, abort } = this.context(inventory);
    const { node: only } = this.flags;
    const { findings, nodes, exitCode, text } = await preflight(hosts, inventory, {
      now,
      signal: AbortSignal.any([stopping, abort]),
      ignored,
      ...(only === undefined ? {} : { only }),
    });
    return { result: { findings }, text, exitCode, nodes };
  }
}
