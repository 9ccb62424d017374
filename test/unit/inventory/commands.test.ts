// `init`, `validate` and `docs inventory` as users run them.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { exampleFile } from "../../../src/inventory/example.ts";
import { inventoryMarkdown } from "../../../src/inventory/docs.ts";
import { validText } from "./inventory-text.ts";

const program = fileURLToPath(new URL("../../../bin/mfsctl", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "mfsctl-commands-"));
after(() => rmSync(folder, { recursive: true }));

function mfsctl(...args: string[]) {
  return spawnSync(program, args, { cwd: folder, encoding: "utf8" });
}

test("init writes the example, and refuses to overwrite a file", () => {
  const first = mfsctl("init", "new.yaml");
  assert.equal(first.status, 0, first.stderr);
  const file = path.join(folder, "new.yaml");
  assert.equal(readFileSync(file, "utf8"), readFileSync(exampleFile, "utf8"));
  writeFileSync(file, "mine");
  const second = mfsctl("init", "new.yaml");
  assert.equal(second.status, 7);
  assert.match(second.stderr, /Cannot write the inventory "new.yaml": the file exists, expected/);
  assert.match(second.stderr, /Next: name another file/);
  assert.equal(readFileSync(file, "utf8"), "mine");
});

test("init into a folder that does not exist is a usage error", () => {
  const { status, stderr } = mfsctl("init", "nowhere/new.yaml");
  assert.equal(status, 2);
  assert.match(stderr, /its folder does not exist/);
});

test("validate says what a valid inventory comes to", () => {
  const { status, stdout } = mfsctl("validate", exampleFile);
  assert.equal(status, 0);
  assert.equal(
    stdout,
    'valid: 4 hosts in cluster "prod" (engine packages), 1 master, 1 metalogger, 2 chunkservers with 3 disks, 2 clients with 2 mounts\n',
  );
});

test("validate prints every problem and ends with code 2", () => {
  writeFileSync(path.join(folder, "inventory.yaml"), "cluster: 1\nhosts: {}\n");
  const { status, stdout, stderr } = mfsctl("validate");
  assert.equal(status, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^\.\/inventory\.yaml:1:1 exports: is missing, expected a list$/m);
  assert.match(stderr, /^\.\/inventory\.yaml:1:10 cluster: is 1, expected/m);
  assert.match(stderr, /^Error: Cannot use the inventory/m);
});

test("validate --json gives one document with the problems as details", () => {
  writeFileSync(path.join(folder, "broken.yaml"), "cluster: 1\n");
  const { status, stdout } = mfsctl("validate", "broken.yaml", "--json");
  assert.equal(status, 2);
  const document = JSON.parse(stdout) as { ok: boolean; error: { details: string[] } };
  assert.equal(document.ok, false);
  assert.equal(document.error.details.length, 3);
});

test("validate judges exports and settings as the daemons would", () => {
  const text = validText.replace('"* / rw"', '"* / rw,nosuchoption"');
  writeFileSync(
    path.join(folder, "lines.yaml"),
    `${text}settings: { mfsmaster: { BACK_LOGS: 9999 } }\n`,
  );
  const { status, stderr } = mfsctl("validate", "lines.yaml");
  assert.equal(status, 2);
  assert.match(stderr, /^lines\.yaml:4:\d+ exports\[0\]: .*nosuchoption/m);
  assert.match(stderr, /^lines\.yaml:\d+:\d+ settings\.mfsmaster\.BACK_LOGS: /m);
});

test("docs inventory prints the page, or the JSON Schema", () => {
  assert.equal(mfsctl("docs", "inventory").stdout, inventoryMarkdown());
  const schema = JSON.parse(mfsctl("docs", "inventory", "--json-schema").stdout) as object;
  assert.ok("$schema" in schema);
});
