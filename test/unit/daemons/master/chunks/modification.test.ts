// Writing, truncating, failing: the operations on chunks with servers that answer by hand.
// Spec: semantics-master.md 3.4 to 3.6, 4.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  locationsOf,
  readStatus,
  checkCopies,
} from "../../../../../daemons/master/core/chunks/locations.ts";
import {
  adoptVersion,
  planRepair,
} from "../../../../../daemons/master/core/chunks/modification.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import * as commands from "../../../../../daemons/protocol/packets/chunkserver-commands.ts";
import { FakeCluster } from "./fake-cluster.ts";

const { NOTDONE, NOSPACE, IO } = status;

const ascending = (one: number, other: number): number => one - other;

describe("writing chunks", () => {
  it("spec 4.1: a new chunk is created on as many servers as the goal, then the client is told", () => {
    const cluster = FakeCluster.settled(3);
    assert.deepEqual(cluster.write({ chunkId: 0 }), { status: 0, chunkId: 1, waits: true });
    const peers = cluster.takePeers(commands.CreateChunk);
    assert.equal(peers.length, 2);
    assert.equal(readStatus(cluster.core, 1), status.LOCKED);
    cluster.answer(peers[0] ?? 0, 1);
    assert.deepEqual(cluster.done, []);
    cluster.answer(peers[1] ?? 0, 1);
    assert.deepEqual(cluster.done, [{ chunk: 1, status: status.OK }]);
    assert.equal(cluster.needsVersion(1), false);
    assert.equal(locationsOf(cluster.core, cluster.chunks.find(1), 1).length, 2);
    assert.deepEqual(
      cluster.core.servers.connected.map((server) => server.writes).toSorted(ascending),
      [0, 1, 1],
    );
    cluster.unlock(1);
    assert.deepEqual(cluster.unlocked, [1]);
    assert.equal(readStatus(cluster.core, 1), status.OK);
    assert.equal(
      cluster.core.servers.connected.some((server) => server.writes > 0),
      false,
    );
  });

  it("a second write changes nothing on servers while every copy is known", () => {
    const cluster = FakeCluster.settled(2);
    cluster.makeChunk(2);
    assert.deepEqual(cluster.write({ chunkId: 1 }), { status: 0, chunkId: 1, waits: false });
    assert.deepEqual(cluster.takeSent(), []);
    assert.equal(cluster.version(1), 1);
    assert.equal(cluster.write({ chunkId: 1 }).status, status.LOCKED);
    assert.equal(cluster.write({ chunkId: 1, continued: true }).status, 0);
    cluster.keepAlive(121);
    assert.equal(cluster.write({ chunkId: 1 }).status, 0);
  });

  it("a write after a copy came or went raises the version first", () => {
    const cluster = FakeCluster.settled(3);
    cluster.makeChunk(2);
    cluster.found(3, 1, 1);
    cluster.keepAlive(4);
    cluster.takeSent();
    assert.equal(cluster.write({ chunkId: 1 }).waits, true);
    const [first] = cluster.sent;
    assert.deepEqual(first?.value, { chunkId: 1, newVersion: 2, oldVersion: 1 });
    assert.deepEqual(cluster.takePeers(commands.SetChunkVersion), [1, 2, 3]);
    cluster.unlock(1);
    assert.equal(cluster.write({ chunkId: 1 }).status, status.CHUNKBUSY);
    for (const peer of [1, 2, 3]) cluster.answer(peer, 1);
    assert.deepEqual(cluster.done, [{ chunk: 1, status: status.OK }]);
    assert.equal(cluster.needsVersion(1), false);
  });

  it("spec 3.5: a failed copy raises the version once more before the client is told", () => {
    const cluster = FakeCluster.settled(3);
    cluster.write({ chunkId: 0, classId: 3 });
    cluster.takeSent();
    cluster.takeLog();
    cluster.answer(1, 1);
    cluster.answer(2, 1, IO);
    cluster.answer(3, 1);
    assert.deepEqual(cluster.takePeers(commands.SetChunkVersion), [1, 3]);
    assert.deepEqual(cluster.takeLog(), ["SETVERSION"]);
    assert.equal(cluster.version(1), 2);
    assert.deepEqual(cluster.copies(1), ["1:busy@1", "2:invalid@0", "3:busy@1"]);
    cluster.answer(1, 1);
    cluster.answer(3, 1);
    assert.deepEqual(cluster.done, [{ chunk: 1, status: status.OK }]);
  });

  it("spec 3.5: NOTDONE of a creation forgets the copy, of a version leaves a stale one", () => {
    const cluster = FakeCluster.settled(2);
    cluster.write({ chunkId: 0 });
    cluster.answer(1, 1, NOTDONE);
    assert.deepEqual(cluster.copies(1), ["2:busy"]);
    cluster.answer(2, 1);
    cluster.answer(2, 1);
    cluster.unlock(1);
    cluster.found(1, 1, 2);
    cluster.keepAlive(4);
    cluster.write({ chunkId: 1 });
    cluster.takeSent();
    cluster.answer(1, 1, NOTDONE);
    assert.deepEqual(cluster.copies(1), ["1:wrongVersion@2", "2:busy@2"]);
    cluster.answer(2, 1);
    assert.deepEqual(cluster.takePeers(commands.SetChunkVersion), [2]);
    assert.equal(cluster.version(1), 4);
  });

  it("spec 3.4: a raise that reached no server is taken back", () => {
    const cluster = FakeCluster.settled(2);
    cluster.makeChunk(2);
    cluster.chunks.setNeedsVersion(cluster.chunks.find(1), true);
    cluster.write({ chunkId: 1 });
    cluster.takeLog();
    cluster.answer(1, 1, NOTDONE);
    cluster.answer(2, 1, NOTDONE);
    assert.deepEqual(cluster.takeLog(), ["SETVERSION"]);
    assert.equal(cluster.version(1), 1);
    assert.deepEqual(cluster.copies(1), ["1:valid", "2:valid"]);
    assert.deepEqual(cluster.done, [{ chunk: 1, status: NOTDONE }]);
    assert.equal(cluster.needsVersion(1), true);
  });

  it("spec 3.5: the client hears NOSPACE only if nobody had room", () => {
    const full = FakeCluster.settled(2);
    full.write({ chunkId: 0 });
    full.answer(1, 1, NOSPACE);
    full.answer(2, 1, NOSPACE);
    assert.deepEqual(full.done, [{ chunk: 1, status: NOSPACE }]);
    const broken = FakeCluster.settled(2);
    broken.write({ chunkId: 0 });
    broken.answer(1, 1, NOSPACE);
    broken.answer(2, 1, IO);
    assert.deepEqual(broken.done, [{ chunk: 1, status: NOTDONE }]);
  });

  it("spec 4.1: without servers there is no chunk, with full ones no space, with missing ones patience", () => {
    const empty = FakeCluster.settled(0);
    empty.pass(11);
    assert.equal(empty.write({ chunkId: 0 }).status, status.NOCHUNKSERVERS);
    const full = new FakeCluster();
    full.join(1, { usedBytes: 1000, totalBytes: 1000 });
    full.keepAlive(12);
    assert.equal(full.write({ chunkId: 0 }).status, NOSPACE);
    const away = FakeCluster.settled(1);
    away.port.onClosed(1);
    away.pass(1);
    assert.equal(away.write({ chunkId: 0 }).status, status.EAGAIN);
  });

  it("spec 4.1: a chunk that others share is duplicated on all its servers", () => {
    const cluster = FakeCluster.settled(2);
    cluster.makeChunk(2);
    cluster.chunks.addReference(cluster.chunks.find(1), 2);
    assert.deepEqual(cluster.write({ chunkId: 1 }), { status: 0, chunkId: 2, waits: true });
    assert.deepEqual(cluster.sent[0]?.value, {
      newChunkId: 2,
      newVersion: 1,
      oldChunkId: 1,
      oldVersion: 1,
    });
    assert.deepEqual(cluster.takePeers(commands.DuplicateChunk), [1, 2]);
    assert.equal(cluster.chunks.referencesOf(cluster.chunks.find(1)), 1);
    cluster.answer(1, 2);
    cluster.answer(2, 2);
    assert.deepEqual(cluster.done, [{ chunk: 2, status: status.OK }]);
    assert.equal(cluster.version(1), 1);
  });

  it("spec 4.2: a truncation always raises the version and counts no write", () => {
    const cluster = FakeCluster.settled(2);
    cluster.makeChunk(2);
    assert.equal(cluster.truncate({ chunkId: 1, truncateTo: 77 }).waits, true);
    assert.deepEqual(cluster.sent[0]?.value, {
      chunkId: 1,
      length: 77,
      newVersion: 2,
      oldVersion: 1,
    });
    assert.deepEqual(cluster.takePeers(commands.TruncateChunk), [1, 2]);
    assert.equal(cluster.core.servers.connected[0]?.writes, 0);
    cluster.answer(1, 1);
    cluster.answer(2, 1);
    cluster.unlock(1);
    cluster.chunks.addReference(cluster.chunks.find(1), 2);
    assert.equal(cluster.truncate({ chunkId: 1, truncateTo: 5 }).chunkId, 2);
    assert.deepEqual(cluster.takePeers(commands.DuplicateTruncateChunk), [1, 2]);
    assert.equal(cluster.truncate({ chunkId: 9, truncateTo: 5 }).status, status.NOCHUNK);
  });

  it("spec 4.1: while servers arrive, a chunk with too few copies has to wait", () => {
    const cluster = FakeCluster.settled(2);
    cluster.makeChunk(2);
    cluster.lost(2, 1);
    cluster.begin(3);
    assert.equal(cluster.write({ chunkId: 1 }).status, status.EAGAIN);
  });

  it("a chunk without any copy is lost only when everything is known", () => {
    const cluster = FakeCluster.settled(2);
    cluster.makeChunk(2);
    cluster.port.onClosed(1);
    cluster.port.onClosed(2);
    cluster.pass(1);
    assert.equal(cluster.write({ chunkId: 1 }).status, status.CSNOTPRESENT);
    cluster.join(3, { ip: 0x0a00_0001 });
    cluster.join(4, { ip: 0x0a00_0002 });
    cluster.keepAlive(2);
    assert.equal(cluster.write({ chunkId: 1 }).status, status.CHUNKLOST);
  });

  it("spec 4.4: a repair adopts the highest version that is left, or gives the slot up", () => {
    const cluster = FakeCluster.settled(2);
    cluster.makeChunk(2);
    assert.deepEqual(planRepair(cluster.core, 0), { kind: "unchanged" });
    assert.deepEqual(planRepair(cluster.core, 1), { kind: "unchanged" });
    assert.deepEqual(planRepair(cluster.core, 99), { kind: "erase" });
    cluster.lost(1, 1);
    cluster.lost(2, 1);
    assert.deepEqual(planRepair(cluster.core, 1), { kind: "erase" });
    cluster.found(1, 1, 7);
    cluster.found(2, 1, 6);
    const plan = planRepair(cluster.core, 1);
    assert.deepEqual(plan, { kind: "setVersion", version: 7 });
    cluster.core.commit({ op: "SETVERSION", chunk: 1, version: 7 });
    adoptVersion(cluster.core, cluster.chunks.find(1));
    assert.deepEqual(cluster.copies(1), ["1:valid", "2:wrongVersion@6"]);
    assert.deepEqual(
      checkCopies(cluster.core, cluster.chunks.find(1))
        .map(({ type }) => type)
        .toSorted(ascending),
      [0, 2],
    );
  });
});
