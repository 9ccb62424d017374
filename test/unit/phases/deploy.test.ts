// Deploy on simulated hosts: from bare machines to a running cluster, and what a second run does.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { FakeCluster } from "../../../src/host/fake/cluster.ts";
import { parseImage } from "../../../src/host/fake/metadata.ts";
import type { Inventory } from "../../../src/inventory/schema.ts";
import { deploy, deployContext } from "../../../src/runbooks/deploy.ts";
import { listRuns } from "../../../src/runner/journal.ts";
import { observe, planAll } from "../../../src/runner/plan.ts";
import { bareCluster, FakeControl, inventoryOf, smallText } from "../../support/fake-hosts.ts";
import { snapshot } from "../../support/fake-snapshot.ts";

const inventory = inventoryOf(smallText);
const data = "/home/work/local/mfs/var/mfs";
const runbook = deploy({ overwrite: new Set(), ignoredChecks: new Set() });

async function deployed(wanted: Inventory = inventory): Promise<FakeCluster> {
  const cluster = bareCluster(wanted);
  await new FakeControl(cluster, wanted).deploy();
  return cluster;
}

function activeUnits(cluster: FakeCluster, name: string): readonly string[] {
  const { machine, systemd } = cluster.system(name);
  return (machine.files.list("/etc/systemd/system") ?? []).filter(
    (unit) => systemd.show(unit).active === "active",
  );
}

function serviceLog(cluster: FakeCluster): readonly string[] {
  return [...cluster.machines.keys()].flatMap((name) => {
    return cluster.system(name).systemd.log.map((line) => `${name}: ${line}`);
  });
}

test("bare machines become a running cluster", async () => {
  const cluster = bareCluster(inventory);
  const { world, changes, nodes } = await new FakeControl(cluster, inventory).deploy();
  assert.deepEqual(activeUnits(cluster, "meta01"), [
    "mfs-cgiserv.service",
    "mfs-master.service",
    "mfs-witness.socket",
  ]);
  assert.deepEqual(activeUnits(cluster, "meta02"), [
    "mfs-metalogger.service",
    "mfs-witness.socket",
  ]);
  assert.deepEqual(activeUnits(cluster, "cm01"), [
    "mfs-chunkserver.service",
    "mfs-mount-home-work-share.service",
  ]);
  assert.deepEqual(world.cluster?.chunkservers.map(({ ip }) => ip).sort(), [
    "10.0.0.11",
    "10.0.0.12",
  ]);
  assert.deepEqual(world.cluster?.metaloggers.map(({ ip }) => ip).sort(), ["10.0.0.2", "10.0.0.3"]);
  assert.deepEqual(
    world.cluster?.sessions.map(({ info }) => info),
    ["/home/work/share"],
  );
  assert.equal(cluster.goals.get("/"), 2);
  assert.ok(changes > 100);
  assert.ok(nodes.every(({ status }) => status === "changed"));
});

test("every metalogger of a new cluster holds a real image", async () => {
  const cluster = await deployed();
  for (const name of ["meta02", "meta03"]) {
    const image = cluster.machine(name).files.stat(`${data}/metadata_ml.mfs.back`);
    assert.notEqual(image && parseImage(image.content), undefined);
  }
});

test("no daemon of a package's own unit ever runs", async () => {
  const cluster = await deployed();
  for (const { processes } of cluster.machines.values()) {
    assert.ok([...processes.values()].every(({ name }) => !name.startsWith("stranger")));
  }
  assert.equal(cluster.system("meta01").systemd.show("moosefs-master.service").load, "masked");
});

test("a linked data folder is made behind its link and nothing else", async () => {
  const { files } = (await deployed()).machine("cm01");
  assert.equal(files.lstat("/data/mfs")?.target, "/home/data/mfs");
  assert.deepEqual(files.list("/data"), ["mfs"]);
  assert.equal(files.stat("/home/data/mfs")?.owner, "work");
});

test("a second deploy changes nothing, restarts nothing and asks each host at most three times", async () => {
  const cluster = await deployed();
  const [before, log] = [snapshot(cluster), serviceLog(cluster)];
  const control = new FakeControl(cluster, inventory);
  const report = await control.deploy();
  assert.equal(report.runId, null);
  assert.equal(report.changes, 0);
  assert.deepEqual(control.hosts.calls, []);
  assert.deepEqual(snapshot(cluster), before);
  assert.deepEqual(serviceLog(cluster), log);
  for (const name of cluster.machines.keys()) assert.ok(control.hosts.roundTrips(name) <= 3, name);
});

test("hosts of the dnf family get the same cluster, and a second run is empty", async () => {
  const cluster = bareCluster(inventory, { family: "rhel" });
  const first = new FakeControl(cluster, inventory);
  const { world } = await first.deploy();
  assert.equal(world.cluster?.chunkservers.length, 2);
  assert.ok(first.hosts.calls.some(({ argv }) => argv.includes("dnf")));
  assert.ok(first.hosts.calls.every(({ argv }) => !argv.includes("apt-get")));
  assert.equal((await new FakeControl(cluster, inventory).deploy()).changes, 0);
});

test("a dry run names the very steps that the run then does, and changes nothing", async () => {
  const cluster = bareCluster(inventory);
  const before = snapshot(cluster);
  const dry = new FakeControl(cluster, inventory);
  const planned = planAll(runbook, await observe(deployContext(dry.context)));
  assert.deepEqual(snapshot(cluster), before);
  assert.deepEqual(dry.hosts.calls, []);

  const control = new FakeControl(cluster, inventory);
  await control.deploy();
  const [run] = await listRuns(control.journals);
  const steps = run?.entries.flatMap((entry) =>
    entry.event === "step" ? [`${entry.host}: ${entry.title}`] : [],
  );
  assert.deepEqual(planned.map(({ host, title }) => `${host}: ${title}`).sort(), steps?.sort());
});
