// What deploy refuses before it changes anything, and how little it changes when little is otherwise.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MfsctlError } from "../../../src/errors.ts";
import type { FakeCluster } from "../../../src/host/fake/cluster.ts";
import { imageBytes } from "../../../src/host/fake/metadata.ts";
import type { Inventory } from "../../../src/inventory/schema.ts";
import { bareCluster, FakeControl, inventoryOf, smallText } from "../../support/fake-hosts.ts";
import { snapshot } from "../../support/fake-snapshot.ts";

const inventory = inventoryOf(smallText);
const etc = "/home/work/local/mfs/etc/mfs";
const data = "/home/work/local/mfs/var/mfs";
const image = imageBytes({ id: 7n, version: 12 });

async function deployed(wanted: Inventory = inventory): Promise<FakeCluster> {
  const cluster = bareCluster(wanted);
  await new FakeControl(cluster, wanted).deploy();
  return cluster;
}

/** Runs deploy, which must refuse without a single change. */
async function refused(cluster: FakeCluster, wanted: Inventory = inventory): Promise<MfsctlError> {
  const before = snapshot(cluster);
  const control = new FakeControl(cluster, wanted);
  const error = await control.deploy().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof MfsctlError, String(error));
  assert.deepEqual(control.hosts.calls, []);
  assert.deepEqual(snapshot(cluster), before);
  return error;
}

/** What a run wrote and which units it touched, in words. */
function deeds(control: FakeControl): readonly string[] {
  return control.trace
    .map((line) => line.replaceAll(/ {2,}/g, " "))
    .filter((line) => / (write|run) /.test(line));
}

test("a configuration file that was edited by hand is refused with exit code 7", async () => {
  const cluster = await deployed();
  const { files } = cluster.machine("cm02");
  const path = `${etc}/mfschunkserver.cfg`;
  files.write(path, `# by hand\n${files.read(path) ?? ""}`);
  const error = await refused(cluster);
  assert.equal(error.exitCode, 7);
  assert.equal(error.host, "cm02");
  assert.match(error.message, /edited by hand/);
  assert.match(error.hint ?? "", /--overwrite/);
});

test("a configuration file that mfsctl never wrote is refused, and replaced where that is named", async () => {
  const cluster = bareCluster(inventory);
  const { files } = cluster.machine("cm02");
  const path = `${etc}/mfshdd.cfg`;
  files.makeFolder(etc);
  files.write(path, "/mnt/z\n");
  assert.equal((await refused(cluster)).exitCode, 7);
  await new FakeControl(cluster, inventory).deploy({ overwrite: new Set([path]) });
  assert.match(files.read(path) ?? "", /^\/mnt\/a$/m);
});

const traces = [
  { what: "the image of a master that crashed", host: "meta01", file: "metadata.mfs.back" },
  { what: "an older image", host: "meta01", file: "metadata.mfs.back.1" },
  { what: "a change log of a master", host: "meta02", file: "changelog.0.mfs" },
  { what: "a metalogger's image", host: "meta02", file: "metadata_ml.mfs.back" },
  { what: "a metalogger's change log", host: "meta03", file: "changelog_ml.0.mfs" },
  { what: "a chunkserver's number", host: "cm01", file: "chunkserverid.mfs" },
] as const;

for (const { what, host, file } of traces) {
  test(`the empty metadata never replaces an older file system: ${what}`, async () => {
    const cluster = bareCluster(inventory);
    const { files } = cluster.machine(host);
    files.makeFolder(data);
    files.write(`${data}/${file}`, file.startsWith("chunkserver") ? image.subarray(14, 24) : image);
    const error = await refused(cluster);
    assert.ok([3, 7].includes(error.exitCode), String(error.exitCode));
    assert.equal(cluster.machine("meta01").files.stat(`${data}/metadata.mfs`), undefined);
  });
}

test("the empty metadata never replaces the file system that a data disk names", async () => {
  const cluster = bareCluster(inventory);
  const { files } = cluster.machine("cm02");
  files.makeFolder("/mnt/a");
  files.write("/mnt/a/.metaid", image.subarray(16, 24));
  assert.ok([3, 7].includes((await refused(cluster)).exitCode));
});

test("a master that was killed is not started anew by deploy", async () => {
  const cluster = await deployed();
  cluster.kill("meta01", "mfs-master.service");
  const error = await refused(cluster);
  assert.equal(error.exitCode, 7);
  assert.match(error.hint ?? "", /mfsctl failover --to meta01/);
});

test("a host that does not answer ends deploy with exit code 5 before any change", async () => {
  const cluster = bareCluster(inventory);
  cluster.machine("cm02").reachable = false;
  const error = await refused(cluster);
  assert.equal(error.exitCode, 5);
  assert.equal(error.host, "cm02");
});

test("every host that does not answer is named", async () => {
  const cluster = bareCluster(inventory);
  cluster.machine("cm01").reachable = false;
  cluster.machine("cm02").powered = false;
  const error = await refused(cluster);
  assert.equal(error.exitCode, 5);
  assert.equal(error.details.length, 2);
});

test("another value of one reloadable key is one write and one reload", async () => {
  const cluster = await deployed();
  const changed = inventoryOf(
    smallText.replace(
      "  cm02:\n",
      "  cm02:\n    settings: { mfschunkserver: { HDD_TEST_FREQ: 20 } }\n",
    ),
  );
  const control = new FakeControl(cluster, changed);
  const { changes } = await control.deploy();
  assert.deepEqual(deeds(control), [
    `cm02: write ${etc}/mfschunkserver.cfg (0640 root:work)`,
    "cm02: run systemctl reload mfs-chunkserver.service",
  ]);
  assert.equal(changes, 2);
  assert.equal((await new FakeControl(cluster, changed).deploy()).changes, 0);
});

test("drift of one file's rights is one write and no restart of what did not change", async () => {
  const cluster = await deployed();
  cluster.machine("meta02").files.change("/etc/systemd/system/mfs-witness.socket", { mode: 0o600 });
  const control = new FakeControl(cluster, inventory);
  await control.deploy();
  assert.ok(deeds(control).every((deed) => deed.startsWith("meta02: ")));
  assert.ok(
    deeds(control).every((deed) => !/restart|reload mfs|stop/.test(deed)),
    deeds(control).join("\n"),
  );
  assert.equal((await new FakeControl(cluster, inventory).deploy()).changes, 0);
});

test("a unit that changed restarts its daemon once, and only there", async () => {
  const cluster = await deployed();
  const changed = inventoryOf(
    smallText.replace("cluster: lab\n", "cluster: lab\nlimits: { nofile: 20000 }\n"),
  );
  const control = new FakeControl(cluster, changed);
  await control.deploy();
  const restarts = deeds(control).filter((deed) => deed.includes("systemctl restart mfs-"));
  assert.equal(new Set(restarts).size, restarts.length);
  assert.ok(
    restarts.includes("meta01: run systemctl restart mfs-master.service"),
    restarts.join("\n"),
  );
  assert.equal((await new FakeControl(cluster, changed).deploy()).changes, 0);
});

const required = smallText.replace(
  "disks: [/mnt/a]",
  "disks: [{ path: /mnt/a, mountpoint: required }]",
);

test("a disk that must be a mount point and is not mounted ends deploy with exit code 3", async () => {
  const wanted = inventoryOf(required);
  const cluster = bareCluster(wanted);
  cluster.machine("cm02").files.makeFolder("/mnt/a");
  assert.equal((await refused(cluster, wanted)).exitCode, 3);
});

test("a disk that must be a mount point is never touched while it is not mounted, whatever is ignored", async () => {
  const wanted = inventoryOf(required);
  const cluster = bareCluster(wanted);
  const { files } = cluster.machine("cm02");
  files.makeFolder("/mnt/a");
  const before = files.stat("/mnt/a");
  const run = new FakeControl(cluster, wanted).deploy({
    ignoredChecks: new Set(["mountpoint", "foreign"]),
  });
  await run.catch(() => undefined);
  // The chunkserver's unit takes the folder away from the daemon's user, so that nothing is written below it.
  assert.deepEqual(files.stat("/mnt/a"), { ...before, mode: 0o700 });
  assert.deepEqual(files.list("/mnt/a"), []);
});

test("a disk that must be a mount point is used once it is mounted", async () => {
  const wanted = inventoryOf(required);
  const cluster = bareCluster(wanted);
  cluster.machine("cm02").mount("/mnt/a");
  await new FakeControl(cluster, wanted).deploy();
  assert.equal(cluster.machine("cm02").files.stat("/mnt/a")?.owner, "work");
});

test("a package's unit that runs already is not taken for ours", async () => {
  const cluster = bareCluster(inventory);
  cluster.machine("meta01").spawn("stranger", [9421]);
  const error = await refused(cluster);
  assert.equal(error.exitCode, 3);
  assert.match(error.message, /9421/);
});

test("a failed step is named with its host, the others finish, and the next run goes on", async () => {
  const cluster = bareCluster(inventory);
  const control = new FakeControl(cluster, inventory);
  control.hosts.failOn(({ host, argv }) => host === "cm01" && argv.includes("groupadd"));
  const error = await control.deploy().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof MfsctlError);
  assert.equal(error.exitCode, 4);
  assert.equal(error.host, "cm01");
  assert.ok(cluster.machine("cm02").groups.has("work"));
  assert.equal(cluster.machine("meta01").files.lstat("/var/lib/mfsctl/lease"), undefined);
  const { world } = await new FakeControl(cluster, inventory).deploy();
  assert.equal(world.cluster?.chunkservers.length, 2);
});
