// The cluster for tests itself, with stock programs only: what it starts works, and nothing of it stays behind.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { run } from "../lab/command.ts";
import { mountsBelow } from "./claim.ts";
import { Cluster } from "./cluster.ts";

const fileCount = 20;
const limitMs = 300_000;

function content(index: number): Buffer {
  return Buffer.alloc(1000 + index * 40_000, `file ${index};`);
}

async function writeFiles(folder: string): Promise<void> {
  for (let index = 0; index < fileCount; index++)
    await writeFile(path.join(folder, `file-${index}`), content(index));
}

async function checkFiles(folder: string): Promise<void> {
  for (let index = 0; index < fileCount; index++) {
    const bytes = await readFile(path.join(folder, `file-${index}`));
    assert.ok(bytes.equals(content(index)), `file-${index} differs`);
  }
}

/** Traces of a cluster on this machine. */
async function traces(cluster: Cluster): Promise<readonly string[]> {
  const links = await run(["ip", "-o", "link"]);
  const name = cluster.network.name;
  return [
    ...(existsSync(cluster.folder) ? [cluster.folder] : []),
    ...mountsBelow(cluster.folder),
    ...((await run(["ip", "netns", "list"])).stdout.split(/\s/).includes(name) ? [name] : []),
    ...links.stdout.split("\n").filter((line) => line.includes(`mfsh${cluster.index}@`)),
    ...(await processesOf(cluster.folder)),
  ];
}

async function processesOf(folder: string): Promise<readonly string[]> {
  const processes = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    processes.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return lines.filter((line) => line.includes(`${folder}/`));
}

test("files survive kill -9 of a chunkserver and of the master", { timeout: limitMs }, async () => {
  await using cluster = await Cluster.start({ chunkservers: 3, labels: ["A", "A,B"], goal: 3 });
  const mount = await cluster.mount();
  await writeFiles(mount);
  await checkFiles(mount);
  await cluster.chunkserver(0).kill();
  await checkFiles(mount);
  await cluster.chunkserver(0).start();
  await cluster.master.kill();
  await cluster.master.start(["-a"]);
  await cluster.ready();
  await checkFiles(mount);
  const goal = await cluster.tool("mfsgetgoal", ["file-0"], { cwd: mount });
  assert.equal(goal.stdout, "file-0: 3\n");
  const servers = await cluster.cli("-SCS", "-s", "|");
  for (const { address } of cluster.chunkservers) assert.ok(servers.includes(address), servers);
});

test("two clusters run at once, and each leaves nothing behind", { timeout: limitMs }, async () => {
  const [first, second] = await Promise.all([
    Cluster.start({ chunkservers: 1 }),
    Cluster.start({ chunkservers: 2 }),
  ]);
  assert.notEqual(first.folder, second.folder);
  await second.metalogger.start();
  const meta = await second.mountMeta();
  assert.deepEqual((await readdir(meta)).sort(), ["sustained", "trash"]);
  const mount = await second.mount();
  const again = await second.mount({ name: "again", options: ["mfscachemode=NEVER"] });
  await writeFile(path.join(mount, "seen"), "from both");
  assert.equal(await readFile(path.join(again, "seen"), "utf8"), "from both");
  await second.umount(again);
  await second.killMount(meta);
  assert.ok((await traces(second)).length > 0);
  await first.down();
  await second.down();
  assert.deepEqual(await traces(first), []);
  assert.deepEqual(await traces(second), []);
});

test("a start that fails says why and leaves nothing behind", { timeout: limitMs }, async () => {
  const before = await run(["ip", "netns", "list"]);
  await assert.rejects(
    Cluster.start({ chunkservers: 1, exports: ["# nothing"] }),
    /Cannot use master: it ended[^]*no exports defined/,
  );
  assert.equal((await run(["ip", "netns", "list"])).stdout, before.stdout);
});
