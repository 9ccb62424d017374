// Servers that vanish in each situation, and what servers report of copies. Spec: semantics-master.md 3.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { deleteCopy, replicate } from "../../../../../daemons/master/core/chunks/transfers.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import * as commands from "../../../../../daemons/protocol/packets/chunkserver-commands.ts";
import { FakeCluster } from "./fake-cluster.ts";

describe("servers that vanish", () => {
  it("spec 3.4: with another copy busy the operation goes on and is known to be interrupted", () => {
    const cluster = FakeCluster.settled(2);
    cluster.write({ chunkId: 0 });
    cluster.takeSent();
    cluster.port.onClosed(1);
    assert.deepEqual(cluster.copies(1), ["2:busy"]);
    assert.deepEqual(cluster.done, []);
    cluster.answer(2, 1);
    assert.deepEqual(cluster.takePeers(commands.SetChunkVersion), [2]);
    cluster.answer(2, 1);
    assert.deepEqual(cluster.done, [{ chunk: 1, status: status.OK }]);
    assert.equal(cluster.version(1), 2);
  });

  it("spec 3.4: with only valid copies left the version is raised at once", () => {
    const cluster = FakeCluster.settled(2);
    cluster.write({ chunkId: 0 });
    cluster.answer(1, 1);
    cluster.takeSent();
    cluster.port.onClosed(2);
    assert.deepEqual(cluster.takePeers(commands.SetChunkVersion), [1]);
  });

  it("spec 3.4: with no copy left the client is told", () => {
    const cluster = FakeCluster.settled(2);
    cluster.write({ chunkId: 0 });
    cluster.port.onClosed(1);
    cluster.port.onClosed(2);
    assert.deepEqual(cluster.done, [{ chunk: 1, status: status.NOSPACE }]);
    const answered = FakeCluster.settled(2);
    answered.write({ chunkId: 0 });
    answered.answer(1, 1, status.IO);
    answered.port.onClosed(2);
    assert.deepEqual(answered.done, [{ chunk: 1, status: status.NOTDONE }]);
  });

  it("spec 3.4, stricter: a version that a vanished server may have is never given out again", () => {
    const cluster = FakeCluster.settled(2);
    cluster.makeChunk(2);
    cluster.chunks.setNeedsVersion(cluster.chunks.find(1), true);
    cluster.write({ chunkId: 1 });
    cluster.answer(1, 1, status.NOTDONE);
    cluster.port.onClosed(2);
    assert.equal(cluster.version(1), 3);
    assert.deepEqual(cluster.copies(1), ["1:busy@1"]);
    assert.deepEqual(cluster.done, [{ chunk: 1, status: status.NOTDONE }]);
    cluster.answer(1, 1);
    assert.deepEqual(cluster.copies(1), ["1:valid"]);
    assert.equal(cluster.version(1), 3);
  });

  it("spec 3.4: a replication whose target vanishes unlocks the chunk", () => {
    const cluster = FakeCluster.settled(2);
    const chunkId = cluster.makeChunk(1);
    const chunk = cluster.chunks.find(chunkId);
    const [source, target] = byCopies(cluster, chunkId);
    assert.equal(replicate(cluster.core, { chunk, source, target, missing: true }), true);
    assert.equal(cluster.write({ chunkId, classId: 1 }).status, status.LOCKED);
    assert.equal(source.readReplications, 1);
    cluster.port.onClosed(target.peer);
    assert.deepEqual(cluster.unlocked, [chunkId]);
    assert.equal(source.readReplications, 0);
    assert.deepEqual(cluster.copies(chunkId), [`${source.peer}:valid`]);
  });

  it("all copies of a server that left are swept, and its slot serves another", () => {
    const cluster = FakeCluster.settled(1);
    for (let id = 1; id <= 3000; id++) cluster.found(1, id, 1);
    cluster.keepAlive(4);
    cluster.port.onClosed(1);
    assert.equal(cluster.core.servers.leaving, 1);
    assert.equal(cluster.chunks.usableCopies, 3000);
    cluster.pass(1);
    assert.equal(cluster.core.servers.leaving, 0);
    assert.equal(cluster.chunks.usableCopies, 0);
    cluster.join(2);
    assert.equal(cluster.core.servers.connected[0]?.slot, 1);
  });

  it("a copy that missed a change comes back stale", () => {
    const cluster = FakeCluster.settled(2);
    cluster.makeChunk(2);
    cluster.port.onClosed(2);
    cluster.keepAlive(1);
    cluster.write({ chunkId: 1 });
    cluster.answer(1, 1);
    assert.equal(cluster.version(1), 2);
    cluster.join(3, { ip: 0x0a00_0002 });
    cluster.found(3, 1, 1);
    assert.deepEqual(cluster.copies(1), ["1:valid", "3:wrongVersion@1"]);
  });
});

describe("reports of copies", () => {
  it("spec 3.1: an unknown chunk is kept for a week; impossible ids are ignored", () => {
    const cluster = FakeCluster.settled(1);
    cluster.found(1, 40, 3);
    const chunk = cluster.chunks.find(40);
    assert.equal(cluster.chunks.lockedToOf(chunk), cluster.now + 7 * 86_400);
    assert.equal(cluster.chunks.nextChunkId, 41);
    cluster.found(1, 0, 3);
    cluster.found(1, 42 + 1_000_000_000, 3);
    assert.equal(cluster.chunks.count, 1);
  });

  it("spec 3.1: a mark for removal comes and goes; what is stale or damaged stays so", () => {
    const cluster = FakeCluster.settled(1);
    cluster.makeChunk(1);
    cluster.found(1, 1, 1, true);
    assert.deepEqual(cluster.copies(1), ["1:removalValid"]);
    assert.equal(cluster.chunks.regularCopies, 0);
    cluster.found(1, 1, 1);
    assert.deepEqual(cluster.copies(1), ["1:valid"]);
    cluster.damaged(1, 1);
    cluster.found(1, 1, 1);
    assert.deepEqual(cluster.copies(1), ["1:invalid@0"]);
    assert.equal(cluster.needsVersion(1), true);
  });

  it("spec 3.2: an unknown damaged chunk gets a record, so that it can be deleted", () => {
    const cluster = FakeCluster.settled(1);
    cluster.damaged(1, 8);
    assert.deepEqual([cluster.version(8), ...cluster.copies(8)], [0, "1:invalid"]);
    assert.equal(cluster.chunks.lockedToOf(cluster.chunks.find(8)), 0);
  });

  it("spec 3.3: the last lost copy of an unused chunk deletes its record when all is known", () => {
    const cluster = FakeCluster.settled(1);
    cluster.damaged(1, 8);
    cluster.lost(1, 8);
    assert.equal(cluster.chunks.count, 1, "a loss holds for a second");
    cluster.damaged(1, 8);
    cluster.keepAlive(2);
    const chunk = cluster.chunks.find(8);
    deleteCopy(cluster.core, { chunk, copy: cluster.chunks.firstCopy(chunk) }, 0);
    assert.deepEqual(cluster.copies(8), ["1:deleting"]);
    cluster.receive(1, commands.DeleteChunkAnswer, { chunkId: 8, status: status.NOCHUNK });
    assert.equal(cluster.chunks.count, 0);
    assert.equal(cluster.takeLog().at(-1), "CHUNKDEL");
  });

  it("a loss that precedes the failing answer is one failure, not two", () => {
    const cluster = FakeCluster.settled(2);
    cluster.makeChunk(2);
    cluster.chunks.setNeedsVersion(cluster.chunks.find(1), true);
    cluster.write({ chunkId: 1 });
    cluster.takeSent();
    cluster.answer(2, 1);
    cluster.lost(1, 1);
    assert.deepEqual(cluster.takePeers(commands.SetChunkVersion), [2]);
    cluster.answer(1, 1, status.NOCHUNK);
    cluster.answer(2, 1);
    assert.equal(cluster.version(1), 3);
    assert.deepEqual(cluster.copies(1), ["2:valid"]);
    assert.deepEqual(cluster.done, [{ chunk: 1, status: status.OK }]);
  });

  it("spec 8.5: a fetched copy counts if its version is right", () => {
    for (const [version, code, copies] of [
      [1, status.OK, 2],
      [2, status.OK, 1],
      [1, status.IO, 1],
    ] as const) {
      const cluster = FakeCluster.settled(2);
      const chunkId = cluster.makeChunk(1);
      const chunk = cluster.chunks.find(chunkId);
      const [source, target] = byCopies(cluster, chunkId);
      replicate(cluster.core, { chunk, source, target, missing: true });
      assert.equal(cluster.chunks.usableCopiesOf(chunk), 2);
      cluster.receive(target.peer, commands.ReplicateChunkAnswer, {
        chunkId,
        version,
        status: code,
      });
      assert.equal(cluster.chunks.usableCopiesOf(chunk), copies);
      assert.equal(cluster.core.isLocked(chunk), false);
      assert.equal(target.replications.size + source.readReplications, 0);
    }
  });

  it("spec 8.5: a copy moved while the chunk was locked is not trusted", () => {
    const cluster = FakeCluster.settled(2);
    const chunkId = cluster.makeChunk(1);
    const chunk = cluster.chunks.find(chunkId);
    const [source, target] = byCopies(cluster, chunkId);
    replicate(cluster.core, { chunk, source, target, missing: false });
    cluster.write({ chunkId, classId: 1 });
    cluster.receive(target.peer, commands.ReplicateChunkAnswer, { chunkId, version: 1, status: 0 });
    assert.ok(cluster.copies(chunkId).includes(`${target.peer}:invalid@0`));
  });
});

describe("any order of events", () => {
  it("keeps write counters, pending commands and busy copies in step", () => {
    const event = fc.record({
      kind: fc.constantFrom(
        "write",
        "answer",
        "unlock",
        "found",
        "lost",
        "damaged",
        "leave",
        "join",
      ),
      peer: fc.integer({ min: 1, max: 3 }),
      chunkId: fc.integer({ min: 1, max: 3 }),
      code: fc.constantFrom(0, 0, 0, status.NOTDONE, status.IO, status.NOSPACE),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const cluster = FakeCluster.settled(3);
        for (const { kind, peer, chunkId, code } of events) {
          const known = cluster.chunks.find(chunkId);
          const used = known !== 0 && cluster.chunks.referencesOf(known) > 0;
          const up = cluster.core.servers.byPeer(peer) !== undefined;
          if (kind === "write") cluster.write({ chunkId: used ? chunkId : 0 });
          else if (kind === "unlock" && used) cluster.unlock(chunkId);
          else if (kind === "leave") cluster.port.onClosed(peer);
          else if (kind === "join" && !up) cluster.join(peer, { ip: 0x0a00_0000 + peer });
          else if (!up) continue;
          else if (kind === "answer") cluster.answer(peer, chunkId, code);
          else if (kind === "found") cluster.found(peer, chunkId, 1 + (code & 1));
          else if (kind === "lost") cluster.lost(peer, chunkId);
          else if (kind === "damaged") cluster.damaged(peer, chunkId);
          cluster.keepAlive(1);
          checkCounters(cluster);
        }
      }),
      { numRuns: 60 },
    );
  });
});

function checkCounters(cluster: FakeCluster): void {
  const { chunks, core } = cluster;
  const writes = new Map<number, number>();
  for (let id = 1; id < chunks.nextChunkId; id++) {
    const chunk = chunks.find(id);
    if (chunk === 0) continue;
    let busy = 0;
    for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
      const slot = chunks.copies.serverOf(copy);
      if (chunks.writingOf(chunk)) writes.set(slot, (writes.get(slot) ?? 0) + 1);
      const state = chunks.copies.stateOf(copy);
      if (state !== 2 && state !== 4) continue;
      busy++;
      assert.ok(core.servers.at(slot).pending.has(id), "a busy copy is commanded");
    }
    assert.equal(chunks.operationOf(chunk) !== 0, busy > 0, "an operation has busy copies");
  }
  for (const server of core.servers.connected) {
    assert.equal(server.writes, writes.get(server.slot) ?? 0, "write counters fit");
  }
}

type Connected = ReturnType<FakeCluster["core"]["servers"]["at"]>;

/** The server with the only copy, and the one without. */
function byCopies(cluster: FakeCluster, chunkId: number): readonly [Connected, Connected] {
  const [one, other] = cluster.core.servers.connected;
  assert.ok(one !== undefined && other !== undefined);
  const has = cluster.chunks.findCopy(cluster.chunks.find(chunkId), one.slot) !== 0;
  return has ? [one, other] : [other, one];
}
