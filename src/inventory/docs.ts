// The inventory's documentation, generated from its schema: `mfsctl docs inventory` prints it and docs/inventory.md
// holds it. A test keeps the two equal.

import type { z } from "zod";
import { describedSchema } from "./schema.ts";

type SchemaNode = z.core.JSONSchema.JSONSchema;

/** One key of the inventory as documentation sees it. */
export interface DocumentedKey {
  /** As in `hosts.NAME.disks[].path`. */
  readonly path: string;
  readonly description: string;
  readonly accepts: string;
  readonly required: boolean;
  readonly default: unknown;
  readonly example: unknown;
}

/** Every key in the order of the schema; parents come before what they hold. */
export function documentedKeys(): DocumentedKey[] {
  const keys = new Map<string, DocumentedKey>();
  collect(describedSchema(), "", keys);
  return [...keys.values()];
}

/** The whole page. */
export function inventoryMarkdown(): string {
  const entries = documentedKeys().map(entry);
  return [`${introduction}\n`, ...entries].join("\n");
}

const introduction = `# The inventory

This page is generated: \`mfsctl docs inventory\` prints it, \`mfsctl docs inventory --json-schema\` prints the same as
JSON Schema for editors. \`mfsctl init\` writes an annotated file to begin with, and \`mfsctl validate\` checks one without
touching a host.

The file is YAML 1.2. \`NAME\` stands for a name that you choose, \`[]\` for each element of a list. Unknown keys are
mistakes.`;

function entry(key: DocumentedKey): string {
  const state = key.required
    ? "required"
    : key.default === undefined
      ? "optional"
      : `default ${code(key.default)}`;
  const lines = [`## \`${key.path}\``, "", `${key.description}.`, ""];
  lines.push(`- Accepts ${key.accepts}`, `- ${state[0]?.toUpperCase()}${state.slice(1)}`);
  if (key.example !== undefined) lines.push(`- Example: ${code(key.example)}`);
  return `${lines.join("\n")}\n`;
}

function code(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}

function collect(node: SchemaNode, prefix: string, keys: Map<string, DocumentedKey>): void {
  for (const [name, property] of Object.entries(node.properties ?? {})) {
    if (typeof property !== "object") continue;
    const path = prefix === "" ? name : `${prefix}.${name}`;
    // A key of several forms (`fuse.from`) is described by its first form and accepts what any of them does.
    const seen = keys.get(path);
    const accepts = acceptedBy(property);
    keys.set(
      path,
      seen === undefined
        ? {
            path,
            description: property.description ?? "",
            accepts,
            required: node.required?.includes(name) === true,
            default: property.default,
            example: property.examples?.[0],
          }
        : { ...seen, accepts: `${seen.accepts}, or ${accepts}` },
    );
    descend(property, path, keys);
  }
}

function descend(node: SchemaNode, path: string, keys: Map<string, DocumentedKey>): void {
  for (const form of [node, ...(node.oneOf ?? []), ...(node.anyOf ?? [])]) {
    if (typeof form !== "object") continue;
    collect(form, path, keys);
    if (typeof form.items === "object" && !Array.isArray(form.items)) {
      descend(form.items, `${path}[]`, keys);
    }
    if (typeof form.additionalProperties === "object") {
      descend(form.additionalProperties, `${path}.NAME`, keys);
      if (form !== node) break;
    }
  }
}

function acceptedBy(node: SchemaNode): string {
  const expects = node["expects"];
  if (typeof expects === "string") return expects;
  if (node.const !== undefined) return code(node.const);
  const forms = [...(node.anyOf ?? []), ...(node.oneOf ?? [])].flatMap((form) =>
    typeof form === "object" ? [acceptedBy(form)] : [],
  );
  if (forms.length > 0) return [...new Set(forms)].join(", or ");
  if (typeof node.items === "object" && !Array.isArray(node.items)) {
    return `a list, each element ${acceptedBy(node.items)}`;
  }
  if (typeof node.additionalProperties === "object" && node.properties === undefined) {
    return `a mapping of names, each ${acceptedBy(node.additionalProperties)}`;
  }
  return node.type === "integer" ? "a whole number" : "a mapping";
}
