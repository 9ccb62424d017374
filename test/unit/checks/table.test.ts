// The table as a whole: a healthy cluster passes, the documentation follows, failures become errors.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { checkBeforeDeploy } from "../../../src/checks/before-deploy.ts";
import {
  checks,
  checksMarkdown,
  documentedChecks,
  failureOf,
  ignoredChecks,
  ignoring,
  judgeWorld,
} from "../../../src/checks/table.ts";
import { MfsctlError } from "../../../src/errors.ts";
import { checkGates } from "../../../src/runner/plan.ts";
import { clusterText, listener, world } from "../../support/facts.ts";

const taken = world({ facts: { meta01: { listeners: [listener(9421)] } } });

test("a healthy cluster before its first deploy passes every check on every host", () => {
  const found = judgeWorld(world());
  assert.deepEqual(
    found.filter(({ level }) => level !== "ok"),
    [],
  );
  assert.deepEqual(
    [...new Set(found.map(({ check }) => check))],
    checks.map(({ name }) => name),
  );
});

test("docs/checks.md is what the table says", async () => {
  const page = await readFile(new URL("../../../docs/checks.md", import.meta.url), "utf8");
  assert.equal(page, checksMarkdown());
});

test("every check has a name of its own", () => {
  const names = documentedChecks.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
});

test("an ignored check still tells, as a warning", () => {
  const [finding] = ignoring(judgeWorld(taken), new Set(["ports"])).filter(
    ({ level }) => level !== "ok",
  );
  assert.equal(finding?.level, "warn");
  assert.match(finding?.message ?? "", /\(ignored\)$/);
});

test("only checks that exist can be ignored, and never access to the host", () => {
  assert.deepEqual(ignoredChecks(["ports"]), new Set(["ports"]));
  for (const name of ["prots", "ssh", "sudo"]) {
    assert.throws(() => ignoredChecks([name]), { code: "usage" });
  }
  const lost = new Map([["cm01", new MfsctlError("unreachable", "Cannot reach it")]]);
  const found = ignoring(judgeWorld(world({ unreachable: lost })), new Set(["ssh"]));
  assert.deepEqual(
    found.filter(({ level }) => level === "fail").map(({ host }) => host),
    ["cm01"],
  );
});

test("failures become one error with exit code 3, warnings none", () => {
  const error = failureOf(judgeWorld(taken));
  assert.equal(error?.exitCode, 3);
  assert.equal(error?.host, "meta01");
  assert.equal(failureOf(ignoring(judgeWorld(taken), new Set(["ports"]))), undefined);
});

test("a failing check stops a deploy with exit code 3, also where another gate refuses too", () => {
  const other = { ...checkBeforeDeploy(new Set()), gates: () => [{ message: "No", hint: "no" }] };
  const phases = [checkBeforeDeploy(new Set()), other];
  assert.throws(() => checkGates(phases, taken), { code: "checkFailed", host: "meta01" });
  assert.throws(() => checkGates(phases, world()), { code: "refused" });
});

test("an ignored failure does not stop a deploy", () => {
  checkGates([checkBeforeDeploy(new Set(["ports"]))], taken);
});

test("hints carry the way to the host that the inventory gives", () => {
  const text = clusterText.replace(
    "hosts:\n",
    "ssh: { user: admin, port: 2222, jump: gate@bastion }\nhosts:\n",
  );
  const [finding] = judgeWorld(
    world({ text, facts: { meta01: { listeners: [listener(9421)] } } }),
  ).filter(({ level }) => level === "fail");
  assert.equal(
    finding?.hint,
    `ssh -p 2222 -J gate@bastion admin@10.0.0.1 'sudo sh -c '\\''systemctl status --no-pager 4711'\\''' shows what it is; stop it, then: mfsctl check`,
  );
});
