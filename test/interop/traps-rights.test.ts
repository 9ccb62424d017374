// Traps of rules: what is protected and what is not, when a quota begins to count, how access lists are read, what
// the trash costs. Where the original has a gap that tools can see, ours has the same one.
// Spec: semantics-master.md 7.3, 10.3, 11.3, 12.1, 16 and 18.1, listed in 29.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  Access,
  AccessAnswer,
  SetAcl,
  SetAclAnswer,
} from "../../daemons/protocol/packets/client-attributes.ts";
import {
  ChangeStorageClass,
  ChangeStorageClassAnswer,
  storageClassChanges,
} from "../../daemons/protocol/packets/client-classes.ts";
import {
  ReadChunk,
  ReadChunkAnswer,
  WriteChunk,
  WriteChunkAnswer,
  WriteChunkEnd,
  WriteChunkEndAnswer,
} from "../../daemons/protocol/packets/client-data.ts";
import {
  GetDirectoryStats,
  GetDirectoryStatsAnswer,
} from "../../daemons/protocol/packets/client-reports.ts";
import {
  GetExtraAttributes,
  GetExtraAttributesAnswer,
  QuotaControl,
  QuotaControlAnswer,
  SetExtraAttributes,
  SetExtraAttributesAnswer,
} from "../../daemons/protocol/packets/client-tools.ts";
import {
  Create,
  CreateAnswer,
  Unlink,
  UnlinkAnswer,
} from "../../daemons/protocol/packets/client-tree.ts";
import { statusCode } from "../../daemons/protocol/status.ts";
import { Cluster } from "./cluster.ts";
import { ourMaster } from "./support/our-master.ts";
import { bytesOf, rootInode, superuser, WireSession } from "./support/wire-session.ts";
import { until } from "./until.ts";

const limitMs = 60_000;
const messageId = 7;
const ok = statusCode("OK");
const folderPath = "/limited";
const exports = ["* / rw,alldirs,admin,maproot=0:0", `* ${folderPath} rw,maproot=0:0`, "* . rw"];
const anyServer = [0, 0, 0, 0];

let cluster: Cluster;

before(async () => {
  cluster = await Cluster.start({ chunkservers: 2, master: ourMaster, exports });
  using session = await WireSession.open(cluster);
  await session.makeDirectory(rootInode, "limited");
});

after(async () => {
  await cluster.down();
});

async function changeClass(session: WireSession, name: string, changes: number): Promise<number> {
  const what = { messageId, name: bytesOf(name), format: 0, changes };
  const rules = { adminOnly: 0, mode: 1, archiveDelayDays: 0 };
  const labels = { createLabels: [anyServer], keepLabels: [anyServer], archiveLabels: [anyServer] };
  const request = { ...what, ...rules, ...labels };
  const answer = await session.ask(ChangeStorageClass, request, ChangeStorageClassAnswer);
  return answer.variant === "status" ? answer.status : ok;
}

test(
  "spec 7.3: predefined classes need force to be changed, all but the last, and an administrator in any case",
  { timeout: limitMs },
  async () => {
    using admin = await WireSession.open(cluster);
    using plain = await WireSession.open(cluster, { path: folderPath });
    const { archiveDelay, force } = storageClassChanges;
    for (let goal = 1; goal <= 8; goal++) {
      assert.equal(await changeClass(admin, `${goal}`, archiveDelay), statusCode("EPERM"));
    }
    assert.equal(await changeClass(admin, "9", archiveDelay), ok);
    assert.equal(await changeClass(admin, "8", archiveDelay | force), ok);
    for (const goal of ["8", "9"]) {
      const refused = statusCode("EPERM_NOTADMIN");
      assert.equal(await changeClass(plain, goal, archiveDelay | force), refused);
    }
  },
);

/** Soft and hard limits of a number of inodes; no grace period is named. */
async function limitInodes(
  session: WireSession,
  inode: number,
  { soft, hard }: { soft: number; hard: number },
): Promise<QuotaControlAnswer> {
  const none = { softLength: 0n, softSize: 0n, softRealSize: 0n };
  const noneHard = { hardLength: 0n, hardSize: 0n, hardRealSize: 0n };
  const inodes = { softInodes: soft, hardInodes: hard };
  const request = { variant: "set", messageId, inode, flags: 0x11, graceSeconds: 0 } as const;
  const body = { ...request, ...inodes, ...none, ...noneHard };
  return session.ask(QuotaControl, body, QuotaControlAnswer);
}

async function tryCreate(session: WireSession, parent: number, name: string): Promise<number> {
  const what = { messageId, parent, name: bytesOf(name), mode: 0o644, umask: 0 };
  const answer = await session.ask(Create, { ...what, caller: superuser }, CreateAnswer);
  return answer.variant === "status" ? answer.status : ok;
}

test(
  "spec 18.1: the soft limits of a quota without a grace period are hard within seconds",
  { timeout: limitMs },
  async () => {
    using session = await WireSession.open(cluster);
    const inode = await session.makeDirectory(rootInode, "quota");
    const quota = await limitInodes(session, inode, { soft: 1, hard: 1000 });
    assert.ok(quota.variant === "full" && quota.graceSeconds === 0);
    let status = ok;
    let count = 0;
    await until("the soft limit holds", async () => {
      status = await tryCreate(session, inode, `file-${count++}`);
      return status !== ok;
    });
    assert.equal(status, statusCode("QUOTA"));
    assert.ok(count > 2, "the soft limit held at once");
  },
);

/** Sets extra attributes exactly. */
async function setExtra(
  session: WireSession,
  inode: number,
  extraAttributes: number,
): Promise<SetExtraAttributesAnswer> {
  const request = { messageId, inode, uid: 0, extraAttributes, mode: 0 };
  return session.ask(SetExtraAttributes, request, SetExtraAttributesAnswer);
}

async function extraOf(session: WireSession, inode: number): Promise<number | undefined> {
  const request = { messageId, inode, recursive: 0 };
  const answer = await session.ask(GetExtraAttributes, request, GetExtraAttributesAnswer);
  return answer.variant === "full" ? answer.files[0]?.extraAttributes : undefined;
}

test(
  "spec 12.1: without administration no protection is named, but setting exactly what is left ends it",
  { timeout: limitMs },
  async () => {
    const immutable = 0x80;
    const noDataCache = 0x08;
    using admin = await WireSession.open(cluster);
    using plain = await WireSession.open(cluster, { path: folderPath });
    const inode = await plain.create(rootInode, "protected");
    const refused = { variant: "status", messageId, status: statusCode("EPERM") };
    assert.deepEqual(await setExtra(plain, inode, immutable), refused);
    assert.equal((await setExtra(admin, inode, immutable)).variant, "full");
    assert.equal(await extraOf(plain, inode), immutable);
    assert.equal((await setExtra(plain, inode, noDataCache)).variant, "full");
    assert.equal(await extraOf(plain, inode), noDataCache);
  },
);

test(
  "spec 11.3: the groups of an access list do not add up, one of them must grant all",
  { timeout: limitMs },
  async () => {
    const [read, write] = [4, 2];
    using session = await WireSession.open(cluster);
    const inode = await session.create(rootInode, "list");
    const groups = [
      { id: 201, permissions: read },
      { id: 202, permissions: write },
    ];
    const entries = { user: 6, group: 0, other: 7, mask: 7, users: [], groups };
    const acl = { messageId, inode, uid: 0, aclType: 1, ...entries };
    assert.equal((await session.ask(SetAcl, acl, SetAclAnswer)).status, ok);
    const may = async (mask: number, ...members: readonly number[]): Promise<boolean> => {
      const [gid = 0, ...further] = members;
      const request = { messageId, inode, caller: { uid: 1000, gid, groups: further }, mask };
      return (await session.ask(Access, request, AccessAnswer)).status === ok;
    };
    assert.deepEqual([await may(read, 201, 202), await may(write, 201, 202)], [true, true]);
    assert.equal(await may(read | write, 201, 202), false);
    // Others may all, but not who is in one of the groups.
    assert.equal(await may(read | write, 203), true);
    assert.equal(await may(write, 201), false);
  },
);

async function writeChunk(session: WireSession, inode: number, length: bigint): Promise<number> {
  const request = { messageId, inode, index: 0, flags: 0 };
  const begun = await session.ask(WriteChunk, request, WriteChunkAnswer);
  assert.equal(begun.variant, "full");
  const end = { messageId, chunkId: begun.chunkId, inode, index: 0, length, flags: 0 };
  assert.equal((await session.ask(WriteChunkEnd, end, WriteChunkEndAnswer)).status, ok);
  return begun.chunkId;
}

test(
  "spec 29: what is in the trash counts in no sum and no quota, but its chunks stay",
  { timeout: limitMs },
  async () => {
    using session = await WireSession.open(cluster);
    const directory = await session.makeDirectory(rootInode, "sums");
    await limitInodes(session, directory, { soft: 0, hard: 1 });
    const sums = async (): Promise<readonly unknown[]> => {
      const request = { messageId, inode: directory };
      const answer = await session.ask(GetDirectoryStats, request, GetDirectoryStatsAnswer);
      assert.equal(answer.variant, "mount");
      const { files, chunks, length, size, realSize } = answer;
      return [files, chunks, length, size, realSize];
    };
    const inode = await session.create(directory, "thrown-away");
    const chunkId = await writeChunk(session, inode, 1000n);
    const size = 65_536n + 8192n;
    assert.deepEqual(await sums(), [1, 1, 1000n, size, 2n * size]);
    assert.equal(await tryCreate(session, directory, "second"), statusCode("QUOTA"));
    const unlink = { messageId, parent: directory, name: bytesOf("thrown-away") };
    await session.ask(Unlink, { ...unlink, caller: superuser }, UnlinkAnswer);
    assert.deepEqual(await sums(), [0, 0, 0n, 0n, 0n]);
    assert.equal(await tryCreate(session, directory, "second"), ok);
    const read = { messageId, inode, index: 0, flags: 0 };
    const chunk = await session.ask(ReadChunk, read, ReadChunkAnswer);
    assert.ok(chunk.variant === "full" && chunk.chunkId === chunkId);
    assert.equal(chunk.copies.length, 2);
  },
);
