// Goals of folders: what a deploy sets, what it leaves alone and says so, and changes that did not reach everything.

import assert from "node:assert/strict";
import { test } from "node:test";
import { recapText } from "../../../src/cli/run-text.ts";
import { MfsctlError } from "../../../src/errors.ts";
import type { FakeCluster } from "../../../src/host/fake/cluster.ts";
import type { Host } from "../../../src/host/host.ts";
import { deploy } from "../../../src/runbooks/deploy.ts";
import { perform } from "../../../src/runner/perform.ts";
import { notesOf, observe, planAll } from "../../../src/runner/plan.ts";
import { goalStream } from "../../support/fake-goals.ts";
import { bareCluster, FakeControl, inventoryOf, smallText } from "../../support/fake-hosts.ts";

const inventory = inventoryOf(
  smallText.replace(
    "mounts: [{ path: /home/work/share, goal: 2 }]",
    `mounts:
      - { path: /home/work/share, goal: 2 }
      - { path: /home/work/gone, subfolder: /gone, goal: 3 }
      - { path: /home/work/last, subfolder: /last, goal: 3 }`,
  ),
);
const runbook = deploy({ overwrite: new Set(), ignoredChecks: new Set() });

/** A deployed cluster with the folders of the inventory. */
async function deployed(): Promise<FakeCluster> {
  const cluster = bareCluster(inventory);
  cluster.goals.set("/gone", 3).set("/last", 3);
  await new FakeControl(cluster, inventory).deploy();
  return cluster;
}

async function plannedGoals(cluster: FakeCluster): Promise<readonly string[]> {
  const world = await observe(new FakeControl(cluster, inventory).context);
  return planAll(runbook, world)
    .map(({ title }) => title)
    .filter((title) => title.startsWith("Set goal"));
}

test("a folder that is missing hides no other folder's goal", async () => {
  const cluster = await deployed();
  cluster.goals.delete("/gone");
  assert.deepEqual(await plannedGoals(cluster), ["Set goal 3 on /gone"]);
  cluster.goals.set("/last", 1);
  assert.deepEqual(await plannedGoals(cluster), ["Set goal 3 on /gone", "Set goal 3 on /last"]);
});

test("a named storage class is left alone by deploy, and plan and recap say so", async () => {
  const cluster = await deployed();
  cluster.goals.set("/last", "archive");
  assert.deepEqual(await plannedGoals(cluster), []);
  const control = new FakeControl(cluster, inventory);
  const said =
    'Left alone: /last has the storage class "archive", the inventory wants goal 3; mfsctl goal set /last 3 replaces it';
  assert.deepEqual(notesOf(runbook, await observe(control.context)), [said]);
  const report = await control.deploy();
  assert.equal(report.changes, 0);
  assert.equal(recapText(report, "mfsctl status").split("\n")[0], said);
  assert.equal(cluster.goals.get("/last"), "archive");
});

async function change(leftOut: {
  readonly notPermitted: number;
  readonly quotaExceeded: number;
}): Promise<unknown> {
  const { context } = new FakeControl(bareCluster(inventory), inventory);
  const plain = await context.hosts.host("meta01");
  const host: Host = {
    name: plain.name,
    exec: (command) => plain.exec(command),
    batch: (commands) => plain.batch(commands),
    rsync: (request) => plain.rsync(request),
    connect: () => Promise.resolve(goalStream(new Map([["/", 1]]), leftOut)),
    close: () => plain.close(),
  };
  const hands = {
    ...context,
    hosts: { host: () => Promise.resolve(host), close: () => Promise.resolve() },
    master: "meta01",
    signal: context.abort,
  };
  return await perform({ kind: "goal", title: "Set goal 2", path: "/", goal: 2 }, "meta01", hands);
}

test("a change of goals that was not permitted everywhere is refused with the counts", async () => {
  await assert.rejects(change({ notPermitted: 4, quotaExceeded: 1 }), (error) => {
    assert.ok(error instanceof MfsctlError);
    assert.equal(error.exitCode, 7);
    assert.equal(error.host, "meta01");
    assert.match(
      error.message,
      /4 files and folders were not permitted and 1 are over their quota/,
    );
    assert.match(error.hint ?? "", /exports give 127\.0\.0\.1 maproot=0/);
    return true;
  });
  await assert.rejects(change({ notPermitted: 0, quotaExceeded: 3 }), (error) => {
    return error instanceof MfsctlError && /quota/.test(error.hint ?? "");
  });
});

test("a change of goals that reached everything is done", async () => {
  await change({ notPermitted: 0, quotaExceeded: 0 });
});
