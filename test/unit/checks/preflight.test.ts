// What `mfsctl check` prints and how it ends.

import assert from "node:assert/strict";
import { test } from "node:test";
import { preflight, report } from "../../../src/checks/preflight.ts";
import { judgeWorld } from "../../../src/checks/table.ts";
import { MfsctlError, type ErrorCode } from "../../../src/errors.ts";
import type { World } from "../../../src/facts/world.ts";
import type { Hosts } from "../../../src/host/host.ts";
import { listener, world, type WorldChange } from "../../support/facts.ts";

const judged = (change: WorldChange, only?: readonly string[]) => {
  const before: World = world(change);
  return report(before, judgeWorld(before), only);
};
const lost = (code: ErrorCode) => ({
  unreachable: new Map([["cm01", new MfsctlError(code, "Cannot ask it", { hint: "look" })]]),
});
const stranger: WorldChange = { facts: { meta01: { listeners: [listener(9421)] } } };

test("a healthy cluster ends with 0 and says what is next", () => {
  const { exitCode, text } = judged({});
  assert.equal(exitCode, 0);
  assert.deepEqual(text.split("\n").slice(-2), [
    "3 hosts, 0 failures, 0 warnings",
    "Next: mfsctl deploy",
  ]);
});

test("a failure ends with 3 and stands under its host with its hint", () => {
  const { exitCode, text, nodes } = judged(stranger);
  assert.equal(exitCode, 3);
  assert.match(
    text,
    /^meta01 \(10\.0\.0\.1\)\n {2}ok {4}ssh, sudo,.*\n {2}fail {2}ports: .*\n {8}Next: ssh /,
  );
  assert.deepEqual(
    nodes.map(({ status }) => status),
    ["failed", "ok", "ok"],
  );
});

test("a warning ends with 0", () => {
  const { exitCode, text } = judged({ facts: { cm01: { selinuxEnforcing: true } } });
  assert.equal(exitCode, 0);
  assert.match(text, /\n3 hosts, 0 failures, 1 warning\n/);
});

test("a host that cannot be reached ends with 5, and the others are judged all the same", () => {
  for (const code of ["unreachable", "hostKey", "authFailed", "timedOut"] as const) {
    const { exitCode, findings } = judged({ ...stranger, ...lost(code) });
    assert.equal(exitCode, 5);
    const failed = findings.filter(({ level }) => level === "fail");
    assert.deepEqual(
      failed.map(({ host, check }) => `${host} ${check}`),
      ["meta01 ports", "cm01 ssh"],
    );
  }
});

test("a host that refuses root ends with 3: it was reached", () => {
  assert.equal(judged(lost("checkFailed")).exitCode, 3);
});

test("only the hosts that were asked for are told of and count", () => {
  const { exitCode, findings, nodes } = judged(stranger, ["cm01"]);
  assert.equal(exitCode, 0);
  assert.ok(findings.every(({ host }) => host === "cm01"));
  assert.deepEqual(nodes, [{ name: "cm01", status: "ok", changes: 0 }]);
});

/** Nobody answers. */
const silence: Hosts = {
  host: async (name) => {
    throw new MfsctlError("unreachable", `Cannot reach "${name}"`, { host: name });
  },
  close: async () => {},
};
const options = { now: () => 0, ignored: new Set<string>() };

test("hosts that do not answer are findings, not an error", async () => {
  const { inventory } = world();
  const { signal } = new AbortController();
  const { exitCode, findings } = await preflight(silence, inventory, { ...options, signal });
  assert.equal(exitCode, 5);
  assert.deepEqual(
    findings.map(({ check, host, level }) => `${host} ${check} ${level}`),
    ["meta01 ssh fail", "meta02 ssh fail", "cm01 ssh fail"],
  );
});

test("Ctrl-C ends it as interrupted, and an unknown host is a usage error", async () => {
  const { inventory } = world();
  const signal = AbortSignal.abort();
  await assert.rejects(preflight(silence, inventory, { ...options, signal }), {
    code: "interrupted",
  });
  await assert.rejects(preflight(silence, inventory, { ...options, signal, only: ["cm99"] }), {
    code: "usage",
  });
});
