// Traps of single requests, as a mount's own code would step into them: what answers mean, what an open file is,
// where times and lengths come from. Spec: wire-client-master.md "Traps" 2 to 14.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { decodeAttributes } from "../../daemons/protocol/attributes.ts";
import type { Attributes } from "../../daemons/protocol/attributes.ts";
import { Nop } from "../../daemons/protocol/packets/any.ts";
import {
  GetAttributes,
  GetAttributesAnswer,
  SetAttributes,
  SetAttributesAnswer,
  setAttributesBits,
} from "../../daemons/protocol/packets/client-attributes.ts";
import {
  ReadChunk,
  ReadChunkAnswer,
  WriteChunk,
  WriteChunkAnswer,
  WriteChunkEnd,
  WriteChunkEndAnswer,
} from "../../daemons/protocol/packets/client-data.ts";
import {
  FileTimes,
  Register,
  RegisterAnswer,
} from "../../daemons/protocol/packets/client-register.ts";
import {
  GetDirectoryStats,
  GetDirectoryStatsAnswer,
} from "../../daemons/protocol/packets/client-reports.ts";
import type { GetDirectoryStatsAnswer as DirectoryStats } from "../../daemons/protocol/packets/client-reports.ts";
import {
  Create,
  CreateAnswer,
  Lookup,
  LookupAnswer,
  ReadDirectory,
  ReadDirectoryAnswer,
  RemoveDirectory,
  RemoveDirectoryAnswer,
  Unlink,
  UnlinkAnswer,
} from "../../daemons/protocol/packets/client-tree.ts";
import { statusCode } from "../../daemons/protocol/status.ts";
import { Cluster } from "./cluster.ts";
import { ports } from "./settings.ts";
import { HostilePeer } from "./support/hostile-peer.ts";
import { ourMaster } from "./support/our-master.ts";
import {
  bytesOf,
  newSession,
  ownVersion,
  rootInode,
  superuser,
  WireSession,
} from "./support/wire-session.ts";
import { until } from "./until.ts";

const limitMs = 60_000;
const messageId = 7;
const exports = ["* / rw,alldirs,admin,maproot=0:0", "* /mapped rw,maproot=501:601", "* . rw"];

let cluster: Cluster;

before(async () => {
  const secret = { AUTH_CODE: "a word" };
  const options = { exports, config: secret, chunkserverConfig: secret };
  cluster = await Cluster.start({ chunkservers: 1, master: ourMaster, ...options });
  using session = await WireSession.open(cluster);
  await session.makeDirectory(rootInode, "mapped");
});

after(async () => {
  await cluster.down();
});

async function attributesOf(session: WireSession, inode: number): Promise<Attributes> {
  const request = { messageId, inode, opened: 0, uid: 0, gid: 0 };
  const answer = await session.ask(GetAttributes, request, GetAttributesAnswer);
  assert.equal(answer.variant, "full");
  return decodeAttributes(answer.attributes);
}

/** A write without any data. */
async function touchChunk(session: WireSession, inode: number): Promise<void> {
  const request = { messageId, inode, index: 0, flags: 0 };
  const begun = await session.ask(WriteChunk, request, WriteChunkAnswer);
  assert.equal(begun.variant, "full");
  const end = { messageId, chunkId: begun.chunkId, inode, index: 0, length: 0n, flags: 0 };
  const ended = await session.ask(WriteChunkEnd, end, WriteChunkEndAnswer);
  assert.equal(ended.status, statusCode("OK"));
}

test(
  "trap 5: a missing parent is another answer than a missing name",
  { timeout: limitMs },
  async () => {
    using session = await WireSession.open(cluster);
    const looked = async (parent: number): Promise<unknown> => {
      const request = { messageId, parent, name: bytesOf("nowhere"), caller: superuser };
      return session.ask(Lookup, request, LookupAnswer);
    };
    const answer = { variant: "status", messageId };
    assert.deepEqual(await looked(rootInode), { ...answer, status: statusCode("ENOENT") });
    assert.deepEqual(await looked(99_999), { ...answer, status: statusCode("ENOENT_NOCACHE") });
  },
);

test(
  "traps 6 and 9: a subfolder's root is inode 1, and of root's groups only the first is mapped",
  { timeout: limitMs },
  async () => {
    using whole = await WireSession.open(cluster);
    using mapped = await WireSession.open(cluster, { path: "/mapped" });
    const folder = await whole.lookup(rootInode, "mapped");
    assert.notEqual(folder, rootInode);
    const other = await whole.makeDirectory(folder, "shared");
    assert.equal(await mapped.lookup(rootInode, "shared"), other);
    const outside = await whole.makeDirectory(rootInode, "outside");
    const request = { messageId, inode: outside, opened: 0, uid: 0, gid: 0 };
    assert.equal((await mapped.ask(GetAttributes, request, GetAttributesAnswer)).variant, "status");
    await assertMapping(whole, mapped, folder);
  },
);

async function assertMapping(
  whole: WireSession,
  mapped: WireSession,
  folder: number,
): Promise<void> {
  const { mode, uid, gid } = setAttributesBits;
  const change = { setMask: mode | uid | gid, mode: 0o070, uid: 1, gid: 27 };
  const rest = { accessTime: 0, modificationTime: 0, windowsFlags: 0, sugidClearMode: 0 };
  const caller = { uid: 0, gid: 0, groups: [] };
  const set = { messageId, inode: folder, opened: 0, caller, ...change, ...rest };
  assert.equal((await whole.ask(SetAttributes, set, SetAttributesAnswer)).variant, "full");
  const make = async (...groups: readonly number[]): Promise<string> => {
    const what = { messageId, parent: rootInode, name: bytesOf("made"), mode: 0o644, umask: 0 };
    const request = { ...what, caller: { uid: 0, gid: 27, groups } };
    const answer = await mapped.ask(Create, request, CreateAnswer);
    return answer.variant === "status" ? `${answer.status}` : answer.variant;
  };
  const refused = `${statusCode("EACCES")}`;
  assert.equal(await make(), refused, "the first group was not mapped");
  assert.equal(await make(28), refused);
  assert.equal(await make(28, 27), "full", "a further group was mapped");
  const made = await attributesOf(whole, await whole.lookup(folder, "made"));
  assert.deepEqual([made.uid, made.gid], [501, 601]);
}

test(
  "trap 7: a listing's answer begins with the place that was asked for",
  { timeout: limitMs },
  async () => {
    using session = await WireSession.open(cluster);
    for (const nextEdge of [0n, 1n, 2n ** 62n + 5n]) {
      const request = {
        messageId,
        inode: rootInode,
        caller: superuser,
        flags: 0,
        entriesMax: 1,
        nextEdge,
      };
      const answer = await session.ask(ReadDirectory, request, ReadDirectoryAnswer);
      assert.equal(answer.variant, "full");
      assert.equal(answer.nextEdge, nextEdge);
    }
  },
);

test("trap 8: removals answer with the inode", { timeout: limitMs }, async () => {
  using session = await WireSession.open(cluster);
  const file = await session.create(rootInode, "removed");
  const directory = await session.makeDirectory(rootInode, "removed-too");
  const named = (name: string) => ({
    messageId,
    parent: rootInode,
    name: bytesOf(name),
    caller: superuser,
  });
  const full = { variant: "full", messageId };
  const unlinked = await session.ask(Unlink, named("removed"), UnlinkAnswer);
  assert.deepEqual(unlinked, { ...full, inode: file });
  const removed = await session.ask(RemoveDirectory, named("removed-too"), RemoveDirectoryAnswer);
  assert.deepEqual(removed, { ...full, inode: directory });
});

test(
  "trap 10: chunk requests change no times, and what the mount says of them does",
  { timeout: limitMs },
  async () => {
    using session = await WireSession.open(cluster);
    const inode = await session.create(rootInode, "timed");
    const { accessTime } = await attributesOf(session, inode);
    // Two seconds of the master's clock: a time that was set now would differ.
    const { changeTime } = await waitedOn(session, accessTime + 2);
    assert.ok(changeTime >= accessTime + 2);
    await touchChunk(session, inode);
    await session.ask(ReadChunk, { messageId, inode, index: 0, flags: 0 }, ReadChunkAnswer);
    const before = await attributesOf(session, inode);
    assert.equal(before.accessTime, accessTime);
    assert.equal(before.modificationTime, accessTime);
    const files = [{ inode, accessTime: accessTime + 1, modificationTime: accessTime + 2 }];
    session.tell(FileTimes, { files });
    const after = await attributesOf(session, inode);
    assert.equal(after.accessTime, accessTime + 1);
    assert.equal(after.modificationTime, accessTime + 2);
  },
);

/** Makes nodes until one of them was made at this time. */
async function waitedOn(session: WireSession, time: number): Promise<Attributes> {
  let made: Attributes | undefined;
  let count = 0;
  await until("the master's clock goes on", async () => {
    made = await attributesOf(session, await session.create(rootInode, `clock-${time}-${count++}`));
    return made.changeTime >= time;
  });
  assert.ok(made !== undefined);
  return made;
}

test(
  "trap 14: sums of a directory are longer on a mount's connection than on a tool's",
  { timeout: limitMs },
  async () => {
    using session = await WireSession.open(cluster);
    const inode = await session.makeDirectory(rootInode, "counted");
    await session.create(inode, "one");
    const request = { messageId, inode };
    const onMount = await session.ask(GetDirectoryStats, request, GetDirectoryStatsAnswer);
    const onTool: DirectoryStats = await cluster.ask(async (client) => {
      const { id: sessionId, metaId } = session;
      const tools = { variant: "tools", sessionId, version: ownVersion, metaId } as const;
      const answer = await client.request(Register, tools, RegisterAnswer);
      assert.deepEqual(answer, { variant: "status", status: 0 });
      return client.request(GetDirectoryStats, request, GetDirectoryStatsAnswer);
    });
    assert.equal(onMount.variant, "mount");
    assert.equal(onTool.variant, "tools");
    for (const sums of [onMount, onTool]) {
      const { inodes, directories, files, length } = sums;
      assert.deepEqual([inodes, directories, files, length], [2, 1, 1, 0n]);
    }
  },
);

test("trap 2: a keep-alive has four bytes", { timeout: limitMs }, async () => {
  const peer = await HostilePeer.open({ address: cluster.master.address, port: ports.clients });
  peer.send(...Register.encode(newSession("idle")));
  await peer.frame(RegisterAnswer.id);
  assert.deepEqual(await peer.frame(Nop.id), Buffer.alloc(4));
  peer.close();
});
