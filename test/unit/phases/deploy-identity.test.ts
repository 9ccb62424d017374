// What deploy refuses because it would hurt a living cluster: another's hosts, a master in doubt, an empty file system
// over an older one, a disk that the inventory forgot, a hosts file that it could not read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MfsctlError } from "../../../src/errors.ts";
import type { FakeCluster } from "../../../src/host/fake/cluster.ts";
import { hostsFileWith, hostsFileWithout } from "../../../src/phases/deploy/configure.ts";
import { bareCluster, FakeControl, inventoryOf, smallText } from "../../support/fake-hosts.ts";
import { snapshot } from "../../support/fake-snapshot.ts";

const inventory = inventoryOf(smallText);
const data = "/home/work/local/mfs/var/mfs";
const record = "/var/lib/mfsctl/master";

async function deployed(): Promise<FakeCluster> {
  const cluster = bareCluster(inventory);
  await new FakeControl(cluster, inventory).deploy();
  return cluster;
}

/** Runs deploy, which must refuse with exit code 7 and without a single change. */
async function refused(cluster: FakeCluster, text: string = smallText): Promise<string> {
  const earlier = snapshot(cluster);
  const control = new FakeControl(cluster, inventoryOf(text));
  await assert.rejects(control.deploy(), (error) => {
    assert.ok(error instanceof MfsctlError, String(error));
    assert.equal(error.exitCode, 7, error.message);
    return true;
  });
  assert.deepEqual(control.hosts.calls, []);
  assert.deepEqual(snapshot(cluster), earlier);
  return await control.deploy().then(
    () => "",
    (error: unknown) => String(error),
  );
}

for (const [what, from, to] of [
  ["the prefix", "cluster: lab", "cluster: lab\nprefix: /opt/mfs"],
  ["the user", "cluster: lab", "cluster: lab\nuser: mfs"],
  ["the cluster", "cluster: lab", "cluster: other"],
] as const) {
  test(`${what} of a living cluster is never changed by a deploy`, async () => {
    assert.match(await refused(await deployed(), smallText.replace(from, to)), /it belongs to/);
  });
}

for (const [what, text] of [
  ["names a host that the inventory lacks", "57 meta09\n"],
  ["is damaged", "57\n"],
  ["names another host for the same token", "1 meta03\n"],
] as const) {
  test(`no master is started while a record ${what}`, async () => {
    const cluster = await deployed();
    cluster.machine("meta02").files.write(record, text);
    assert.match(await refused(cluster), /Cannot tell who is master/);
  });
}

test("an empty metadata file put there by hand never replaces an older file system", async () => {
  const cluster = await deployed();
  cluster.kill("meta01", "mfs-master.service");
  cluster.machine("meta01").files.write(`${data}/metadata.mfs`, "MFSM NEW");
  assert.match(await refused(cluster), /its metadata is empty, but this cluster has held data/);
});

test("a master that runs an empty file system over an older one is named", async () => {
  const cluster = await deployed();
  cluster.machine("meta01").files.write(`${data}/metadata.mfs.back`, "MFSM NEW");
  assert.match(await refused(cluster), /its metadata is empty/);
});

test("a disk that the inventory forgot is not dropped with its chunks", async () => {
  const forgetful = smallText.replace("/mnt/a, ", "");
  assert.notEqual(forgetful, smallText, "the inventory of these tests has changed");
  assert.match(await refused(await deployed(), forgetful), /Cannot drop "\/mnt\/a"/);
});

test("a hosts file that is no text is never written", async () => {
  const cluster = await deployed();
  cluster.machine("cm01").files.write("/etc/hosts", Buffer.from([0x31, 0xff, 0x0a]));
  assert.match(await refused(cluster), /Cannot read \/etc\/hosts/);
});

test("only the own cluster's block of /etc/hosts is written, once, and taken away again", () => {
  const base = "127.0.0.1 localhost\n";
  const one = hostsFileWith(base, "mfsmaster", "10.0.0.1", "one");
  const both = hostsFileWith(one, "othermaster", "10.0.0.2", "two");
  const moved = hostsFileWith(both, "othermaster", "10.0.0.3", "two");
  assert.equal(hostsFileWith(moved, "othermaster", "10.0.0.3", "two"), moved);
  assert.equal(moved.match(/othermaster/g)?.length, 1);
  assert.equal(moved.match(/10\.0\.0\.1 mfsmaster/g)?.length, 1);
  assert.equal(hostsFileWithout(hostsFileWithout(moved, "two"), "one"), base);
});
