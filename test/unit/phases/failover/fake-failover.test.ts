// Whole failovers on simulated hosts, undisturbed and killed after every call that changes a host.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MfsctlError } from "../../../../src/errors.ts";
import type { FakeCluster } from "../../../../src/host/fake/cluster.ts";
import { unitOf } from "../../../../src/layout.ts";
import type { FailoverOptions } from "../../../../src/phases/failover/stage.ts";
import { failover } from "../../../../src/runbooks/failover.ts";
import { leaseTtlSeconds } from "../../../../src/runner/lease.ts";
import { runRunbook, type RunReport } from "../../../../src/runner/run.ts";
import {
  bareCluster,
  FakeControl,
  intentOf,
  inventoryOf,
  smallText,
} from "../../../support/fake-hosts.ts";
import { snapshot } from "../../../support/fake-snapshot.ts";
import { options } from "./metadata-worlds.ts";

const whole = inventoryOf(smallText);
/** One chunkserver is enough where every call is a run of its own. */
const small = inventoryOf(smallText.slice(0, smallText.indexOf("  cm02:")));

async function deployed(inventory = whole): Promise<FakeCluster> {
  const cluster = bareCluster(inventory);
  await new FakeControl(cluster, inventory).deploy();
  return cluster;
}

const controlOf = (cluster: FakeCluster, inventory = whole) => new FakeControl(cluster, inventory);

async function run(control: FakeControl, given: Partial<FailoverOptions>): Promise<RunReport> {
  const request = options(given);
  const { inventory } = control.context;
  return await runRunbook(
    {
      runbook: failover(request),
      intent: intentOf(inventory, "failover"),
      needs: { target: request.target },
      tolerates: () => new Set(Object.keys(inventory.hosts)),
    },
    { ...control.context, metadata: true },
  );
}

/** What lasts, without the numbers of folders and eras, which count the runs. */
function lasting(cluster: FakeCluster): string {
  return JSON.stringify(snapshot(cluster))
    .replaceAll(/(before|failover)-\d+/g, "$1-N")
    .replaceAll(/\d+( meta0\d)?\\n"/g, 'N$1\\n"');
}

function mastersOf(cluster: FakeCluster): readonly string[] {
  return cluster.moosefs.running("master").map(({ machine }) => machine.name);
}

const lost = { acceptLoss: "unknown", fencedBecause: "pulled its power" } as const;

test("a planned hand-over moves the master, and a second one changes nothing", async () => {
  const cluster = await deployed();
  await run(controlOf(cluster), { planned: true });
  assert.deepEqual(mastersOf(cluster), ["meta02"]);
  const again = await run(controlOf(cluster), { planned: true });
  assert.deepEqual([again.runId, again.changes], [null, 0]);
  const deploy = await controlOf(cluster).deploy();
  assert.equal(deploy.changes, 0);
});

test("after a power cut another host takes over, and the old master comes back as a metalogger", async () => {
  const cluster = await deployed();
  cluster.powerCut("meta01");
  await assert.rejects(
    run(controlOf(cluster), {}),
    (error) => error instanceof MfsctlError && error.exitCode === 7,
  );
  await run(controlOf(cluster), lost);
  assert.deepEqual(mastersOf(cluster), ["meta02"]);
  cluster.powerOn("meta01");
  assert.deepEqual(mastersOf(cluster), ["meta02"]);
  await controlOf(cluster).deploy();
  const followers = cluster.moosefs.connectedTo(cluster.machine("meta02"), "metalogger");
  assert.deepEqual(followers.map(({ machine }) => machine.name).toSorted(), ["meta01", "meta03"]);
});

test("recovery in place needs nothing of chunkservers and clients", async () => {
  const cluster = await deployed();
  cluster.kill("meta01", unitOf("master"));
  const control = controlOf(cluster);
  await run(control, { ...lost, target: "meta01" });
  assert.deepEqual(mastersOf(cluster), ["meta01"]);
  const restarts = control.hosts.calls.filter(
    ({ host, argv }) => host.startsWith("cm") && argv.includes("systemctl"),
  );
  assert.deepEqual(restarts, []);
});

/** Kills mfsctl after each call of a run, lets another machine go on, and compares how both histories ended. */
async function survives(
  prepare: (cluster: FakeCluster) => void,
  given: Partial<FailoverOptions>,
): Promise<void> {
  const undisturbed = await deployed(small);
  prepare(undisturbed);
  const control = controlOf(undisturbed, small);
  await run(control, given);
  const state = lasting(undisturbed);
  const calls = control.hosts.calls.length;
  assert.ok(calls > 30, `only ${calls} calls`);
  for (let call = 1; call < calls; call++) {
    const cluster = await deployed(small);
    prepare(cluster);
    const first = controlOf(cluster, small);
    first.hosts.killAfter(call);
    await run(first, given).catch(() => undefined);
    assert.ok(mastersOf(cluster).length <= 1, `two masters after call ${call}`);
    cluster.sleep((leaseTtlSeconds + 1) * 1000);
    await run(new FakeControl(cluster, small, { seed: 0.4321 }), given);
    assert.equal(lasting(cluster), state, `killed after call ${call} of ${calls}`);
  }
}

test("a failover converges to the same state after kill -9 at any call", async () => {
  await survives((cluster) => cluster.powerCut("meta01"), lost);
});

test("a hand-over converges to the same state after kill -9 at any call", async () => {
  await survives(() => undefined, { planned: true });
});
