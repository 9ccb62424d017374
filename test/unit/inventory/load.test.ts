// Whole inventories: all problems at once, located, in file order; files that cannot be read.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import { MfsctlError } from "../../../src/errors.ts";
import { loadInventory, parseInventory } from "../../../src/inventory/load.ts";
import { inventorySizeMax } from "../../../src/inventory/yaml-source.ts";
import { problemsIn, validText } from "./inventory-text.ts";

const eightMistakes = `cluster: Prod
engin: packages
exports:
  - "* / rw"
settings:
  mfsmaster: { FILE_UMASK: 027 }
hosts:
  meta01:
    address: 10.0.0.999
    roles: [master, moniter]
  cm01:
    address: 10.0.0.11
    roles: [chunkserver, client]
    disks:
      - /mnt/a
      - /mnt/a/chunks
    mounts: [{ path: /mnt/m, goal: 12 }]
  cm02:
    address: 10.0.0.11
    roles: [chunkserver]
    disks: [/mnt/a]
`;

test("a broken inventory with eight mistakes gives eight located messages in file order", () => {
  assert.deepEqual(problemsIn(eightMistakes), [
    'i.yaml:1:10 cluster: is "Prod", expected 1 to 31 lower-case letters, digits and hyphens, a letter first',
    'i.yaml:2:1 engin: unknown key, expected a known one; did you mean "engine"?',
    'i.yaml:6:28 settings.mfsmaster.FILE_UMASK: 027 is read as the decimal number 27, expected "027" in quotes, or no leading zero',
    'i.yaml:9:14 hosts.meta01.address: is "10.0.0.999", expected an IPv4 address or a host name',
    'i.yaml:10:21 hosts.meta01.roles[1]: is "moniter", expected "master" or "metalogger" or "chunkserver" or "client" or "monitor"; did you mean "monitor"?',
    'i.yaml:16:9 hosts.cm01.disks[1]: is "/mnt/a/chunks", inside the disk "/mnt/a", expected a folder outside of it',
    "i.yaml:17:36 hosts.cm01.mounts[0].goal: is 12, expected a whole number from 1 to 9",
    'i.yaml:19:14 hosts.cm02.address: is "10.0.0.11", the address of "cm01", expected one of its own',
  ]);
});

test("the error counts the problems and says what to type next", () => {
  assert.throws(
    () => parseInventory(eightMistakes, "prod.yaml"),
    (error) =>
      error instanceof MfsctlError &&
      error.code === "invalidInventory" &&
      error.exitCode === 2 &&
      error.message === 'Cannot use the inventory "prod.yaml": it has 8 problems, expected none' &&
      error.hint === "correct the lines above; then run 'mfsctl validate prod.yaml'",
  );
});

test("after a syntax error the hint says that the rest is not checked yet", () => {
  assert.throws(
    () => parseInventory("hosts: [", "i.yaml"),
    (error) =>
      error instanceof MfsctlError && error.hint?.startsWith("correct the YAML first") === true,
  );
});

test("an empty file is one problem at its start", () => {
  assert.deepEqual(problemsIn(""), [
    'i.yaml:1:1 inventory: is empty, expected a mapping with the keys "cluster", "hosts" ...',
  ]);
});

test("a damaged inventory is judged, never a crash", () => {
  fc.assert(
    fc.property(fc.nat(validText.length), fc.nat(12), fc.string(), (start, size, inserted) => {
      const text = validText.slice(0, start) + inserted + validText.slice(start + size);
      for (const line of problemsIn(text)) assert.match(line, /^i\.yaml:\d+:\d+ .+: .+$/);
    }),
    { numRuns: 300 },
  );
});

test("a file is loaded, and one that cannot be read is named with its reason", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "mfsctl-inventory-"));
  try {
    const file = path.join(folder, "inventory.yaml");
    await assert.rejects(
      loadInventory(file),
      (error) =>
        error instanceof MfsctlError &&
        error.exitCode === 2 &&
        error.message ===
          `Cannot read the inventory "${file}": there is no such file, expected a YAML file` &&
        error.hint ===
          `write one with 'mfsctl init ${file}', or name another with --inventory FILE`,
    );
    await assert.rejects(loadInventory(folder), /it is a folder, expected a YAML file/);
    await writeFile(file, Buffer.from([0xff, 0xfe, 0x61]));
    await assert.rejects(loadInventory(file), /it is not UTF-8 text/);
    await writeFile(file, "#".repeat(inventorySizeMax + 1));
    await assert.rejects(loadInventory(file), /expected at most 1048576/);
    await writeFile(file, validText);
    assert.equal((await loadInventory(file)).cluster, "lab");
  } finally {
    await rm(folder, { recursive: true });
  }
});
