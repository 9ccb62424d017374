// A saved plan applies exactly or not at all.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { driftOf, loadPlan, refuseDrift, savePlan } from "../../../src/runner/saved-plan.ts";

const folder = mkdtempSync(path.join(tmpdir(), "mfsctl-plan-"));
after(() => rmSync(folder, { recursive: true }));

const step = {
  phase: "Write configuration",
  host: "cm01",
  title: "Write /a",
  text: "write /a",
  diff: "+x",
};
const other = { ...step, host: "cm02" };
const options = { overwrite: [], ignoreCheck: [] };
const plan = { cluster: "prod", madeAt: "2026-11-22T13:00:00Z", options, steps: [step, other] };

test("a plan is read back as it was saved, by nobody but its owner", async () => {
  const file = path.join(folder, "plan.json");
  await savePlan(file, plan);
  assert.deepEqual(await loadPlan(file), { format: 1, ...plan });
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test("a file that is no plan is a usage error", async () => {
  const file = path.join(folder, "other.json");
  for (const text of ["", "null", "{}", '{"format":2,"steps":[],"options":{}}']) {
    writeFileSync(file, text);
    await assert.rejects(loadPlan(file), { code: "usage", hint: "mfsctl plan -o FILE" });
  }
  await assert.rejects(loadPlan(path.join(folder, "none")), { code: "usage" });
});

test("the order between hosts is no drift; another difference, step, option or cluster is", () => {
  assert.deepEqual(driftOf(plan, { ...plan, steps: [other, step] }), []);
  assert.equal(driftOf(plan, { ...plan, steps: [step] }).length, 1);
  assert.equal(driftOf(plan, { ...plan, steps: [step, { ...other, diff: "+y" }] }).length, 2);
  assert.equal(driftOf(plan, { ...plan, options: { ...options, overwrite: ["/a"] } }).length, 1);
  assert.match(driftOf(plan, { ...plan, cluster: "test" })[0] ?? "", /for cluster "prod"/);
  assert.throws(() => refuseDrift({ format: 1, ...plan }, { ...plan, steps: [step] }), {
    code: "refused",
    details: ["cm02: write /a: planned then, not now"],
  });
});
