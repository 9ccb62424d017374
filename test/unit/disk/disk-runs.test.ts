// The disk and node run-books on simulated hosts: what they change, what they refuse, and that any machine goes on.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MfsctlError } from "../../../src/errors.ts";
import { removedDisksFile, removedNodesFile } from "../../../src/layout.ts";
import { removalState } from "../../../src/phases/disk/removal.ts";
import { seal } from "../../../src/phases/managed-files.ts";
import {
  addToService,
  cancelRemoval,
  finalizeRemoval,
  markForRemoval,
} from "../../../src/runbooks/disk.ts";
import { lookAtDisks, waitUntilSafe } from "../../../src/runbooks/disk-wait.ts";
import { emptyNode, removeNode } from "../../../src/runbooks/node.ts";
import { FakeControl } from "../../support/fake-hosts.ts";
import { FakeDisks } from "./fake-disks.ts";

const file = "/home/work/local/mfs/etc/mfs/mfshdd.cfg";
const target = { host: "cm03", paths: ["/mnt/b"] } as const;
const refused = (message: RegExp) => (error: unknown) =>
  error instanceof MfsctlError && error.exitCode === 7 && message.test(error.message);

async function markedCluster(): Promise<FakeDisks> {
  const disks = await FakeDisks.deployed();
  await disks.run(markForRemoval(target));
  return disks;
}

/** Deploy finds nothing to do. */
async function assertSettled(disks: FakeDisks): Promise<void> {
  const { changes } = await new FakeControl(disks.cluster, disks.inventory).deploy();
  assert.equal(changes, 0, "deploy agrees with what the disk command wrote");
}

/** A disk line of a file, without comments. */
function lines(disks: FakeDisks, host = "cm03"): readonly string[] {
  return disks
    .file(host, file)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

describe("a disk is marked", () => {
  test("the file is marked and sealed, the chunkserver knows it, deploy agrees, and again changes nothing", async () => {
    const disks = await FakeDisks.deployed();
    const { changes, world } = await disks.run(markForRemoval(target));
    assert.equal(changes, 2);
    assert.deepEqual(lines(disks), ["/mnt/a", "*/mnt/b -1GiB", "/mnt/c"]);
    assert.equal(removalState(world, target).state, "halted", "unknown is not safe");
    assert.equal((await disks.run(markForRemoval(target))).changes, 0);
    await assertSettled(disks);
  });

  test("one server at a time: another one's mark refuses", async () => {
    const disks = await markedCluster();
    const other = markForRemoval({ host: "cm01", paths: ["/mnt/a"] });
    await assert.rejects(disks.run(other), refused(/cm03:\/mnt\/b is marked too/));
  });

  test("a second disk of the same server may follow", async () => {
    const disks = await markedCluster();
    await disks.run(markForRemoval({ host: "cm03", paths: ["/mnt/a"] }));
    assert.deepEqual(lines(disks), ["*/mnt/a", "*/mnt/b -1GiB", "/mnt/c"]);
  });

  const gates: readonly (readonly [string, (disks: FakeDisks) => void, RegExp])[] = [
    [
      "a chunkserver is down",
      (disks) => disks.cluster.kill("cm01", "mfs-chunkserver.service"),
      /cm01/,
    ],
    ["a host cannot be reached", (disks) => disks.cluster.powerCut("cm02"), /cm02|reach/],
    [
      "a chunk is missing",
      (disks) => (disks.chunks = [{ goal: 2, copies: 0, count: 1 }]),
      /1 chunks are missing/,
    ],
    [
      "a chunk is endangered",
      (disks) => (disks.chunks = [{ goal: 2, copies: 1, count: 2 }]),
      /2 chunks are endangered/,
    ],
    ["the counts are not exact", (disks) => (disks.matrixProgress = 1), /still counting/],
    [
      "the file was edited by hand",
      (disks) =>
        disks.cluster.machine("cm03").files.write(file, `${disks.file("cm03", file)}/mnt/z\n`),
      /mfsctl did not write it|edited by hand/,
    ],
    [
      "the host's file does not name the disk",
      (disks) => disks.cluster.machine("cm03").files.write(file, seal("/mnt/a\n/mnt/c")),
      /not in mfshdd\.cfg/,
    ],
  ];
  for (const [name, fault, message] of gates) {
    test(`it is refused before any change while ${name}`, async () => {
      const disks = await FakeDisks.deployed();
      fault(disks);
      const before = disks.file("cm03", file);
      await assert.rejects(disks.run(markForRemoval(target), ["cm03"]), refused(message));
      assert.equal(disks.file("cm03", file), before);
    });
  }

  test("the last disks of a server are refused while a goal needs every server", async () => {
    const disks = await FakeDisks.deployed();
    disks.chunks = [{ goal: 3, copies: 3, count: 9 }];
    await assert.rejects(disks.run(emptyNode("cm03")), refused(/goal 3 .* expected 3/));
  });
});

describe("a marked disk is taken out", () => {
  test("not before it is safe", async () => {
    const disks = await markedCluster();
    await assert.rejects(disks.run(finalizeRemoval(target)), refused(/halted: .* unknown/));
    disks.removalStatus = 2;
    await assert.rejects(disks.run(finalizeRemoval(target)), refused(/no chunk loop/));
    disks.drained();
    disks.chunks = [{ goal: 2, copies: 2, regularCopies: 1, count: 3 }];
    await assert.rejects(disks.run(finalizeRemoval(target)), refused(/3 chunks still lack/));
  });

  test("from any machine, once it is safe; deploy leaves it out, and again changes nothing", async () => {
    const disks = await markedCluster();
    disks.drained();
    await disks.run(finalizeRemoval(target));
    const world = await lookAtDisks(disks.control());
    assert.equal(removalState(world, target).state, "removed");
    assert.deepEqual(lines(disks), ["/mnt/a", "/mnt/c"]);
    assert.equal(disks.file("cm03", removedDisksFile), "/mnt/b\n");
    assert.equal((await disks.run(finalizeRemoval(target))).changes, 0);
    await assertSettled(disks);
  });

  test("a disk that was never marked is refused", async () => {
    const disks = await FakeDisks.deployed();
    disks.drained();
    await assert.rejects(disks.run(finalizeRemoval(target)), refused(/not marked/));
  });

  test("a chunkserver killed in the middle halts it", async () => {
    const disks = await markedCluster();
    disks.drained();
    disks.cluster.powerCut("cm01");
    const state = removalState(await lookAtDisks(disks.control()), target);
    assert.equal(state.state, "halted");
    await assert.rejects(disks.run(finalizeRemoval(target)), refused(/cm01/));
  });

  test("it comes back by disk add, in its place", async () => {
    const disks = await markedCluster();
    disks.drained();
    await disks.run(finalizeRemoval(target));
    await disks.run(addToService(target));
    assert.deepEqual(lines(disks), ["/mnt/a", "/mnt/b -1GiB", "/mnt/c"]);
    assert.equal(disks.file("cm03", removedDisksFile), "");
    await assertSettled(disks);
  });
});

test("a cancelled removal leaves the file as it was", async () => {
  const disks = await FakeDisks.deployed();
  const before = disks.file("cm03", file);
  await disks.run(markForRemoval(target));
  await disks.run(cancelRemoval(target));
  assert.equal(disks.file("cm03", file), before);
  const world = await lookAtDisks(disks.control());
  assert.equal(removalState(world, target).state, "notMarked");
});

describe("waiting", () => {
  const wait = (disks: FakeDisks, seconds?: number) => {
    const seen: string[] = [];
    const ended = waitUntilSafe(
      { target, seconds, onProgress: ({ state }) => seen.push(state), again: "again" },
      disks.control(),
    );
    return { seen, ended };
  };

  test("ends when it is safe, and tells what it sees", async () => {
    const disks = await markedCluster();
    disks.removalStatus = 1;
    disks.chunks = [{ goal: 2, copies: 2, regularCopies: 1, count: 10 }];
    const looked = disks.cluster.nowMs + 60_000;
    const { seen, ended } = wait(disks);
    const sleep = disks.cluster.sleep.bind(disks.cluster);
    disks.cluster.sleep = (ms) => {
      sleep(ms);
      if (disks.chunks !== undefined && disks.cluster.nowMs > looked) {
        disks.chunks = undefined;
        disks.drained();
      }
    };
    await ended;
    assert.equal(seen[0], "draining");
    assert.equal(seen.at(-1), "safe");
  });

  test("gives up after its time with exit code 8", async () => {
    const disks = await markedCluster();
    disks.removalStatus = 1;
    await assert.rejects(wait(disks, 30).ended, { code: "timedOut" });
  });

  test("an unknown status is waited for, a server that stays away ends it with exit code 3", async () => {
    const disks = await markedCluster();
    await assert.rejects(wait(disks, 600).ended, { code: "timedOut" });
    disks.cluster.kill("cm02", "mfs-chunkserver.service");
    await assert.rejects(wait(disks, 600).ended, { code: "unhealthy" });
  });
});

describe("a chunkserver leaves", () => {
  const paused = (error: unknown) =>
    error instanceof MfsctlError && error.exitCode === 8 && /power off cm03/.test(error.message);

  async function emptied(): Promise<FakeDisks> {
    const disks = await FakeDisks.deployed();
    await disks.run(emptyNode("cm03"));
    disks.drained();
    return disks;
  }

  test("all its disks are marked; then it is stopped, taken out, and a person's hands are waited for", async () => {
    const disks = await emptied();
    assert.deepEqual(
      lines(disks),
      ["/mnt/a", "*/mnt/b -1GiB", "/mnt/c"].map((line) => line.replace(/^\*?/, "*")),
    );
    await assert.rejects(disks.run(removeNode("cm03", false)), paused);
    assert.deepEqual(lines(disks), []);
    assert.equal(
      disks.cluster.system("cm03").systemd.show("mfs-chunkserver.service").active,
      "inactive",
    );
    assert.match(disks.file("meta02", removedNodesFile), /^cm03 10\.0\.0\.13 9422 /);
    disks.cluster.powerCut("cm03");
    await assert.rejects(
      disks.run(removeNode("cm03", false)),
      paused,
      "a machine that is off has not come back",
    );
    assert.equal(disks.servers.length, 3);
  });

  test("the master forgets it when the machine is said to be gone", async () => {
    const disks = await emptied();
    await assert.rejects(disks.run(removeNode("cm03", false)), paused);
    disks.cluster.powerCut("cm03");
    const { world } = await disks.run(removeNode("cm03", true));
    assert.deepEqual(
      world.cluster?.chunkservers.map(({ ip }) => ip),
      ["10.0.0.11", "10.0.0.12"],
    );
    assert.equal(disks.file("meta01", removedNodesFile), "");
  });

  test("the master forgets it when the machine has booted again, and a further run changes nothing", async () => {
    const disks = await emptied();
    const bootId = "/proc/sys/kernel/random/boot_id";
    const { files } = disks.cluster.machine("cm03");
    files.makeFolder("/proc/sys/kernel/random");
    files.write(bootId, "11111111-1111-4111-8111-111111111111\n");
    await assert.rejects(disks.run(removeNode("cm03", false)), paused);
    await assert.rejects(disks.run(removeNode("cm03", false)), paused, "the same boot");
    files.write(bootId, "22222222-2222-4222-8222-222222222222\n");
    await disks.run(removeNode("cm03", false));
    assert.equal(disks.servers.length, 2);
    const again = await disks.run(removeNode("cm03", false));
    assert.equal(again.changes, 0);
  });

  test("a chunkserver that was never seen empty is refused, stopped or not", async () => {
    const disks = await FakeDisks.deployed();
    await assert.rejects(disks.run(removeNode("cm03", false)), refused(/not marked/));
    disks.cluster.powerCut("cm03");
    await assert.rejects(disks.run(removeNode("cm03", true)), refused(/was not seen empty/));
  });

  test("it is refused while the others lack copies, also after it was stopped", async () => {
    const disks = await emptied();
    await assert.rejects(disks.run(removeNode("cm03", false)), paused);
    disks.chunks = [{ goal: 2, copies: 1, count: 1 }];
    await assert.rejects(disks.run(removeNode("cm03", true)), refused(/1 endangered|lack copies/));
  });
});
