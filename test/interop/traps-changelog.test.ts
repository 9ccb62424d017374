// Lines and images that a real 3.0.117 master writes and then cannot read, second part (the first is traps-replay):
// what ours writes of the same events is restored by both to one state, and what the real one wrote is read by ours
// as it was meant. Spec: changelog.md section 9, defects 5, 10 and 11; metadata-file.md 2.10.

import assert from "node:assert/strict";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import {
  CreateStorageClass,
  CreateStorageClassAnswer,
  SetStorageClass,
  SetStorageClassAnswer,
} from "../../daemons/protocol/packets/client-classes.ts";
import {
  FileLock,
  FileLockAnswer,
  fileLockCommands,
  RangeLock,
  RangeLockAnswer,
  rangeLockCommands,
  rangeLockTypes,
} from "../../daemons/protocol/packets/client-locks.ts";
import { Open, OpenAnswer, openFlags } from "../../daemons/protocol/packets/client-data.ts";
import { Register, RegisterAnswer } from "../../daemons/protocol/packets/client-register.ts";
import { statusCode } from "../../daemons/protocol/status.ts";
import { History } from "../unit/daemons/master/io/data-folder.ts";
import { Cluster } from "./cluster.ts";
import type { Player } from "./cluster.ts";
import { JumpingMaster } from "./support/jumping-master.ts";
import { ourMaster } from "./support/our-master.ts";
import { readImageLines, restore } from "./support/random-changes-images.ts";
import type { RestoreOptions } from "./support/random-changes-images.ts";
import { bytesOf, rootInode, superuser, WireSession } from "./support/wire-session.ts";
import { until } from "./until.ts";

const limitMs = 60_000;
const messageId = 7;
const ok = statusCode("OK");
const limitedPath = "/limited";
const exports = ["* / rw,alldirs,admin,maproot=0:0", `* ${limitedPath} rw,maproot=0:0`];
const recursiveSet = 4;
/** A started master ends no sessions for so long; then it looks every ten seconds. */
const quietSeconds = 120;
const anyServer = [0, 0, 0, 0];

let folder = "";

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "traps-"));
});

after(() => rm(folder, { recursive: true, force: true }));

async function start(master: Player): Promise<Cluster> {
  return Cluster.start({ chunkservers: 0, master, exports });
}

/** All but the root itself, whose access time is that of the first start. */
function linesOf(image: string): readonly string[] {
  const { lines } = readImageLines(image, Date.now() / 1000);
  return lines.filter((line) => !/^NODE\|k:D\|i: +1\|/.test(line));
}

async function restored(options: Omit<RestoreOptions, "below">): Promise<readonly string[]> {
  return linesOf(await restore({ ...options, below: folder }));
}

async function createClass(session: WireSession, name: string): Promise<void> {
  const rules = { format: 0, adminOnly: 1, mode: 1, archiveDelayDays: 0 };
  const labels = { createLabels: [anyServer], keepLabels: [anyServer], archiveLabels: [anyServer] };
  const request = { messageId, name: bytesOf(name), ...rules, ...labels };
  assert.equal(
    (await session.ask(CreateStorageClass, request, CreateStorageClassAnswer)).status,
    ok,
  );
}

/** A tree in which one of three files, and so a class, is out of reach of who is no administrator. */
async function changeClassesBelow(cluster: Cluster): Promise<void> {
  using admin = await WireSession.open(cluster);
  await createClass(admin, "reserved");
  const top = await admin.makeDirectory(rootInode, "limited");
  const inner = await admin.makeDirectory(top, "inner");
  await admin.create(top, "first");
  const reserved = await admin.create(inner, "second");
  await admin.create(inner, "third");
  const one = { className: bytesOf("reserved"), mode: 0 };
  const set = { messageId, inode: reserved, uid: 0, change: one };
  assert.equal((await admin.ask(SetStorageClass, set, SetStorageClassAnswer)).variant, "full");
  using plain = await WireSession.open(cluster, { path: limitedPath });
  const all = { messageId, inode: rootInode, uid: 0, change: { goal: 3, mode: recursiveSet } };
  const answer = await plain.ask(SetStorageClass, all, SetStorageClassAnswer);
  assert.equal(answer.variant, "full");
  const { changed, unchanged, notPermitted } = answer;
  assert.deepEqual([changed, unchanged, notPermitted], [4, 0, 1]);
}

test(
  "defect 5: classes that only some nodes got are the same after a replay by either master",
  { timeout: limitMs },
  async () => {
    await using cluster = await start(ourMaster);
    await changeClassesBelow(cluster);
    assert.equal(await cluster.master.stop(), 0);
    const from = cluster.dataDir;
    const stored = linesOf(path.join(from, "metadata.mfs"));
    assert.equal(stored.filter((line) => /^NODE\|.*\|#:10\|/.test(line)).length, 1);
    for (const by of ["stock", "ours"] as const)
      assert.deepEqual(await restored({ by, from, images: "none" }), stored, by);
  },
);

test(
  "defect 5: of a real master's recursive line, ours changes what the real master had changed",
  { timeout: limitMs },
  async () => {
    await using cluster = await start("stock");
    await changeClassesBelow(cluster);
    assert.equal(await cluster.master.stop(), 0);
    const from = cluster.dataDir;
    const stored = linesOf(path.join(from, "metadata.mfs"));
    await assert.rejects(restored({ by: "stock", from, images: "none" }), /SETSCLASS/);
    assert.deepEqual(await restored({ by: "ours", from, images: "none" }), stored);
  },
);

/** What is open or locked when a session has been closed and the master stops before it forgets it. */
interface Held {
  readonly kept: number;
  readonly closed: number;
}

async function stopWithClosedSession(cluster: Cluster): Promise<Held> {
  using kept = await WireSession.open(cluster);
  const closing = await WireSession.open(cluster);
  const held = {
    kept: await kept.create(rootInode, "kept"),
    closed: await closing.create(rootInode, "closed"),
  };
  await lock(kept, held.kept);
  await lock(closing, held.closed);
  const { id: sessionId, metaId } = closing;
  const request = { variant: "closeSession", sessionId, metaId } as const;
  const answer = await closing.ask(Register, request, RegisterAnswer);
  assert.deepEqual(answer, { variant: "status", status: ok });
  assert.equal(await cluster.master.stop(), 0);
  return held;
}

/** A lock of the whole file and one of a range. */
async function lock(session: WireSession, inode: number): Promise<void> {
  const request = { messageId, inode, requestId: 1, owner: 5n };
  const whole = { ...request, command: fileLockCommands.tryExclusive };
  assert.equal((await session.ask(FileLock, whole, FileLockAnswer)).status, ok);
  const what = { pid: 9, command: rangeLockCommands.try, type: rangeLockTypes.write };
  const range = { ...request, ...what, start: 0n, end: 10n };
  const answer = await session.ask(RangeLock, range, RangeLockAnswer);
  assert.deepEqual(answer, { variant: "status", messageId, status: ok });
}

/** Inodes of an image that are open and locked in both ways. */
function heldIn(lines: readonly string[]): readonly number[] {
  const named = (name: string): readonly number[] =>
    lines
      .filter((line) => line.startsWith(name))
      .map((line) => Number(/(?:FLOCK |i: *)(\d+)/.exec(line)?.[1]))
      .toSorted((left, right) => left - right);
  const open = named("OPENFILE|");
  assert.deepEqual(named("FLOCK "), open);
  assert.deepEqual(named("POSIXLOCK|"), open);
  return open;
}

async function imageOnly(from: string): Promise<string> {
  const data = await mkdtemp(path.join(folder, "image-"));
  await copyFile(path.join(from, "metadata.mfs"), path.join(data, "metadata.mfs.back"));
  return data;
}

test(
  "defect 11: our image holds nothing of sessions that it does not hold, and both masters load it",
  { timeout: limitMs },
  async () => {
    await using cluster = await start(ourMaster);
    const { kept, closed } = await stopWithClosedSession(cluster);
    const from = await imageOnly(cluster.dataDir);
    for (const by of ["stock", "ours"] as const) {
      const held = heldIn(await restored({ by, from, images: "copied" }));
      assert.deepEqual(held, [kept, closed], by);
    }
  },
);

test(
  "defect 11: what a session had locked that was closed before a stop is free two minutes after the start",
  { timeout: limitMs },
  async () => {
    await using time = await JumpingMaster.create();
    await using cluster = await start(time.master);
    const { closed } = await stopWithClosedSession(cluster);
    await cluster.master.start();
    assert.equal(await lockAnew(cluster, closed), statusCode("EAGAIN"));
    await time.jump(cluster, quietSeconds);
    await until("the file is free", async () => (await lockAnew(cluster, closed)) === ok);
  },
);

/** Somebody else tries to lock the file. */
async function lockAnew(cluster: Cluster, inode: number): Promise<number> {
  using session = await WireSession.open(cluster);
  const opening = { messageId, inode, caller: superuser, flags: openFlags.read };
  assert.equal((await session.ask(Open, opening, OpenAnswer)).variant, "full");
  const command = fileLockCommands.tryExclusive;
  const request = { messageId, inode, requestId: 1, owner: 6n, command };
  return (await session.ask(FileLock, request, FileLockAnswer)).status;
}

test(
  "defect 11: from a real master's image, ours drops what a closed session had open and locked",
  { timeout: limitMs },
  async () => {
    await using cluster = await start("stock");
    const { kept, closed } = await stopWithClosedSession(cluster);
    const image = path.join(cluster.dataDir, "metadata.mfs");
    assert.deepEqual(heldIn(linesOf(image)), [kept, closed]);
    const from = await imageOnly(cluster.dataDir);
    await assert.rejects(restored({ by: "stock", from, images: "copied" }));
    assert.deepEqual(heldIn(await restored({ by: "ours", from, images: "copied" })), [kept]);
  },
);

test(
  "defect 10: lines that are missing below the image are no hole",
  { timeout: limitMs },
  async () => {
    const history = new History(30);
    const from = await mkdtemp(path.join(folder, "gap-"));
    await writeFile(path.join(from, "metadata.mfs.back"), history.image(20));
    const lines = history.log(3, 8) + history.log(20, 30);
    await writeFile(path.join(from, "changelog.0.mfs"), lines);
    await assert.rejects(restored({ by: "stock", from, images: "copied" }), /hole in change files/);
    const image = await restore({ by: "ours", from, below: folder, images: "copied" });
    assert.equal(readImageLines(image, 0).version, 31n);
  },
);
