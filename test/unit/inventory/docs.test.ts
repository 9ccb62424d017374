// Documentation and example follow the schema: nothing is described twice, nothing is forgotten.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { documentedKeys, inventoryMarkdown } from "../../../src/inventory/docs.ts";
import { exampleFile } from "../../../src/inventory/example.ts";
import { parseInventory } from "../../../src/inventory/load.ts";
import { readYaml } from "../../../src/inventory/yaml-source.ts";

const example = await readFile(exampleFile, "utf8");

/** The example with every switched-off key switched on, and fuse in the form that has most keys. */
const everything = example
  .replaceAll(/^( *)# ([a-z_]+: )/gm, "$1$2")
  .replace("from: package", "from: source");

test("docs/inventory.md is what the schema says", async () => {
  const page = await readFile(new URL("../../../docs/inventory.md", import.meta.url), "utf8");
  assert.equal(page, inventoryMarkdown());
});

test("every key has a description, and every value an example", () => {
  for (const key of documentedKeys()) {
    assert.match(key.description, /^[A-Z`].*[^.]$/s, key.path);
    const mapping = key.accepts === "a mapping" || key.path === "hosts";
    assert.equal(key.example === undefined, mapping, key.path);
  }
});

test("the example is valid and uses the packages of the distribution", () => {
  assert.equal(parseInventory(example, "inventory.example.yaml").engine, "packages");
});

test("the example is still valid with every key switched on", () => {
  assert.equal(parseInventory(everything, "inventory.example.yaml").build_host, "cm01");
});

test("the example names every key", () => {
  const named = keysOf(readYaml(everything).data, "");
  const missing = documentedKeys().filter((key) => !named.has(key.path));
  assert.deepEqual(
    missing.map((key) => key.path),
    [],
  );
});

function keysOf(value: unknown, path: string): Set<string> {
  const keys = new Set([path]);
  const inner: [string, unknown][] = Array.isArray(value)
    ? value.map((item: unknown) => [`${path}[]`, item])
    : typeof value === "object" && value !== null
      ? Object.entries(value).map(([name, item]): [string, unknown] => [
          path === "" ? name : `${path}.${path === "hosts" ? "NAME" : name}`,
          item,
        ])
      : [];
  for (const [name, item] of inner) for (const key of keysOf(item, name)) keys.add(key);
  return keys;
}
