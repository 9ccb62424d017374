// Changes of chunk records and of the chunkserver book, as replay meets them. Spec: changelog.md 7.3, 7.5, 8.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as changes from "../../../../../daemons/master/core/changes/chunks.ts";
import { changeServer } from "../../../../../daemons/master/core/changes/chunkservers.ts";
import { chooseForWrite } from "../../../../../daemons/master/core/chunks/choose-for-write.ts";
import { FakeCluster, gigabyte } from "./fake-cluster.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { Chunks } from "../../../../../daemons/master/core/store/chunks.ts";
import { ServerBook } from "../../../../../daemons/master/core/store/server-book.ts";

const ts = 1000;
const goals = { keepMax: (classId: number) => classId };

function world(): { chunks: Chunks } {
  return { chunks: new Chunks(goals) };
}

describe("changes of chunks", () => {
  it("spec 7.3: CHUNKADD takes a new id, and refuses known, far and expired ones", () => {
    const at = world();
    const add = (chunk: number, lockedTo = 0): unknown =>
      changes.addChunk(at, ts, { op: "CHUNKADD", chunk, version: 4, lockedTo });
    assert.deepEqual(add(10, ts), {});
    assert.equal(at.chunks.nextChunkId, 11);
    assert.equal(add(10), status.CHUNKEXIST);
    assert.equal(add(11 + 1_000_000_001), status.MISMATCH);
    assert.equal(add(12, ts - 1), status.MISMATCH);
    assert.deepEqual(add(3), {});
    assert.equal(at.chunks.nextChunkId, 11);
  });

  it("spec 7.3: CHUNKDEL looks at version, references, copies and lock, in this order", () => {
    const at = world();
    const chunk = at.chunks.create(1, 2);
    at.chunks.addReference(chunk, 1);
    at.chunks.addCopy(chunk, 1, 1, 2);
    at.chunks.setLockedTo(chunk, ts);
    const remove = (version = 2, id = 1): unknown =>
      changes.deleteChunk(at, ts, { op: "CHUNKDEL", chunk: id, version });
    assert.equal(remove(2, 9), status.NOCHUNK);
    assert.equal(remove(1), status.WRONGVERSION);
    assert.equal(remove(), status.ACTIVE);
    at.chunks.dropReference(chunk, 1);
    assert.equal(remove(), status.CHUNKBUSY);
    at.chunks.removeCopy(chunk, at.chunks.firstCopy(chunk));
    assert.equal(remove(), status.LOCKED);
    changes.unlockChunk(at, ts, { op: "UNLOCK", chunk: 1 });
    assert.deepEqual(remove(), {});
    assert.equal(at.chunks.count, 0);
  });

  it("sets and raises versions, and moves the next id forward only", () => {
    const at = world();
    const chunk = at.chunks.create(1, 1);
    changes.setChunkVersion(at, ts, { op: "SETVERSION", chunk: 1, version: 9 });
    changes.raiseChunkVersion(at, ts, { op: "INCVERSION", chunk: 1 });
    assert.equal(at.chunks.versionOf(chunk), 10);
    assert.equal(changes.unlockChunk(at, ts, { op: "UNLOCK", chunk: 2 }), status.NOCHUNK);
    const next = (id: number): unknown =>
      changes.setNextChunkId(at, ts, { op: "NEXTCHUNKID", chunk: id });
    assert.equal(next(1), status.MISMATCH);
    assert.deepEqual(next(50), {});
    assert.equal(at.chunks.nextChunkId, 50);
  });

  it("spec 7.3.1: chooses the chunk of a write, and compares it with the log's", () => {
    const { chunks } = world();
    const choose = (slotChunkId: number, loggedChunkId?: number, raiseVersion = true): unknown =>
      chooseForWrite(chunks, { slotChunkId, loggedChunkId, raiseVersion, ts });
    assert.equal(choose(0, 2), status.MISMATCH);
    assert.deepEqual(choose(0, 1), { chunkId: 1 });
    const chunk = chunks.find(1);
    assert.deepEqual([chunks.versionOf(chunk), chunks.lockedToOf(chunk)], [1, ts + 120]);
    assert.equal(choose(1), status.CHUNKLOST);
    chunks.addReference(chunk, 1);
    assert.equal(choose(1, 2), status.MISMATCH);
    assert.deepEqual(choose(1, 1, false), { chunkId: 1 });
    assert.equal(chunks.versionOf(chunk), 1);
    assert.deepEqual(choose(1), { chunkId: 1 });
    assert.equal(chunks.versionOf(chunk), 2);
    chunks.addReference(chunk, 1);
    assert.equal(choose(1, 1), status.MISMATCH);
    assert.deepEqual(choose(1), { chunkId: 2 });
    assert.equal(choose(77), status.NOCHUNK);
  });
});

describe("changes of the chunkserver book", () => {
  it("spec 7.5: adds, numbers, moves, maintains and removes; refuses what does not fit", () => {
    const servers = new ServerBook();
    const change = (action: number, address: number, argument = 0): unknown =>
      changeServer({ servers }, ts, { op: "CSDBOP", action, address, port: 1, argument });
    assert.deepEqual(change(0, 5), {});
    assert.equal(change(0, 5), status.MISMATCH);
    assert.deepEqual(change(3, 5, 1), {});
    assert.equal(change(0, 6, 1), status.MISMATCH, "the id is used");
    assert.equal(change(3, 5, 0), status.MISMATCH);
    assert.equal(change(3, 7, 2), status.MISMATCH);
    assert.deepEqual(change(2, 8, 1), {});
    assert.equal(change(2, 8, 4), status.MISMATCH);
    assert.equal(servers.find(5, 1), undefined);
    assert.deepEqual(change(4, 8, 99), {});
    const entry = servers.find(8, 1);
    assert.deepEqual([entry?.id, entry?.maintenance, entry?.maintenanceUntil], [1, 1, 99]);
    change(6, 8, 5);
    assert.equal(entry?.maintenance, 2);
    change(5, 8);
    assert.equal(entry?.maintenance, 0);
    assert.equal(change(7, 8), status.MISMATCH);
    assert.deepEqual(change(1, 8), {});
    assert.equal(change(1, 8), status.MISMATCH);
    assert.equal(servers.count, 0);
  });
});

describe("room for statfs", () => {
  it("spec 6.1: sums usable servers and keeps the reserve back", () => {
    const cluster = FakeCluster.settled(2);
    const free = (reserved: Parameters<typeof cluster.core.servers.sums>[0]): number =>
      Number(cluster.core.servers.sums(reserved).availableBytes / BigInt(gigabyte));
    cluster.join(3, { usedBytes: 2, totalBytes: 1 });
    assert.equal(
      cluster.core.servers.sums({ kind: "bytes", bytes: 0 }).totalBytes,
      BigInt(200 * gigabyte),
    );
    assert.equal(free({ kind: "bytes", bytes: 8 * gigabyte }), 190);
    assert.equal(free({ kind: "percent", percent: 50 }), 98);
    assert.equal(free({ kind: "mostUsed", times: 2 }), 196);
    assert.equal(free({ kind: "largest", times: 1 }), 98);
    assert.equal(free({ kind: "largest", times: 9 }), 0);
  });
});
