// Lines that a real 3.0.117 master writes and then cannot read: ours writes them so that both can. Each trap
// is sprung on a live master of ours, which is killed; the real `mfsmaster -a` and ours start from its log.
// Spec: changelog.md section 9.

import assert from "node:assert/strict";
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { OpenAnswer, Open, openFlags } from "../../daemons/protocol/packets/client-data.ts";
import { WriteChunkEnd, WriteChunkEndAnswer } from "../../daemons/protocol/packets/client-data.ts";
import {
  FileLock,
  FileLockAnswer,
  fileLockCommands,
} from "../../daemons/protocol/packets/client-locks.ts";
import { RangeLock, RangeLockAnswer } from "../../daemons/protocol/packets/client-locks.ts";
import { rangeLockCommands, rangeLockTypes } from "../../daemons/protocol/packets/client-locks.ts";
import { SustainedInodes } from "../../daemons/protocol/packets/client-register.ts";
import { Snapshot, SnapshotAnswer } from "../../daemons/protocol/packets/client-tools.ts";
import { statusCode } from "../../daemons/protocol/status.ts";
import { Cluster } from "./cluster.ts";
import type { Player } from "./cluster.ts";
import { ourMaster } from "./support/our-master.ts";
import { bytesOf, rootInode, superuser, WireSession } from "./support/wire-session.ts";

const limitMs = 120_000;
const ok = statusCode("OK");
/** In the header of an image. */
const metaVersionOffset = 8;

let cluster: Cluster;
let mount: string;

before(async () => {
  const config = { REPLICATIONS_DELAY_INIT: "3600" };
  cluster = await Cluster.start({ chunkservers: 2, master: ourMaster, config });
  mount = await cluster.mount({ options: ["mfscachemode=NEVER"] });
});

after(async () => {
  await cluster.down();
});

/** Every line of the change logs, the numbers cut off. */
async function journal(): Promise<readonly string[]> {
  const names = (await readdir(cluster.dataDir)).filter((name) =>
    /^changelog\.\d+\.mfs$/.test(name),
  );
  const texts = await Promise.all(
    names.map((name) => readFile(path.join(cluster.dataDir, name), "utf8")),
  );
  return texts.flatMap((text) => text.split("\n")).filter(Boolean);
}

/** Starts each of the two masters from the same folder as the killed one left it; both must reach its end. */
async function assertReplays(): Promise<void> {
  const last = Math.max(...(await journal()).map((line) => Number.parseInt(line, 10)));
  await cluster.master.kill();
  const left = path.join(cluster.folder, "left");
  await cp(cluster.dataDir, left, { recursive: true });
  const players: readonly Player[] = ["stock", ourMaster];
  for (const player of players) {
    await rm(cluster.dataDir, { recursive: true });
    await cp(left, cluster.dataDir, { recursive: true });
    cluster.playMaster(player);
    await cluster.master.start(["-a"]);
    assert.equal(await cluster.master.stop(), 0);
    const version = (await readFile(path.join(cluster.dataDir, "metadata.mfs"))).readBigUInt64BE(
      metaVersionOffset,
    );
    assert.ok(
      version > BigInt(last),
      `${JSON.stringify(player)} reached ${version}, expected more than ${last}`,
    );
  }
  await rm(left, { recursive: true });
  await cluster.master.start();
  await cluster.ready();
}

async function openedBy(session: WireSession, inode: number): Promise<void> {
  const body = { messageId: 1, inode, caller: superuser, flags: openFlags.read | openFlags.write };
  const answer = await session.ask(Open, body, OpenAnswer);
  assert.equal(answer.variant, "full");
}

async function flock(session: WireSession, inode: number, command: number): Promise<number> {
  const body = { messageId: 5, inode, requestId: 5, owner: BigInt(session.id), command };
  return (await session.ask(FileLock, body, FileLockAnswer)).status;
}

async function lockRange(session: WireSession, inode: number, command: number): Promise<number> {
  const range = { type: rangeLockTypes.write, start: 0n, end: 100n };
  const body = { messageId: 6, inode, requestId: 6, owner: 1n, pid: session.id, command, ...range };
  const answer = await session.ask(RangeLock, body, RangeLockAnswer);
  return answer.variant === "status" ? answer.status : ok;
}

test(
  "defects 1, 3, 4 and 6: what a live master did is replayed by the real one and by ours",
  { timeout: limitMs },
  async () => {
    using first = await WireSession.open(cluster);
    using second = await WireSession.open(cluster);
    const inode = await first.create(rootInode, "locked");
    await openedBy(second, inode);
    // 1: a snapshot of somebody with several groups.
    const snapshot = { messageId: 2, source: inode, parent: rootInode, name: bytesOf("copied") };
    const caller = { uid: 1000, gid: 100, groups: [1001, 27] };
    const asked = { ...snapshot, caller, mode: 0, umask: 0o022 };
    assert.equal((await first.ask(Snapshot, asked, SnapshotAnswer)).status, ok);
    // 3: a lock made shared in place, then granted to another.
    assert.equal(await flock(first, inode, fileLockCommands.lockExclusive), ok);
    assert.equal(await flock(first, inode, fileLockCommands.tryShared), ok);
    assert.equal(await flock(second, inode, fileLockCommands.lockShared), ok);
    // 6: the end of a write of a chunk that there is not.
    const end = { messageId: 3, chunkId: 123_456_789, inode: 0, index: 0, length: 0n, flags: 0 };
    await first.ask(WriteChunkEnd, end, WriteChunkEndAnswer);
    assert.ok(!(await journal()).some((line) => line.includes("UNLOCK(123456789)")));
    // 4: a lock that somebody waits for goes with its open file.
    assert.equal(await lockRange(first, inode, rangeLockCommands.set), ok);
    const waiting = lockRange(second, inode, rangeLockCommands.set);
    first.tell(SustainedInodes, { inodes: [] });
    assert.equal(await waiting, ok);
    await assertReplays();
  },
);

test(
  "defect 2: a repaired version is replayed by the real master and by ours",
  { timeout: limitMs },
  async () => {
    const file = path.join(mount, "repaired");
    await writeFile(file, "old ");
    await cluster.chunkserver(0).kill();
    await writeFile(file, "new ", { flag: "r+" });
    await cluster.chunkserver(1).kill();
    await cluster.chunkserver(0).start();
    await cluster.ready();
    const repaired = await cluster.tool("mfsfilerepair", [file]);
    assert.match(repaired.stdout, /chunks repaired: +1/, repaired.stdout);
    await cluster.chunkserver(1).start();
    await cluster.ready();
    await assertReplays();
    assert.equal(await readFile(file, "utf8"), "old ");
  },
);

test(
  "defect 9: a torn last line hides nothing that stands before it",
  { timeout: limitMs },
  async () => {
    await writeFile(path.join(mount, "before-the-tear"), "here");
    await cluster.master.kill();
    const log = path.join(cluster.dataDir, "changelog.0.mfs");
    const text = await readFile(log, "utf8");
    const next = Number.parseInt(text.trimEnd().split("\n").at(-1) ?? "", 10) + 1;
    await writeFile(log, `${text}${next}: 1700000000|CREATE(1,to`);
    await cluster.master.start(["-a"]);
    await cluster.ready();
    assert.equal(await readFile(path.join(mount, "before-the-tear"), "utf8"), "here");
  },
);
