// Facts as they come from hosts: one round trip each, nothing invented where a host says nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MfsctlError } from "../../../src/errors.ts";
import { gatherFacts, gatherWorld } from "../../../src/facts/gather.ts";
import { parseMasterFile } from "../../../src/facts/world.ts";
import type { FakeCluster } from "../../../src/host/fake/cluster.ts";
import type { Hosts } from "../../../src/host/host.ts";
import { bareCluster, FakeControl, inventoryOf, smallText } from "../../support/fake-hosts.ts";

const inventory = inventoryOf(smallText);
const record = "/var/lib/mfsctl/master";

async function factsOn(cluster: FakeCluster, name: string) {
  const { hosts, context } = new FakeControl(cluster, inventory);
  const { facts, unreachable } = await gatherFacts(hosts, inventory, [name], { now: context.now });
  return { facts: facts.get(name), unreachable, trips: hosts.roundTrips(name) };
}

test("all facts of a host cost one round trip and change nothing", async () => {
  const cluster = bareCluster(inventory);
  const before = cluster.machine("cm01").files.changes;
  const { facts, trips } = await factsOn(cluster, "cm01");
  assert.equal(trips, 1);
  assert.equal(cluster.machine("cm01").files.changes, before);
  assert.deepEqual(facts?.family, ["debian"]);
  assert.equal(facts.userId, 0);
});

test("what a bare host does not have is absent, not empty", async () => {
  const { facts } = await factsOn(bareCluster(inventory), "cm01");
  assert.equal(facts?.user, undefined);
  assert.equal(facts?.group, undefined);
  assert.equal(facts?.paths.has("/mnt/a"), false);
  assert.equal(facts?.units.get("mfs-chunkserver.service")?.load, "not-found");
  assert.deepEqual(facts?.dataFiles, []);
});

test("a path with spaces in the mount table is read whole", async () => {
  const cluster = bareCluster(inventory);
  cluster.machine("cm01").mount("/mnt/my disk");
  const { facts } = await factsOn(cluster, "cm01");
  assert.ok(facts?.mounts.some(({ path }) => path === "/mnt/my disk"));
});

test("a clock that is wrong is seen to within the time of the call", async () => {
  const cluster = bareCluster(inventory);
  cluster.machine("cm01").clockOffsetMs = -90_000;
  const { facts } = await factsOn(cluster, "cm01");
  assert.ok(Math.abs((facts?.clockOffsetMs ?? 0) + 90_000) < 100, String(facts?.clockOffsetMs));
});

test("who listens is named with its process", async () => {
  const cluster = bareCluster(inventory);
  const { pid } = cluster.machine("meta01").spawn("nginx", [9425]);
  const { facts } = await factsOn(cluster, "meta01");
  assert.deepEqual(
    facts?.listeners.map(({ port, process, pid: owner, pids }) => ({ port, process, owner, pids })),
    [{ port: 9425, process: "nginx", owner: pid, pids: [pid] }],
  );
});

test("hosts are told of in the order of the inventory, whoever answers first", async () => {
  const names = Object.keys(inventory.hosts);
  const answered = new Map(names.map((name) => [name, Promise.withResolvers<void>()]));
  const hosts: Hosts = {
    // Each host answers after the next one.
    host: async (name) => {
      await answered.get(names[names.indexOf(name) + 1] ?? "")?.promise;
      answered.get(name)?.resolve();
      throw new MfsctlError("unreachable", `Cannot reach "${name}"`);
    },
    close: async () => {},
  };
  const { unreachable } = await gatherFacts(hosts, inventory, names, { now: Date.now });
  assert.deepEqual([...unreachable.keys()], names);
});

test("a host that does not answer is named with the reason, the others are there", async () => {
  const cluster = bareCluster(inventory);
  cluster.machine("cm01").reachable = false;
  const { hosts, context } = new FakeControl(cluster, inventory);
  const world = await gatherWorld(hosts, inventory, { now: context.now });
  assert.equal(world.unreachable.get("cm01")?.exitCode, 5);
  assert.equal(world.facts.size, 4);
  assert.equal(world.cluster, undefined);
});

test("the master is the inventory's until somebody recorded another one", async () => {
  const cluster = bareCluster(inventory);
  const { hosts, context } = new FakeControl(cluster, inventory);
  const look = async () => (await gatherWorld(hosts, inventory, { now: context.now })).mastership;
  assert.deepEqual(await look(), { host: "meta01", token: 0, recorded: false });
  for (const [name, text] of [
    ["meta01", "1 meta01\n"],
    ["meta02", "4 meta02\n"],
    ["meta03", "3 meta03\n"],
  ] as const) {
    cluster.machine(name).files.makeFolder("/var/lib/mfsctl");
    cluster.machine(name).files.write(record, text);
  }
  assert.deepEqual(await look(), { host: "meta02", token: 4, recorded: true });
});

test("a record on a chunkserver counts for nothing", async () => {
  const cluster = bareCluster(inventory);
  cluster.machine("cm01").files.makeFolder("/var/lib/mfsctl");
  cluster.machine("cm01").files.write(record, "12 meta03\n");
  const { hosts, context } = new FakeControl(cluster, inventory);
  const { mastership } = await gatherWorld(hosts, inventory, { now: context.now });
  assert.equal(mastership.host, "meta01");
});

for (const text of [
  "",
  "meta01\n",
  "x meta01\n",
  "1 meta01 meta02\n",
  "1 -rf\n",
  "1234567890123456 meta01",
]) {
  test(`a master file of ${JSON.stringify(text)} is no record`, () => {
    assert.equal(parseMasterFile(text), undefined);
  });
}
