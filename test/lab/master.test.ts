// Our master loses its power while clients create files: what was acknowledged more than a second before is there after
// the next start, and nothing else is. With CHANGELOG_SAVE_MODE = 2 nothing acknowledged is lost at all.
// Moments of the cuts: MFSCTL_TEST_SEED, printed. Spec: changelog.md 3, 5; metalogger.md 6.

import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { after, before, test } from "node:test";
import type { TestContext } from "node:test";
import { Prng } from "../../daemons/base/prng.ts";
import { Lab } from "./lab.ts";
import { CreateStorm, TreeClient } from "./support/create-storm.ts";
import type { Acknowledged, Writer } from "./support/create-storm.ts";
import { OwnMaster } from "./support/own-master.ts";

const seed = Number(process.env["MFSCTL_TEST_SEED"] ?? randomInt(1_000_000));
const host = "meta01";
const clientCount = 8;
/** What may be lost is the last second; each storm is longer by a drawn part of two more. */
const shortestStormMs = 2_500;
const drawnStormMs = 2_000;
const lossMsMax = 1_000;

const prng = new Prng(seed);
/** All files of all storms so far, by folder: what one check found must be there at every later one. */
const kept = new Map<string, ReadonlyMap<string, number>>();

let lab: Lab;
let master: OwnMaster;

before(async () => {
  lab = await Lab.up({ name: "mast", hosts: [{ name: host }] });
  master = await OwnMaster.install(lab, host);
});

after(async () => {
  await lab.down();
});

/** Cuts the power at a drawn moment of a storm and brings the host back, without its master. */
async function cutInStorm(t: TestContext, name: string): Promise<CreateStorm> {
  const afterMs = shortestStormMs + prng.below(drawnStormMs);
  const storm = await CreateStorm.start(master.address, name, clientCount);
  await storm.acknowledgedAfter(afterMs);
  await lab.kill(host);
  await storm.end();
  const count = storm.acknowledgedCount;
  t.diagnostic(`seed ${seed}, ${name}: cut after ${afterMs} ms and ${count} acknowledged files`);
  await lab.boot(host);
  return storm;
}

/**
 * Holds what is there against what was asked for. The power goes after the last answer has come, so what must be
 * there is counted back from that answer.
 */
async function check(t: TestContext, storm: CreateStorm, lossMs: number): Promise<void> {
  using client = await TreeClient.open(master.address);
  const folders = await client.list();
  const lost: Acknowledged[] = [];
  for (const writer of storm.writers) {
    assert.equal(folders.get(writer.folder), writer.folderInode, `${writer.folder} is lost`);
    lost.push(...(await checkWriter(client, writer, storm.lastMs - lossMs)));
  }
  const oldest = Math.min(storm.lastMs, ...lost.map(({ atMs }) => atMs));
  const ageMs = Math.round(storm.lastMs - oldest);
  t.diagnostic(`${lost.length} of them were lost, acknowledged ${ageMs} ms or less before the end`);
  await checkKept(client);
}

/** One client waited for each answer, so what is left of its files is a run from the first one. Gives the lost. */
async function checkWriter(
  client: TreeClient,
  { folder, folderInode, asked, acknowledged }: Writer,
  safeUntilMs: number,
): Promise<readonly Acknowledged[]> {
  const files = await client.list(folderInode);
  assert.ok(files.size <= asked, `${folder} holds ${files.size} files, ${asked} were asked for`);
  for (let number = 0; number < files.size; number++) {
    const inode = files.get(String(number));
    assert.notEqual(inode, undefined, `${folder}/${number} of ${files.size} is missing`);
    assert.equal(
      inode,
      acknowledged[number]?.inode ?? inode,
      `${folder}/${number} is another file`,
    );
  }
  const safe = acknowledged.filter(({ atMs }) => atMs <= safeUntilMs);
  assert.ok(files.size >= safe.length, `${folder}: ${safe.length - files.size} files are lost`);
  kept.set(folder, files);
  return acknowledged.slice(files.size);
}

/** The tree holds the folders of all storms so far, each as it was found after its cut, and nothing else. */
async function checkKept(client: TreeClient): Promise<void> {
  const folders = await client.list();
  assert.deepEqual([...folders.keys()].toSorted(), [...kept.keys()].toSorted());
  for (const [name, inode] of folders) assert.deepEqual(await client.list(inode), kept.get(name));
}

test("systemd starts the master and hears when it is ready", async () => {
  await master.start();
  assert.equal(await master.property("ActiveState"), "active");
  assert.equal(await master.property("StatusText"), "running");
  using client = await TreeClient.open(master.address);
  assert.deepEqual(await client.list(), new Map());
});

for (const name of ["first", "second", "third"]) {
  test(`power cut, ${name} storm: nothing acknowledged a second before is lost`, async (t) => {
    const storm = await cutInStorm(t, name);
    await master.start();
    await check(t, storm, lossMsMax);
  });
}

test("after a power cut a start without -a is refused and says what there is", async (t) => {
  const storm = await cutInStorm(t, "fourth");
  const before = await master.files();
  const { code, stderr } = await master.call("-f", "start");
  assert.equal(code, 1);
  assert.match(stderr, /can't find metadata\.mfs - try using option '-a'/);
  assert.deepEqual(await master.files(), before);
  await master.start();
  await check(t, storm, lossMsMax);
});

test("an orderly stop leaves an image with all that survived", async () => {
  await master.stop();
  assert.ok((await master.files()).includes("metadata.mfs"));
  await master.start();
  using client = await TreeClient.open(master.address);
  await checkKept(client);
});

test("power cut with CHANGELOG_SAVE_MODE = 2: nothing acknowledged is lost", async (t) => {
  await master.stop();
  await master.configure({ CHANGELOG_SAVE_MODE: 2 });
  await master.start();
  const storm = await cutInStorm(t, "durable");
  await master.start();
  await check(t, storm, 0);
});
