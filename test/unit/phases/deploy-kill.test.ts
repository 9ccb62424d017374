// kill -9 of mfsctl after every call that changes a host: a new run from another machine ends in the very same state
// as a run that nobody disturbed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ProcessDied } from "../../../src/host/fake/hosts.ts";
import { leaseTtlSeconds } from "../../../src/runner/lease.ts";
import { bareCluster, FakeControl, inventoryOf } from "../../support/fake-hosts.ts";
import { snapshot } from "../../support/fake-snapshot.ts";

const text = `cluster: lab
engine: packages
exports:
  - "* / rw,alldirs,maproot=0"
hosts:
  meta01: { address: 10.0.0.1, roles: [master, monitor] }
  meta02: { address: 10.0.0.2, roles: [metalogger] }
  cm01:
    address: 10.0.0.11
    roles: [chunkserver, client]
    disks: [/mnt/a, { path: /data/mfs, link_to: /home/data/mfs }]
    mounts: [{ path: /home/work/share, goal: 2 }]
`;
const inventory = inventoryOf(text);

async function undisturbed() {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  await control.deploy();
  return { state: snapshot(cluster), calls: control.hosts.calls.length };
}

async function killedAfter(call: number) {
  const cluster = bareCluster(inventory);
  const first = new FakeControl(cluster, inventory);
  first.hosts.killAfter(call);
  // A death while the lease is given back comes after the run's own end, so it may not throw.
  await first.deploy().catch(() => undefined);
  assert.ok(first.hosts.dead, `the run lived beyond call ${call}`);
  cluster.sleep((leaseTtlSeconds + 1) * 1000);
  const second = new FakeControl(cluster, inventory, { seed: 0.4321 });
  await second.deploy();
  const third = new FakeControl(cluster, inventory);
  const report = await third.deploy();
  assert.equal(report.changes, 0);
  assert.deepEqual(third.hosts.calls, []);
  return snapshot(cluster);
}

test("deploy converges to the same state after kill -9 at any call", async () => {
  const { state, calls } = await undisturbed();
  assert.ok(calls > 60, `only ${calls} calls`);
  for (let call = 1; call < calls; call++) {
    assert.deepEqual(await killedAfter(call), state, `killed after call ${call} of ${calls}`);
  }
});

test("a dead mfsctl does nothing more", async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  control.hosts.killAfter(7);
  await assert.rejects(control.deploy());
  assert.equal(control.hosts.calls.length, 7);
  await assert.rejects(control.hosts.host("meta01"), ProcessDied);
});
