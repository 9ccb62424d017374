// `mfsctl validate`: everything that can be known about an inventory without touching a host.

import { Args } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.ts";
import type { Outcome } from "../cli/output.ts";
import { daemonLineChecks } from "../inventory/daemon-lines.ts";
import { loadInventory } from "../inventory/load.ts";
import { summarize } from "../inventory/summary.ts";

export default class Validate extends BaseCommand<typeof Validate> {
  static override summary = "Check the inventory without touching a host";
  static override examples = [
    "<%= config.bin %> validate",
    "<%= config.bin %> validate inventory.yaml --json",
  ];
  static override args = {
    file: Args.string({ description: "Inventory file; takes the place of --inventory" }),
  };

  protected override async execute(): Promise<Outcome> {
    const file = this.args.file ?? this.flags.inventory;
    const summary = summarize(await loadInventory(file, daemonLineChecks));
    return { result: { file, ...summary.counts }, text: summary.text };
  }
}
