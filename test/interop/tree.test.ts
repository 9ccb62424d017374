// A tree made through a stock mount on our master with three stock chunkservers, two copies: it is the same
// after writing, on a new mount, and after the master, or everything, was killed. Spec: metadata-file.md 4,
// changelog.md 5, semantics-master.md 24.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { Cluster } from "./cluster.ts";
import { ourMaster } from "./support/our-master.ts";
import { buildTree, fileCount, manifestOf, portable } from "./support/tree.ts";
import type { Manifest } from "./support/tree.ts";

const limitMs = 180_000;

let cluster: Cluster;
let written: Manifest;

before(async () => {
  cluster = await Cluster.start({ chunkservers: 3, master: ourMaster });
});

after(async () => {
  await cluster.down();
});

async function seenAt(mount: string): Promise<Manifest> {
  return manifestOf(path.join(mount, "tree"));
}

/** Only what differs, or a failure would print thousands of lines. */
function assertSame(seen: Manifest, expected = written): void {
  const wanted = new Set(expected);
  const found = new Set(seen);
  assert.deepEqual(
    seen.filter((line) => !wanted.has(line)),
    [],
    "lines that are new",
  );
  assert.deepEqual(
    expected.filter((line) => !found.has(line)),
    [],
    "lines that are gone",
  );
}

test("a tree with all kinds of entries is what was written", { timeout: limitMs }, async () => {
  const mount = await cluster.mount({ name: "first" });
  await mkdir(path.join(mount, "tree"));
  await buildTree(path.join(mount, "tree"));
  await buildTree(path.join(cluster.folder, "same"));
  const local = await manifestOf(path.join(cluster.folder, "same"));
  written = await seenAt(mount);
  assert.ok(written.length > fileCount);
  assertSame(written.map(portable), local.map(portable));
});

test("a new mount shows the same tree", { timeout: limitMs }, async () => {
  const mount = await cluster.mount({ name: "second" });
  assertSame(await seenAt(mount));
  await cluster.umount(mount);
});

test(
  "kill -9 of the master changes nothing, for old and new mounts",
  { timeout: limitMs },
  async () => {
    const old = path.join(cluster.folder, "mounts", "first");
    await cluster.master.kill();
    await cluster.master.start(["-a"]);
    await cluster.ready();
    assertSame(await seenAt(old));
    const mount = await cluster.mount({ name: "third" });
    assertSame(await seenAt(mount));
  },
);

test("kill -9 of everything changes nothing", { timeout: limitMs }, async () => {
  await cluster.killAll();
  await cluster.master.start(["-a"]);
  await Promise.all(cluster.chunkservers.map((one) => one.start()));
  await cluster.ready();
  const mount = await cluster.mount({ name: "fourth" });
  assertSame(await seenAt(mount));
  await cluster.umount(mount);
});

test("an orderly stop and a start change nothing", { timeout: limitMs }, async () => {
  assert.equal(await cluster.master.stop(), 0);
  await cluster.master.start();
  await cluster.ready();
  const mount = await cluster.mount({ name: "fifth" });
  assertSame(await seenAt(mount));
});
