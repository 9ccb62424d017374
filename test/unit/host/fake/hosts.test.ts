// The simulated hosts themselves: loud where they do not know, dead when they were told to die.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ProcessDied } from "../../../../src/host/fake/hosts.ts";
import { bareCluster, FakeControl, inventoryOf, smallText } from "../../../support/fake-hosts.ts";

const inventory = inventoryOf(smallText);

function control(): FakeControl {
  return new FakeControl(bareCluster(inventory), inventory);
}

test("an argv that nobody taught the fake throws and names itself", async () => {
  const host = await control().hosts.host("cm01");
  await assert.rejects(host.exec({ argv: ["mkfs.ext4", "/dev/sdb"] }), /does not know: mkfs.ext4/);
  await assert.rejects(host.exec({ argv: ["sh", "-c", "echo hello", "sh"] }), /echo hello/);
  await assert.rejects(host.exec({ argv: ["install", "-D", "/x"] }), /option "-D"/);
});

test("a batch that changes its host throws", async () => {
  const host = await control().hosts.host("cm01");
  await assert.rejects(host.batch([{ argv: ["touch", "/tmp/x"] }]), /a batch changed "cm01"/);
});

test("the call of the death completes on its machine, the next one does not", async () => {
  const { cluster, hosts } = control();
  hosts.killAfter(2);
  const host = await hosts.host("cm01");
  await host.exec({ argv: ["touch", "/tmp/a"] });
  await assert.rejects(host.exec({ argv: ["touch", "/tmp/b"] }), ProcessDied);
  await assert.rejects(host.exec({ argv: ["touch", "/tmp/c"] }), ProcessDied);
  assert.deepEqual(cluster.machine("cm01").files.list("/tmp"), ["a", "b"]);
});

test("a master that was started before its guard's others agree does not start", async () => {
  const { cluster, hosts, context } = control();
  const first = new FakeControl(cluster, inventory);
  await first.deploy();
  cluster.powerCut("meta01");
  for (const name of ["meta02", "meta03"]) {
    cluster.machine(name).files.write("/var/lib/mfsctl/master", "2 meta02\n");
  }
  cluster.powerOn("meta01");
  assert.equal(cluster.system("meta01").systemd.show("mfs-master.service").active, "failed");
  const host = await hosts.host("meta01", { signal: context.abort });
  const output = await host.exec({ argv: ["systemctl", "start", "mfs-master.service"] });
  assert.equal(output.code, 1);
  assert.match(output.stderr.toString(), /the master is meta02 since token 2/);
});

test("a clean stop stores the image, a power cut does not", async () => {
  const { cluster } = control();
  await new FakeControl(cluster, inventory).deploy();
  const { files } = cluster.machine("meta01");
  const image = "/home/work/local/mfs/var/mfs/metadata.mfs";
  assert.equal(files.stat(image), undefined);
  cluster.system("meta01").systemd.stop("mfs-master.service");
  assert.notEqual(files.stat(image), undefined);
  cluster.system("meta01").systemd.start("mfs-master.service");
  cluster.powerCut("meta01");
  assert.equal(files.stat(image), undefined);
});

test("a stored image reaches every metalogger that is connected", async () => {
  const { cluster } = control();
  await new FakeControl(cluster, inventory).deploy();
  const copy = "/home/work/local/mfs/var/mfs/metadata_ml.mfs.back";
  const before = cluster.machine("meta02").files.stat(copy)?.content;
  cluster.kill("meta03", "mfs-metalogger.service");
  cluster.moosefs.store(cluster.machine("meta01"));
  assert.notDeepEqual(cluster.machine("meta02").files.stat(copy)?.content, before);
  assert.deepEqual(cluster.machine("meta03").files.stat(copy)?.content, before);
});
