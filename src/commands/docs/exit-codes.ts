// `mfsctl docs exit-codes`: the page docs/exit-codes.md.

import { BaseCommand } from "../../cli/base-command.ts";
import { exitCodesMarkdown } from "../../cli/exit-codes-page.ts";
import type { Outcome } from "../../cli/output.ts";
import { exitCodes } from "../../errors.ts";

export default class DocsExitCodes extends BaseCommand<typeof DocsExitCodes> {
  static override summary = "Print what each exit code means and what to do then";
  static override description =
    "The table that scripts rely on: each exit code with the error.code of the JSON document.";
  static override examples = [
    "<%= config.bin %> docs exit-codes",
    "<%= config.bin %> docs exit-codes --json",
  ];

  protected override async execute(): Promise<Outcome> {
    return { result: { exitCodes }, text: exitCodesMarkdown() };
  }
}
