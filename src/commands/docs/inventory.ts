// `mfsctl docs inventory`: every key of the inventory, as Markdown or as JSON Schema.

import { Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/base-command.ts";
import type { Outcome } from "../../cli/output.ts";
import { documentedKeys, inventoryMarkdown } from "../../inventory/docs.ts";
import { inventoryJsonSchema } from "../../inventory/schema.ts";

export default class DocsInventory extends BaseCommand<typeof DocsInventory> {
  static override summary = "Print the documentation of the inventory";
  static override examples = [
    "<%= config.bin %> docs inventory",
    "<%= config.bin %> docs inventory --json-schema > inventory.schema.json",
  ];
  static override flags = {
    "json-schema": Flags.boolean({ description: "Print the JSON Schema (draft 2020-12) instead" }),
  };

  protected override async execute(): Promise<Outcome> {
    if (this.flags["json-schema"]) {
      const schema = inventoryJsonSchema();
      return { result: schema, text: JSON.stringify(schema, null, 2) };
    }
    return { result: { keys: documentedKeys() }, text: inventoryMarkdown() };
  }
}
