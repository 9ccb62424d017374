// `mfsctl version`: what runs here, for bug reports and pipelines.

import { BaseCommand } from "../cli/base-command.ts";
import type { Outcome } from "../cli/output.ts";

export default class Version extends BaseCommand<typeof Version> {
  static override summary = "Print the versions of mfsctl and of its runtime";
  static override examples = ["<%= config.bin %> version", "<%= config.bin %> version --json"];

  protected override async execute(): Promise<Outcome> {
    const result = { mfsctl: this.config.version, node: process.versions.node };
    return { result, text: `mfsctl ${result.mfsctl} (Node ${result.node})` };
  }
}
