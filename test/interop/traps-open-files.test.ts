// Traps of open files and of sessions on the wire: who may lock, what a list of held inodes closes, where appended
// bytes go, who waits for a written chunk, and what a session finds after exports or masters have changed.
// Spec: wire-client-master.md "Traps" 11 to 19, wire-admin.md 3.16.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { decodeAttributes } from "../../daemons/protocol/attributes.ts";
import {
  ListAcquiredLocks,
  ListAcquiredLocksAnswer,
} from "../../daemons/protocol/packets/admin-figures.ts";
import {
  ListOpenFiles,
  ListOpenFilesAnswer,
} from "../../daemons/protocol/packets/admin-settings.ts";
import {
  GetAttributes,
  GetAttributesAnswer,
} from "../../daemons/protocol/packets/client-attributes.ts";
import {
  Open,
  OpenAnswer,
  openFlags,
  Truncate,
  TruncateAnswer,
  truncateFlags,
  WriteChunk,
  WriteChunkAnswer,
  WriteChunkEnd,
  WriteChunkEndAnswer,
} from "../../daemons/protocol/packets/client-data.ts";
import {
  FileLock,
  FileLockAnswer,
  fileLockCommands,
  RangeLock,
  RangeLockAnswer,
  rangeLockCommands,
  rangeLockTypes,
} from "../../daemons/protocol/packets/client-locks.ts";
import {
  Register,
  RegisterAnswer,
  SustainedInodes,
} from "../../daemons/protocol/packets/client-register.ts";
import { statusCode } from "../../daemons/protocol/status.ts";
import { Cluster } from "./cluster.ts";
import { ports } from "./settings.ts";
import { HostilePeer } from "./support/hostile-peer.ts";
import { ourMaster } from "./support/our-master.ts";
import {
  newSession,
  ownVersion,
  rootInode,
  superuser,
  WireSession,
} from "./support/wire-session.ts";
import { until } from "./until.ts";

const limitMs = 60_000;
const messageId = 7;
const ok = statusCode("OK");
const notOpened = statusCode("NOTOPENED");
/** Taken as it is written, this is what a client of 3.0.117 sends. */
const exports = ["* / rw,alldirs,admin,maproot=0:0,minversion=3.0.234", "* . rw"];

let cluster: Cluster;

before(async () => {
  cluster = await Cluster.start({ chunkservers: 2, master: ourMaster, exports });
});

after(async () => {
  await cluster.down();
});

async function flock(session: WireSession, inode: number): Promise<number> {
  const command = fileLockCommands.tryExclusive;
  const request = { messageId, inode, requestId: 1, owner: BigInt(session.id), command };
  return (await session.ask(FileLock, request, FileLockAnswer)).status;
}

async function lockRange(session: WireSession, inode: number, start = 0n): Promise<number> {
  const range = { type: rangeLockTypes.write, start, end: start + 50n };
  const who = { requestId: 2, owner: 77n, pid: 99, command: rangeLockCommands.try };
  const request = { messageId, inode, ...who, ...range };
  const answer = await session.ask(RangeLock, request, RangeLockAnswer);
  return answer.variant === "status" ? answer.status : ok;
}

async function open(session: WireSession, inode: number): Promise<void> {
  const flags = openFlags.read | openFlags.write;
  const request = { messageId, inode, caller: superuser, flags };
  assert.equal((await session.ask(Open, request, OpenAnswer)).variant, "full");
}

async function openInodes(sessionId: number): Promise<readonly number[]> {
  const answer = await cluster.ask((client) =>
    client.request(ListOpenFiles, { variant: "plain", sessionId }, ListOpenFilesAnswer, {
      variant: "session",
    }),
  );
  assert.equal(answer.variant, "session");
  return answer.inodes;
}

test(
  "trap 16: creating and opening open a file for a session, and only then it may lock",
  { timeout: limitMs },
  async () => {
    using first = await WireSession.open(cluster);
    using second = await WireSession.open(cluster);
    const inode = await first.create(rootInode, "opened");
    assert.equal(await flock(second, inode), notOpened);
    assert.equal(await lockRange(second, inode), notOpened);
    assert.equal(await flock(first, inode), ok);
    assert.equal(await lockRange(first, inode), ok);
    await open(second, inode);
    assert.equal(await flock(second, inode), statusCode("EAGAIN"));
    assert.equal(await lockRange(second, inode, 50n), ok);
  },
);

test(
  "trap 15: what is not in a list of held inodes is closed, and its locks go to others",
  { timeout: limitMs },
  async () => {
    using first = await WireSession.open(cluster);
    using second = await WireSession.open(cluster);
    const [kept, closed] = [
      await first.create(rootInode, "kept"),
      await first.create(rootInode, "closed"),
    ];
    for (const inode of [kept, closed]) {
      await open(second, inode);
      assert.equal(await flock(first, inode), ok);
      assert.equal(await lockRange(first, inode), ok);
    }
    first.tell(SustainedInodes, { inodes: [kept] });
    // Behind the list on the same connection.
    assert.equal(await flock(first, closed), notOpened);
    assert.deepEqual(await openInodes(first.id), [kept]);
    assert.deepEqual([await flock(second, closed), await lockRange(second, closed)], [ok, ok]);
    const again = statusCode("EAGAIN");
    assert.deepEqual([await flock(second, kept), await lockRange(second, kept)], [again, again]);
  },
);

test(
  "spec wire-admin 10.7: locks of ranges and of whole files are listed one behind the other",
  { timeout: limitMs },
  async () => {
    using session = await WireSession.open(cluster);
    const inode = await session.create(rootInode, "locked");
    assert.equal(await lockRange(session, inode, 1000n), ok);
    assert.equal(await lockRange(session, inode, 2000n), ok);
    assert.equal(await flock(session, inode), ok);
    const { locks } = await cluster.ask(async (client) => {
      const request = { variant: "plain", inode } as const;
      const form = { variant: "inode" };
      const answer = await client.request(
        ListAcquiredLocks,
        request,
        ListAcquiredLocksAnswer,
        form,
      );
      assert.equal(answer.variant, "inode");
      return answer;
    });
    const range = { sessionId: session.id, owner: 77n, pid: 99, type: 2 };
    assert.deepEqual(locks, [
      { ...range, start: 1000n, end: 1050n },
      { ...range, start: 2000n, end: 2050n },
      { ...range, owner: BigInt(session.id), pid: 0, start: 0n, end: 0n },
    ]);
  },
);

test(
  "trap 13: appends reserve their places one behind the other, and change no length",
  { timeout: limitMs },
  async () => {
    using first = await WireSession.open(cluster);
    using second = await WireSession.open(cluster);
    const inode = await first.create(rootInode, "appended");
    await open(second, inode);
    const flags = truncateFlags.opened | truncateFlags.update | truncateFlags.reserve;
    const reserve = async (session: WireSession, length: bigint): Promise<bigint> => {
      const request = { messageId, inode, flags, caller: superuser, length };
      const answer = await session.ask(Truncate, request, TruncateAnswer);
      assert.equal(answer.variant, "full");
      assert.equal(decodeAttributes(answer.attributes).length, 0n);
      return answer.previousLength;
    };
    assert.equal(await reserve(first, 5n), 0n);
    assert.equal(await reserve(second, 100n), 5n);
    assert.equal(await reserve(first, 1n), 105n);
  },
);

/** A session of bare frames, whose answers may be waited for in any order. */
async function bareSession(): Promise<HostilePeer> {
  const peer = await HostilePeer.open({ address: cluster.master.address, port: ports.clients });
  peer.send(...Register.encode(newSession("bare session")));
  await peer.frame(RegisterAnswer.id);
  return peer;
}

test(
  "traps 11 and 12: who finds a chunk locked waits, and the end of a write with length 0 only unlocks",
  { timeout: limitMs },
  async () => {
    using session = await WireSession.open(cluster);
    const inode = await session.create(rootInode, "written");
    const write = { messageId, inode, index: 0, flags: 0 };
    const begun = await session.ask(WriteChunk, write, WriteChunkAnswer);
    assert.equal(begun.variant, "full");
    const end = { messageId, chunkId: begun.chunkId, inode, index: 0, flags: 0 };
    const ended = async (length: bigint): Promise<number> =>
      (await session.ask(WriteChunkEnd, { ...end, length }, WriteChunkEndAnswer)).status;
    assert.equal(await ended(1000n), ok);
    assert.equal((await session.ask(WriteChunk, write, WriteChunkAnswer)).variant, "full");
    const other = await bareSession();
    other.send(...WriteChunk.encode(write));
    const asked = { messageId, inode, opened: 0, uid: 0, gid: 0 };
    other.send(...GetAttributes.encode(asked));
    // Takes away what came before it: an answer to the write would never be seen.
    await other.frame(GetAttributesAnswer.id);
    assert.equal(await ended(0n), ok);
    const waited = WriteChunkAnswer.decode(await other.frame(WriteChunkAnswer.id));
    assert.ok(waited.variant === "full" && waited.chunkId === begun.chunkId);
    assert.equal(waited.length, 1000n);
    other.send(...WriteChunkEnd.encode({ ...end, length: 0n }));
    await other.frame(WriteChunkEndAnswer.id);
    other.close();
  },
);

test(
  "trap 19: a minimal version is compared as it is written, its last number not doubled",
  { timeout: limitMs },
  async () => {
    using admitted = await WireSession.open(cluster, { version: ownVersion });
    assert.ok(admitted.id > 0);
    await assert.rejects(
      WireSession.open(cluster, { version: ownVersion - 2 }),
      new RegExp(`"status":${statusCode("EACCES")}\\b`),
    );
  },
);

/** What resuming the session on a new connection answers. */
async function resumed({ id: sessionId, metaId }: WireSession): Promise<number> {
  const request = { variant: "reconnect", sessionId, version: ownVersion, metaId } as const;
  const answer = await cluster.ask((client) => client.request(Register, request, RegisterAnswer));
  assert.ok(answer.variant === "reconnected" || answer.variant === "status", answer.variant);
  return answer.status;
}

test(
  "trap 18: sessions resume after restarts of the master: its sum of the exports is the same",
  { timeout: limitMs },
  async () => {
    using session = await WireSession.open(cluster);
    const inode = await session.create(rootInode, "over-restarts");
    assert.equal(await resumed(session), ok);
    await cluster.master.kill();
    await cluster.master.start(["-a"]);
    assert.equal(await resumed(session), ok);
    assert.equal(await cluster.master.stop(), 0);
    await cluster.master.start();
    assert.equal(await resumed(session), ok);
    assert.deepEqual(await openInodes(session.id), [inode]);
  },
);

test(
  "trap 17: after a change of the exports nobody resumes, but who registers with the old number finds all open",
  { timeout: limitMs },
  async () => {
    using session = await WireSession.open(cluster);
    const inode = await session.create(rootInode, "over-exports");
    assert.equal(await flock(session, inode), ok);
    assert.equal(await resumed(session), ok);
    const lines = ["* / rw,alldirs,admin,maproot=0:0,maxgoal=8", "* . rw"];
    await cluster.master.write("mfsexports.cfg", `${lines.join("\n")}\n`);
    cluster.master.reload();
    let answer = ok;
    const isRefused = async (): Promise<boolean> => (answer = await resumed(session)) !== ok;
    await until("the exports have changed", isRefused);
    assert.equal(answer, statusCode("EPERM"));
    const { id: sessionId, metaId } = session;
    using again = await WireSession.open(cluster, { continues: { sessionId, metaId } });
    assert.equal(again.id, session.id);
    assert.deepEqual(await openInodes(session.id), [inode]);
    using other = await WireSession.open(cluster);
    await open(other, inode);
    assert.equal(await flock(other, inode), statusCode("EAGAIN"));
  },
);
