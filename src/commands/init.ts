// `mfsctl init`: writes an annotated inventory to begin with.

import { Args } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.ts";
import type { Outcome } from "../cli/output.ts";
import { writeExample } from "../inventory/example.ts";

export default class Init extends BaseCommand<typeof Init> {
  static override summary = "Write an annotated inventory to begin with";
  static override examples = ["<%= config.bin %> init", "<%= config.bin %> init prod.yaml"];
  static override args = {
    file: Args.string({ description: "File to write; takes the place of --inventory" }),
  };

  protected override async execute(): Promise<Outcome> {
    const file = this.args.file ?? this.flags.inventory;
    await writeExample(file);
    const text = `Wrote ${file}. Next: edit it, then run 'mfsctl validate ${file}'`;
    return { result: { file }, text };
  }
}
