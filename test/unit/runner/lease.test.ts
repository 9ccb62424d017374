// The cluster's lock on simulated hosts: who gets it, who is told what, and what a late run may still do.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { MfsctlError } from "../../../src/errors.ts";
import type { FakeCluster } from "../../../src/host/fake/cluster.ts";
import { wrapFenced } from "../../../src/host/fenced-hosts.ts";
import {
  acquireLease,
  enough,
  leaseTtlSeconds,
  type Lease,
  type LeaseRequest,
} from "../../../src/runner/lease.ts";
import { bareCluster, FakeControl, inventoryOf, smallText } from "../../support/fake-hosts.ts";

const inventory = inventoryOf(smallText);
const metadataHosts = ["meta01", "meta02", "meta03"];
const state = "/var/lib/mfsctl";

function lock(control: FakeControl, over: Partial<LeaseRequest> = {}): Promise<Lease> {
  return acquireLease(control.hosts, {
    runId: "run-a",
    owner: { command: "deploy", by: "ann@desk" },
    metadataHosts,
    needs: "majority",
    atLeast: 0,
    waitSeconds: 0,
    signal: control.context.abort,
    sleep: control.context.sleep,
    elapsed: control.context.elapsed,
    onLost: () => undefined,
    ...over,
  });
}

async function failure(promise: Promise<unknown>): Promise<MfsctlError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof MfsctlError, String(error));
  return error;
}

function stored(cluster: FakeCluster, name: string, file: "token" | "lease"): string | undefined {
  return cluster.machine(name).files.read(`${state}/${file}`);
}

test("the lease stands on every metadata host and is gone after the release", async () => {
  const cluster = bareCluster(inventory);
  const lease = await lock(new FakeControl(cluster, inventory));
  assert.deepEqual(lease.hosts, metadataHosts);
  for (const name of metadataHosts) assert.match(stored(cluster, name, "lease") ?? "", /^run-a\n/);
  await lease.release();
  for (const name of metadataHosts) assert.equal(stored(cluster, name, "lease"), undefined);
});

test("a second run gets exit code 6 and the name of the owner", async () => {
  const cluster = bareCluster(inventory);
  await lock(new FakeControl(cluster, inventory));
  cluster.sleep(12_000);
  const error = await failure(lock(new FakeControl(cluster, inventory), { runId: "run-b" }));
  assert.equal(error.exitCode, 6);
  assert.match(
    error.message,
    /"deploy" of ann@desk holds it \(run run-a, last heartbeat 12 s ago\)/,
  );
  assert.match(error.hint ?? "", /--lock-wait/);
});

test("a second run that waits gets the lock when the first one is done", async () => {
  const cluster = bareCluster(inventory);
  const first = await lock(new FakeControl(cluster, inventory));
  const second = new FakeControl(cluster, inventory);
  let naps = 0;
  const waiting = lock(second, {
    runId: "run-b",
    waitSeconds: 30,
    sleep: async () => {
      naps += 1;
      if (naps === 3) await first.release();
    },
  });
  assert.equal((await waiting).token, 2);
  assert.equal(naps, 3);
});

test("of two runs that begin at the same moment exactly one gets the lock", async () => {
  const cluster = bareCluster(inventory);
  const attempts = await Promise.allSettled([
    lock(new FakeControl(cluster, inventory), { runId: "run-a" }),
    lock(new FakeControl(cluster, inventory), { runId: "run-b" }),
  ]);
  assert.equal(attempts.filter(({ status }) => status === "fulfilled").length, 1);
});

test("an expired lease is taken over with a higher token", async () => {
  const cluster = bareCluster(inventory);
  const first = await lock(new FakeControl(cluster, inventory));
  cluster.sleep((leaseTtlSeconds + 1) * 1000);
  const second = await lock(new FakeControl(cluster, inventory), { runId: "run-b" });
  assert.ok(second.token > first.token);
});

test("a lease is not taken over before its time, nor one from a clock in the future", async () => {
  const cluster = bareCluster(inventory);
  await lock(new FakeControl(cluster, inventory));
  cluster.sleep((leaseTtlSeconds - 2) * 1000);
  assert.equal(
    (await failure(lock(new FakeControl(cluster, inventory), { runId: "b" }))).exitCode,
    6,
  );
  for (const name of metadataHosts) cluster.machine(name).clockOffsetMs = -leaseTtlSeconds * 1000;
  assert.equal(
    (await failure(lock(new FakeControl(cluster, inventory), { runId: "b" }))).exitCode,
    6,
  );
});

test("the token is above every one that a host has seen", async () => {
  const cluster = bareCluster(inventory);
  assert.equal((await lock(new FakeControl(cluster, inventory), { atLeast: 57 })).token, 58);
  assert.equal(stored(cluster, "meta03", "token"), "58\n");
});

test("a damaged token keeps everybody from the lock, names its host and leaves nothing behind", async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  await (await lock(control)).release();
  cluster.machine("meta02").files.write(`${state}/token`, "rubbish\n");
  const error = await failure(lock(control));
  assert.equal(error.exitCode, 7);
  assert.equal(error.host, "meta02");
  assert.match(error.hint ?? "", /exec --node meta02 -- cat/);
  for (const name of metadataHosts) assert.equal(stored(cluster, name, "lease"), undefined, name);
});

test("a late run that changed nothing before its lease expired is refused by the fence", async () => {
  const cluster = bareCluster(inventory);
  const late = new FakeControl(cluster, inventory);
  const first = await lock(late);
  cluster.sleep((leaseTtlSeconds + 1) * 1000);
  const second = await lock(new FakeControl(cluster, inventory), { runId: "run-b" });
  const fenced = await wrapFenced(late.hosts, first.token).host("meta01");
  const error = await failure(fenced.exec({ argv: ["touch", "/tmp/late"] }));
  assert.equal(error.exitCode, 6);
  assert.match(error.message, new RegExp(`expected at least ${second.token}`));
  assert.equal(cluster.machine("meta01").files.stat("/tmp/late"), undefined);
});

test("a host outside the lock refuses the late run once the new one has changed it", async () => {
  const cluster = bareCluster(inventory);
  const late = new FakeControl(cluster, inventory);
  const first = await lock(late);
  cluster.sleep((leaseTtlSeconds + 1) * 1000);
  const control = new FakeControl(cluster, inventory);
  const second = await lock(control, { runId: "run-b" });
  await (await wrapFenced(control.hosts, second.token).host("cm01")).exec({ argv: ["true"] });
  const fenced = await wrapFenced(late.hosts, first.token).host("cm01");
  assert.equal((await failure(fenced.exec({ argv: ["true"] }))).code, "locked");
});

const majority = [
  { all: 1, taken: 1, is: true },
  { all: 1, taken: 0, is: false },
  { all: 2, taken: 1, is: false },
  { all: 2, taken: 2, is: true },
  { all: 3, taken: 1, is: false },
  { all: 3, taken: 2, is: true },
  { all: 4, taken: 2, is: false },
  { all: 5, taken: 3, is: true },
] as const;

for (const { all, taken, is } of majority) {
  test(`${taken} of ${all} metadata hosts ${is ? "are" : "are not"} a majority`, () => {
    const names = Array.from({ length: all }, (_, index) => `meta${index}`);
    const request = { needs: "majority", metadataHosts: names } as const;
    assert.equal(enough(request, names.slice(0, taken)), is);
  });
}

test("a failover needs its target, not a majority", () => {
  const request = { needs: { target: "meta02" }, metadataHosts } as const;
  assert.equal(enough(request, ["meta02"]), true);
  assert.equal(enough(request, ["meta01", "meta03"]), false);
});

test("one dead metadata host of three does not keep anybody from the lock", async () => {
  const cluster = bareCluster(inventory);
  cluster.machine("meta01").powered = false;
  const lease = await lock(new FakeControl(cluster, inventory));
  assert.deepEqual(lease.hosts, ["meta02", "meta03"]);
});

test("without a majority there is no lock, and nothing is left behind", async () => {
  const cluster = bareCluster(inventory);
  cluster.machine("meta01").powered = false;
  cluster.machine("meta02").powered = false;
  const error = await failure(lock(new FakeControl(cluster, inventory)));
  assert.equal(error.exitCode, 5);
  assert.equal(error.details.length, 2);
  assert.equal(stored(cluster, "meta03", "lease"), undefined);
});

test("an interrupt while the lock is taken leaves no lease", async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  control.hosts.before = ({ host }) => {
    if (host === "meta02") control.stopping.abort();
  };
  await assert.rejects(lock(control, { signal: control.stopping.signal }));
  for (const name of metadataHosts) assert.equal(stored(cluster, name, "lease"), undefined, name);
});

/** Lets heartbeats come as the test says, each with the answers of its hosts awaited. */
async function beat(cluster: FakeCluster, times: number): Promise<void> {
  for (let index = 0; index < times; index++) {
    cluster.sleep(10_000);
    mock.timers.tick(10_000);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  }
}

test("a heartbeat every ten seconds keeps the lease fresh for as long as the run takes", async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  const cluster = bareCluster(inventory);
  await lock(new FakeControl(cluster, inventory));
  await beat(cluster, 30);
  assert.equal(
    (await failure(lock(new FakeControl(cluster, inventory), { runId: "b" }))).exitCode,
    6,
  );
  mock.timers.reset();
});

test("a lease that another run took over is lost at the next heartbeat", async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  const cluster = bareCluster(inventory);
  const lost: MfsctlError[] = [];
  await lock(new FakeControl(cluster, inventory), { onLost: (error) => lost.push(error) });
  cluster.sleep((leaseTtlSeconds + 1) * 1000);
  await lock(new FakeControl(cluster, inventory), { runId: "run-b" });
  await beat(cluster, 3);
  assert.deepEqual(
    lost.map(({ exitCode }) => exitCode),
    [6],
  );
  mock.timers.reset();
});

test("heartbeats that reach too few hosts end the run before anybody else may begin", async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  const cluster = bareCluster(inventory);
  const lost: number[] = [];
  const startMs = cluster.nowMs;
  await lock(new FakeControl(cluster, inventory), {
    onLost: () => lost.push(cluster.nowMs - startMs),
  });
  for (const name of ["meta01", "meta02"]) cluster.machine(name).reachable = false;
  await beat(cluster, 5);
  assert.equal(lost.length, 1);
  assert.ok((lost[0] ?? 0) < leaseTtlSeconds * 1000);
  mock.timers.reset();
});

test("one metadata host that misses heartbeats does not end the run", async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  const cluster = bareCluster(inventory);
  const lost: MfsctlError[] = [];
  await lock(new FakeControl(cluster, inventory), { onLost: (error) => lost.push(error) });
  cluster.machine("meta03").reachable = false;
  await beat(cluster, 12);
  assert.deepEqual(lost, []);
  mock.timers.reset();
});

test("a heartbeat that fails on its hosts does not keep the lease", async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  const lost: MfsctlError[] = [];
  await lock(control, { onLost: (error) => lost.push(error) });
  control.hosts.failOn(({ argv }) => argv.includes("renew"));
  await beat(cluster, 5);
  mock.timers.reset();
  assert.deepEqual(
    lost.map(({ exitCode }) => exitCode),
    [6],
  );
});

test("heartbeats that hang do not pile up, and the age of the lease is seen all the same", async () => {
  mock.timers.enable({ apis: ["setInterval"] });
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  const lost: MfsctlError[] = [];
  await lock(control, { onLost: (error) => lost.push(error) });
  let hanging = 0;
  control.hosts.before = async ({ argv }) => {
    if (!argv.includes("renew")) return;
    hanging += 1;
    await new Promise(() => undefined);
  };
  await beat(cluster, 5);
  mock.timers.reset();
  assert.equal(hanging, metadataHosts.length);
  assert.equal(lost.length, 1);
});

test("after the machine slept, the lease is not believed before any heartbeat comes", async () => {
  const cluster = bareCluster(inventory);
  const lost: MfsctlError[] = [];
  const lease = await lock(new FakeControl(cluster, inventory), {
    onLost: (error) => lost.push(error),
  });
  await lease.ensure();
  cluster.sleep(3_600_000);
  const error = await failure(lease.ensure());
  assert.equal(error.exitCode, 6);
  assert.match(error.message, /last renewed 3600 s ago, expected at most 30 s/);
  assert.deepEqual(lost, [error]);
  assert.equal(await failure(lease.ensure()), error);
});

test("a lease whose heartbeat is late is renewed before it is believed", async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  const lease = await lock(control);
  for (let step = 0; step < 10; step++) {
    cluster.sleep(20_000);
    await lease.ensure();
  }
  const rival = lock(new FakeControl(cluster, inventory), { runId: "run-b" });
  assert.equal((await failure(rival)).exitCode, 6);
});

test("a lease that somebody released is not believed at the next late heartbeat", async () => {
  const cluster = bareCluster(inventory);
  const lease = await lock(new FakeControl(cluster, inventory));
  cluster.machine("meta02").files.remove(`${state}/lease`);
  cluster.sleep(20_000);
  const error = await failure(lease.ensure());
  assert.equal(error.exitCode, 6);
  assert.match(error.message, /"meta02" was taken or released/);
});
