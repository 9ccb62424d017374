// Copies of chunks under our master and under a stock one, side by side with the same steps: lost copies are
// made again, surplus ones deleted, a disk marked for removal is emptied and mfscli says so in the same words.
// Spec: semantics-master.md sections 8 and 9, wire-admin.md 3.3 and 8.

import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { chunkserverFlags, ChunkserverList } from "../../daemons/protocol/packets/admin.ts";
import { ChunkserverListAnswer } from "../../daemons/protocol/packets/admin.ts";
import { ChunksMatrix, ChunksMatrixAnswer } from "../../daemons/protocol/packets/admin.ts";
import { Cluster } from "./cluster.ts";
import type { Player } from "./cluster.ts";
import { hurried } from "./support/hurried.ts";
import { ourMaster } from "./support/our-master.ts";
import { until } from "./until.ts";

const limitMs = 280_000;
const healLimitMs = 120_000;
/** Three passes of the job loop, the shortest that can be set, and some time to spare. */
const removalLimitMs = 260_000;
const pollMs = 300;
const fileCount = 40;
const serverCount = 3;
/** Whose disk is marked. */
const removed = 1;
const goal = 2;
const config = {
  REPLICATIONS_DELAY_INIT: "0",
  CHUNKS_LOOP_MIN_TIME: "60",
  CHUNKS_WRITE_REP_LIMIT: "10",
  CHUNKS_READ_REP_LIMIT: "20",
};

/** Seconds of silence after which the master drops a chunkserver, on its own quick clock. */
const chunkserverConfig = { MASTER_TIMEOUT: "60" };

/** Chunks by their number of copies, those on marked disks left out. */
type Copies = Readonly<Record<string, number>>;

let ours: Cluster;
let stock: Cluster;
/** The stock master takes minutes: its turn runs beside all tests of ours. */
let stockWords: Promise<readonly string[] | Error>;

async function startOne(master: Player): Promise<Cluster> {
  const settings = { config, chunkserverConfig };
  const cluster = await Cluster.start({ chunkservers: serverCount, master, ...settings });
  const mount = await cluster.mount();
  for (let index = 0; index < fileCount; index++) {
    await writeFile(path.join(mount, `file-${index}`), Buffer.alloc(100_000, `${index};`));
  }
  return cluster;
}

before(async () => {
  [ours, stock] = await Promise.all([startOne(hurried(ourMaster)), startOne(hurried("stock"))]);
  stockWords = remove(stock).catch((error: unknown) => new Error("on stock", { cause: error }));
});

after(async () => {
  await Promise.all([ours.down(), stock.down()]);
});

async function copiesOf(cluster: Cluster): Promise<Copies> {
  const answer = await cluster.ask((client) =>
    client.request(ChunksMatrix, { matrixId: undefined }, ChunksMatrixAnswer),
  );
  assert.equal(answer.variant, "both");
  const row = answer.regular[goal] ?? [];
  return Object.fromEntries(
    row.map((count, copies) => [copies, count] as const).filter(([, count]) => count > 0),
  );
}

/** Waits until all chunks have just the copies that they should have, and so many servers are connected. */
async function healed(cluster: Cluster, connected: number): Promise<void> {
  let seen = "";
  const isSo = async (): Promise<boolean> => {
    const copies = await copiesOf(cluster);
    const servers = await connectedServers(cluster);
    seen = JSON.stringify({ copies, servers });
    return copies[goal] === fileCount && Object.keys(copies).length === 1 && servers === connected;
  };
  const look = { limitMs: healLimitMs, everyMs: pollMs, seen: () => seen };
  await until(`all chunks have ${goal} copies with ${connected} chunkservers`, isSo, look);
}

async function connectedServers(cluster: Cluster): Promise<number> {
  const { chunkservers } = await cluster.ask((client) =>
    client.request(ChunkserverList, {}, ChunkserverListAnswer),
  );
  return chunkservers.filter(({ flags }) => (flags & chunkserverFlags.disconnected) === 0).length;
}

/** Copies that lie on the disks, whoever knows of them. */
async function chunkFiles(cluster: Cluster): Promise<number> {
  const disks = cluster.chunkservers.map((one) => readdir(one.disk(), { recursive: true }));
  const names = (await Promise.all(disks)).flat();
  return names.filter((name) => name.includes("/chunk_")).length;
}

/** What mfscli says of the marked disk, each word once, until the disk may be taken out. */
async function removalWords(cluster: Cluster): Promise<readonly string[]> {
  const words: string[] = [];
  const disk = cluster.chunkserver(removed).disk();
  const isReady = async (): Promise<boolean> => {
    const lines = (await cluster.cli("-SHD", "-s", "|")).split("\n");
    const line = lines.find((one) => one.includes(disk)) ?? "";
    const word = line.split("|").find((field) => field.includes("marked for removal")) ?? "ok";
    if (words.at(-1) !== word) words.push(word);
    return word.endsWith("(ready)");
  };
  const look = { limitMs: removalLimitMs, everyMs: pollMs, seen: () => words.join(", ") };
  await until("mfscli says that the disk may be removed", isReady, look);
  return words;
}

/** Marks the disk, waits until it may be taken out, takes it out; what was said meanwhile. */
async function remove(cluster: Cluster): Promise<readonly string[]> {
  await cluster.chunkserver(removed).markForRemoval();
  const words = await removalWords(cluster);
  await healed(cluster, serverCount);
  await cluster.chunkserver(removed).kill();
  await healed(cluster, serverCount - 1);
  // How soon the first reports are seen is chance.
  return words.filter((word) => word !== "ok" && word !== "marked for removal");
}

test("copies of a chunkserver that was killed are made again", { timeout: limitMs }, async () => {
  await healed(ours, serverCount);
  await ours.chunkserver(0).kill();
  await healed(ours, serverCount - 1);
});

test("surplus copies go when the chunkserver comes back", { timeout: limitMs }, async () => {
  assert.ok((await chunkFiles(ours)) > goal * fileCount, "nothing is surplus");
  await ours.chunkserver(0).start();
  await healed(ours, serverCount);
  const isSo = async (): Promise<boolean> => (await chunkFiles(ours)) === goal * fileCount;
  await until("the disks hold no surplus copy", isSo, { limitMs: healLimitMs, everyMs: pollMs });
  await healed(ours, serverCount);
});

test(
  "mfscli says of a disk that is emptied what it says of a stock master's",
  { timeout: limitMs },
  async () => {
    const words = await remove(ours);
    const expected = await stockWords;
    if (expected instanceof Error) throw expected;
    assert.deepEqual(words, expected);
    assert.deepEqual(words, ["marked for removal (not ready)", "marked for removal (ready)"]);
  },
);
