// Traps of chunks: no stale copy passes as valid, nothing is given up before all is known, and what is shared
// is never changed in place. Spec: semantics-master.md 29, 3 and 20.

import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { ReadChunk, ReadChunkAnswer } from "../../daemons/protocol/packets/client-data.ts";
import type { ReadChunkAnswer as ReadChunkAnswerBody } from "../../daemons/protocol/packets/client-data.ts";
import { statusCode } from "../../daemons/protocol/status.ts";
import { Cluster } from "./cluster.ts";
import { ourMaster } from "./support/our-master.ts";
import { WireSession } from "./support/wire-session.ts";
import { until } from "./until.ts";

const limitMs = 120_000;
const oldText = "old ".repeat(1000);
const newText = "new ".repeat(1000);

let cluster: Cluster;
let mount: string;

before(async () => {
  // Copies are made by nobody here but by clients.
  const config = { REPLICATIONS_DELAY_INIT: "3600" };
  cluster = await Cluster.start({ chunkservers: 2, master: ourMaster, config });
  mount = await cluster.mount({ options: ["mfscachemode=NEVER"] });
});

after(async () => {
  await cluster.down();
});

/** What the master says of a file's first chunk. */
async function firstChunk(name: string): Promise<ReadChunkAnswerBody> {
  const { ino } = await stat(path.join(mount, name));
  using session = await WireSession.open(cluster);
  // Awaited here: the session goes when this function ends.
  return await session.ask(
    ReadChunk,
    { messageId: 9, inode: ino, index: 0, flags: 0 },
    ReadChunkAnswer,
  );
}

async function identityOf(name: string): Promise<{ chunkId: number; version: number }> {
  const answer = await firstChunk(name);
  assert.equal(answer.variant, "full");
  return { chunkId: answer.chunkId, version: answer.version };
}

function copiesOf(answer: ReadChunkAnswerBody): number {
  return answer.variant === "full" ? answer.copies.length : 0;
}

async function untilCopies(name: string, count: number): Promise<void> {
  let seen = -1;
  const isSo = async (): Promise<boolean> => (seen = copiesOf(await firstChunk(name))) === count;
  await until(`"${name}" has ${count} copies`, isSo, { limitMs: 60_000, seen: () => `${seen}` });
}

test(
  "a copy that missed a write is never read again, and not given up as lost",
  { timeout: limitMs },
  async () => {
    const file = path.join(mount, "stale");
    await writeFile(file, oldText);
    await untilCopies("stale", 2);
    const [stale, fresh] = [cluster.chunkserver(0), cluster.chunkserver(1)];
    await stale.kill();
    await untilCopies("stale", 1);
    await writeFile(file, newText, { flag: "r+" });
    await fresh.kill();
    await stale.start();
    await cluster.ready();
    const answer = await firstChunk("stale");
    assert.equal(copiesOf(answer), 0, "the old copy is offered");
    assert.notEqual(answer.variant === "status" && answer.status, statusCode("CHUNKLOST"));
    await fresh.start();
    await cluster.ready();
    await untilCopies("stale", 1);
    assert.equal(await readFile(file, "utf8"), newText);
  },
);

test("a read during a restart waits for the chunkservers", { timeout: limitMs }, async () => {
  const file = path.join(mount, "patient");
  await writeFile(file, newText);
  await cluster.killAll();
  await cluster.master.start(["-a"]);
  mount = await cluster.mount({ name: "patient", options: ["mfscachemode=NEVER"] });
  const answer = await firstChunk("patient");
  assert.notEqual(answer.variant === "status" && answer.status, statusCode("CHUNKLOST"));
  const content = readFile(path.join(mount, "patient"), "utf8");
  await Promise.all(cluster.chunkservers.map((one) => one.start()));
  assert.equal(await content, newText);
});

test(
  "a chunk that a snapshot shares is copied before it is changed, with version 1",
  { timeout: limitMs },
  async () => {
    await cluster.ready();
    const file = path.join(mount, "shared");
    const copy = path.join(mount, "snapshot");
    await writeFile(file, oldText);
    assert.equal((await cluster.tool("mfsmakesnapshot", [file, copy])).code, 0);
    const before = await identityOf("shared");
    assert.deepEqual(await identityOf("snapshot"), before);
    await writeFile(file, newText, { flag: "r+" });
    assert.equal(await readFile(copy, "utf8"), oldText);
    assert.equal(await readFile(file, "utf8"), newText);
    const after = await identityOf("shared");
    assert.notEqual(after.chunkId, before.chunkId);
    assert.equal(after.version, 1);
    assert.deepEqual(await identityOf("snapshot"), before);
  },
);
