// A batch that failed: sudo's refusal is told apart from everything else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MfsctlError } from "../../../src/errors.ts";
import { explainFailedBatch } from "../../../src/facts/root.ts";
import type { Host } from "../../../src/host/host.ts";
import { world } from "../../support/facts.ts";

const { inventory } = world();
const lost = new MfsctlError("unreachable", "Cannot run a batch");

/** A host whose every program ends with one code. */
function ending(code: number, words: string): Host {
  const output = { code, stdout: Buffer.alloc(0), stderr: Buffer.from(words) };
  return { name: "cm01", exec: async () => output } as unknown as Host;
}

test("sudo that asks for a password fails a check, and the hint says what to write", async () => {
  const host = ending(1, "sudo: a password is required\n");
  const error = await explainFailedBatch(host, inventory, lost, {});
  assert.ok(error instanceof MfsctlError);
  assert.equal(error.code, "checkFailed");
  assert.match(error.message, /sudo refuses/);
  assert.match(
    error.hint ?? "",
    /^as root on cm01: echo 'root ALL=\(ALL\) NOPASSWD: ALL' > \/etc\/sudoers\.d/,
  );
  assert.deepEqual(error.details, ["sudo: a password is required"]);
});

test("sudo that is not installed is named", async () => {
  const error = await explainFailedBatch(ending(127, "sudo: not found"), inventory, lost, {});
  assert.match((error as Error).message, /sudo is not installed/);
});

test("a host that runs programs keeps the first error, as does any other kind of error", async () => {
  assert.equal(await explainFailedBatch(ending(0, ""), inventory, lost, {}), lost);
  const other = new MfsctlError("hostKey", "Cannot trust it");
  assert.equal(await explainFailedBatch(ending(1, ""), inventory, other, {}), other);
});
