// What a change of files does to running daemons, on simulated hosts: decided by what was read, never by clocks.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MfsctlError } from "../../../src/errors.ts";
import type { FakeCluster } from "../../../src/host/fake/cluster.ts";
import type { Inventory } from "../../../src/inventory/schema.ts";
import { seal, unseal } from "../../../src/phases/managed-files.ts";
import { restartMs } from "../../../src/phases/units.ts";
import { deploy, deployContext } from "../../../src/runbooks/deploy.ts";
import { observe, planAll } from "../../../src/runner/plan.ts";
import { bareCluster, FakeControl, inventoryOf, smallText } from "../../support/fake-hosts.ts";

const inventory = inventoryOf(smallText);
const etc = "/home/work/local/mfs/etc/mfs";
const unitFolder = "/etc/systemd/system";
const hourMs = 3_600_000;

async function deployed(wanted: Inventory = inventory): Promise<FakeCluster> {
  const cluster = bareCluster(wanted);
  await new FakeControl(cluster, wanted).deploy();
  return cluster;
}

function withSetting(setting: string): Inventory {
  return inventoryOf(
    smallText.replace("failover: {", `settings: { mfschunkserver: { ${setting} } }\nfailover: {`),
  );
}

/** What a deploy does to units, in order. */
async function unitDeeds(cluster: FakeCluster, wanted: Inventory): Promise<readonly string[]> {
  const control = new FakeControl(cluster, wanted);
  await control.deploy();
  return control.hosts.calls
    .map(({ host, argv }) => `${host} ${argv.slice(argv.indexOf("systemctl")).join(" ")}`)
    .filter((call) => / systemctl /.test(call));
}

async function failure(control: FakeControl): Promise<MfsctlError> {
  const error = await control.deploy().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof MfsctlError, String(error));
  return error;
}

/** All that a failed run says, each line with its host: while one host waits in vain, others may fail too. */
function said({ host, message, details }: MfsctlError): string {
  return [`${host ?? ""}: ${message}`, ...details].join("\n");
}

for (const jumpMs of [-hourMs, hourMs]) {
  const way = jumpMs < 0 ? "back" : "forward";
  test(`a clock that jumps ${way} hides no changed key and repeats no reload`, async () => {
    const cluster = await deployed();
    for (const machine of cluster.machines.values()) machine.clockOffsetMs += jumpMs;
    const changed = withSetting("HDD_TEST_FREQ: 20");
    // mfsctl is killed between the write and the reload, and the next run finds the clock where it was.
    const first = new FakeControl(cluster, changed);
    first.hosts.failOn(({ argv }) => argv.includes("reload"));
    await failure(first);
    for (const machine of cluster.machines.values()) machine.clockOffsetMs -= jumpMs;
    assert.deepEqual((await unitDeeds(cluster, changed)).toSorted(), [
      "cm01 systemctl reload mfs-chunkserver.service",
      "cm02 systemctl reload mfs-chunkserver.service",
    ]);
    assert.deepEqual(await unitDeeds(cluster, changed), []);
  });
}

test("a comment in a unit and its mode are for systemd alone: nothing restarts", async () => {
  const cluster = await deployed();
  const { files } = cluster.machine("cm01");
  const path = `${unitFolder}/mfs-chunkserver.service`;
  files.write(path, seal(`# as an older version wrote it\n${unseal(files.read(path) ?? "")}`));
  cluster.machine("cm02").files.change(path, { mode: 0o600 });
  assert.deepEqual((await unitDeeds(cluster, inventory)).toSorted(), [
    "cm01 systemctl daemon-reload",
    "cm02 systemctl daemon-reload",
  ]);
  assert.deepEqual(await unitDeeds(cluster, inventory), []);
});

test("an option that is read only at start restarts chunkservers, each proven before the next", async () => {
  const cluster = await deployed();
  const wanted = withSetting("ALLOW_STARTING_WITH_INVALID_DISKS: 1");
  const control = new FakeControl(cluster, wanted);
  await control.deploy();
  const steps = control.trace
    .filter((line) => /restart|chunk|disk|\/mnt\/a/.test(line) && !/write/.test(line))
    .map((line) => line.replaceAll(/ {2,}/g, " ").replace(/ \(at most.*/, ""));
  assert.deepEqual(steps, [
    "cm01: run systemctl restart mfs-chunkserver.service",
    "cm01: wait the chunkserver at 10.0.0.11 is connected",
    "cm01: wait the chunkserver uses /mnt/a as unmarked",
    "cm01: wait the chunkserver uses /data/mfs as unmarked",
    "cm01: wait the chunk matrix is exact and no chunk is missing",
    "cm02: run systemctl restart mfs-chunkserver.service",
    "cm02: wait the chunkserver at 10.0.0.12 is connected",
    "cm02: wait the chunkserver uses /mnt/a as unmarked",
    "cm02: wait the chunk matrix is exact and no chunk is missing",
  ]);
  assert.deepEqual(await unitDeeds(cluster, wanted), []);
});

test("metaloggers restart one after the other", async () => {
  const cluster = await deployed();
  const wanted = inventoryOf(`${smallText}limits: { nofile: 3000 }\n`);
  const control = new FakeControl(cluster, wanted);
  await control.deploy();
  const steps = control.trace.filter((line) => /metalogger/.test(line) && !/write/.test(line));
  assert.deepEqual(
    steps.map((line) => line.slice(0, line.indexOf(":"))),
    ["meta02", "meta02", "meta03", "meta03"],
  );
});

test("a disk that the chunkserver rejects ends deploy with its name, and so does the next run", async () => {
  const cluster = bareCluster(inventory);
  cluster.machine("cm02").brokenDisks.add("/mnt/a");
  for (const attempt of ["first", "second"]) {
    const error = await failure(new FakeControl(cluster, inventory));
    assert.match(said(error), /^cm02: .*\/mnt\/a.*damaged/m, attempt);
  }
});

test("a metalogger that runs without a connection is no success", async () => {
  const cluster = await deployed();
  cluster.blocked.add("meta02 10.0.0.1:9419");
  const error = await failure(new FakeControl(cluster, inventory));
  assert.match(said(error), /^meta02: .*the metalogger at 10\.0\.0\.2 is connected/m);
});

test("a master may load its image for as long as after a failover", async () => {
  const context = deployContext(new FakeControl(bareCluster(inventory), inventory).context);
  const runbook = deploy({ overwrite: new Set(), ignoredChecks: new Set() });
  const waits = planAll(runbook, await observe(context)).filter(
    ({ phase, text }) => phase === "Start the master" && text.startsWith("wait"),
  );
  assert.match(waits[0]?.text ?? "", /at most 3600 s/);
});

test("a restart's time is longer than the unit's own for a stop", async () => {
  const cluster = await deployed();
  const unit = cluster.machine("meta01").files.read(`${unitFolder}/mfs-master.service`) ?? "";
  const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]);
  assert.ok(restartMs > seconds * 1000, `${restartMs}`);
});

test("a mount's password is in a file that only root reads, and in no plan", async () => {
  const secret = "op3n-sesame";
  const wanted = inventoryOf(
    smallText.replace("goal: 2 }", `goal: 2, options: [mfspassword=${secret}] }`),
  );
  const cluster = bareCluster(wanted);
  const control = new FakeControl(cluster, wanted);
  const runbook = deploy({ overwrite: new Set(), ignoredChecks: new Set() });
  const steps = planAll(runbook, await observe(control.context));
  assert.ok(steps.some(({ diff }) => diff.includes("mfspassword=***")));
  assert.doesNotMatch(JSON.stringify(steps), new RegExp(secret));
  await control.deploy();
  const { files } = cluster.machine("cm01");
  const unit = files.stat(`${unitFolder}/mfs-mount-home-work-share.service`);
  assert.equal(unit?.mode, 0o600);
  assert.match(unit?.content.toString() ?? "", new RegExp(secret));
  assert.equal(files.stat("/run/mfsctl/mfs-mount-home-work-share.service")?.mode, 0o600);
  assert.doesNotMatch(control.trace.join("\n"), new RegExp(secret));
});

test("a stamp keeps the configuration as of the start, for what a reload cannot bring", async () => {
  const cluster = await deployed();
  const { files } = cluster.machine("cm02");
  const config = files.read(`${etc}/mfschunkserver.cfg`) ?? "";
  await unitDeeds(cluster, withSetting("HDD_TEST_FREQ: 20"));
  const stamp = files.read("/run/mfsctl/mfs-chunkserver.service") ?? "";
  assert.ok(stamp.endsWith(config), stamp);
  assert.notEqual(files.read(`${etc}/mfschunkserver.cfg`), config);
});

const requiredText = smallText.replace(
  "disks: [/mnt/a]",
  "disks: [{ path: /mnt/a-1, mountpoint: required }, /mnt/b]",
);

test("a required disk is mounted before the chunkserver, and its folder is out of reach where it is not", async () => {
  const wanted = inventoryOf(requiredText);
  const cluster = bareCluster(wanted);
  const machine = cluster.machine("cm02");
  machine.mount("/mnt/a-1");
  await new FakeControl(cluster, wanted).deploy();
  const unit = machine.files.read(`${unitFolder}/mfs-chunkserver.service`) ?? "";
  assert.match(unit, /^Wants=mnt-a\\x2d1\.mount$/m);
  assert.match(unit, /^After=mnt-a\\x2d1\.mount$/m);
  const guard = unit.split("\n").filter((line) => line.includes("mountpoint -q"));
  assert.deepEqual(guard, [
    "ExecStartPre=/bin/sh -c 'mountpoint -q /mnt/a-1 || [ ! -d /mnt/a-1 ] || { chown root:root /mnt/a-1 && chmod 0700 /mnt/a-1; }'",
  ]);
  assert.ok(unit.indexOf("mountpoint -q") < unit.indexOf("\nExecStart="));
});

test("a disk that was taken out is neither prepared nor waited for", async () => {
  const cluster = await deployed();
  const { files } = cluster.machine("cm01");
  files.write("/var/lib/mfsctl/removed-disks", "/mnt/a\n");
  files.remove("/mnt/a");
  await new FakeControl(cluster, inventory).deploy();
  assert.equal(files.stat("/mnt/a"), undefined);
});

const vip = "{ address: 10.0.0.100/24, interface: eth0 }";
const moving = inventoryOf(smallText.replace("{ via: hosts }", `{ via: vip, vip: ${vip} }`));

test("a chunkserver whose disks were all taken out stays stopped", async () => {
  const cluster = bareCluster(inventory);
  await new FakeControl(cluster, inventory).deploy();
  cluster.kill("cm02", "mfs-chunkserver.service");
  cluster.machine("cm02").files.write("/var/lib/mfsctl/removed-disks", "/mnt/a\n");
  await new FakeControl(cluster, inventory).deploy();
  const unit = cluster.system("cm02").systemd.show("mfs-chunkserver.service");
  assert.notEqual(unit.active, "active");
});

test("an inventory that turns to a moving address brings it up", async () => {
  const cluster = await deployed();
  assert.ok(
    (await unitDeeds(cluster, moving)).includes("meta01 systemctl restart mfs-master.service"),
  );
  assert.deepEqual([...cluster.machine("meta01").movedAddresses], ["10.0.0.100"]);
  assert.equal((await new FakeControl(cluster, moving).deploy()).changes, 0);
});

test("the moving address comes up with the master and leaves with it", async () => {
  const wanted = moving;
  const cluster = bareCluster(wanted);
  const { world } = await new FakeControl(cluster, wanted).deploy();
  assert.equal(world.cluster?.chunkservers.length, 2);
  assert.match(
    cluster.machine("cm02").files.read("/etc/hosts") ?? "",
    /^10\.0\.0\.100 mfsmaster$/m,
  );
  assert.deepEqual([...cluster.machine("meta01").movedAddresses], ["10.0.0.100"]);
  assert.equal((await new FakeControl(cluster, wanted).deploy()).changes, 0);
  cluster.kill("meta01", "mfs-master.service");
  assert.deepEqual([...cluster.machine("meta01").movedAddresses], []);
});
