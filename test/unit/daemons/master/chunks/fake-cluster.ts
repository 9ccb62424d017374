// A chunk layer with chunkservers that are driven by hand: packets go in, packets come out, time is given.

import assert from "node:assert/strict";
import { Prng } from "../../../../../daemons/base/prng.ts";
import type { EntryOf, OperationName } from "../../../../../daemons/metadata/changelog-entry.ts";
import type { Applied, Commit } from "../../../../../daemons/master/core/changes/change.ts";
import { addChunk, deleteChunk } from "../../../../../daemons/master/core/changes/chunks.ts";
import { setChunkVersion, unlockChunk } from "../../../../../daemons/master/core/changes/chunks.ts";
import { changeServer } from "../../../../../daemons/master/core/changes/chunkservers.ts";
import { chooseForWrite } from "../../../../../daemons/master/core/chunks/choose-for-write.ts";
import { ChunkCore } from "../../../../../daemons/master/core/chunks/chunk-core.ts";
import { Chunkservers } from "../../../../../daemons/master/core/chunks/chunkservers.ts";
import {
  afterUnlock,
  beginPlanned,
  planTruncate,
  planWrite,
} from "../../../../../daemons/master/core/chunks/modification.ts";
import type { ModificationPlan } from "../../../../../daemons/master/core/chunks/modification.ts";
import type { ClassRules } from "../../../../../daemons/master/core/chunks/settings.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { Chunks } from "../../../../../daemons/master/core/store/chunks.ts";
import { copyState } from "../../../../../daemons/master/core/store/copies.ts";
import { ServerBook } from "../../../../../daemons/master/core/store/server-book.ts";
import type { Packet } from "../../../../../daemons/protocol/packet.ts";
import { joinBlocks } from "../../../../../daemons/protocol/packet.ts";
import {
  packChunkIds,
  packChunks,
} from "../../../../../daemons/protocol/packets/chunkserver-chunk-list.ts";
import * as commands from "../../../../../daemons/protocol/packets/chunkserver-commands.ts";
import * as registration from "../../../../../daemons/protocol/packets/chunkserver-register.ts";
import * as reports from "../../../../../daemons/protocol/packets/chunkserver-reports.ts";

/** Class N is N copies anywhere. */
export const anywhere: ClassRules = {
  keepMax: (classId) => classId,
  goalOf: (classId) => classId,
  createLabels: (classId) => Array.from({ length: classId }, () => []),
  keptLabels: (classId) => Array.from({ length: classId }, () => []),
  modeOf: () => 1,
};

/** Something that was sent to a chunkserver. */
export interface Sent {
  readonly peer: number;
  readonly name: string;
  readonly value: unknown;
}

const bytesOfHeader = 8;
const version = 0x0003_00ea;
export const gigabyte = 1024 ** 3;
const ipOfPeer = (peer: number): number => 0x0a00_0000 + peer;
const stateNames = new Map(Object.entries(copyState).map(([name, state]) => [state, name]));

/** The layer and what it did. Chunkserver N has peer N and address 10.0.0.N:9422. */
export class FakeCluster {
  readonly chunks: Chunks;
  readonly book = new ServerBook();
  readonly core: ChunkCore;
  readonly port: Chunkservers;
  sent: Sent[] = [];
  readonly log: { op: OperationName }[] = [];
  readonly closed = new Map<number, string>();
  readonly done: { chunk: number; status: number }[] = [];
  readonly unlocked: number[] = [];
  invalidations = 0;
  #now = 1_000_000;
  #ms = 0;

  constructor(rules: ClassRules = anywhere) {
    this.chunks = new Chunks(rules);
    const { chunks, book } = this;
    const world = { chunks, servers: book };
    const apply = (entry: EntryOf<OperationName>): unknown => {
      this.log.push(entry);
      if (entry.op === "CSDBOP") return changeServer(world, this.#now, entry);
      if (entry.op === "CHUNKADD") return addChunk(world, this.#now, entry);
      if (entry.op === "CHUNKDEL") return deleteChunk(world, this.#now, entry);
      if (entry.op === "SETVERSION") return setChunkVersion(world, this.#now, entry);
      if (entry.op === "UNLOCK") return unlockChunk(world, this.#now, entry);
      return assert.fail(`${entry.op} is not for chunks`);
    };
    const commit: Commit = <O extends OperationName>(entry: EntryOf<O>) =>
      apply(entry as EntryOf<OperationName>) as Applied<O>;
    this.core = new ChunkCore({
      chunks,
      book,
      rules,
      prng: new Prng(1),
      commit,
      out: {
        send: <T>(peer: number, packet: Packet<T>, value: T) => {
          // Encoding proves that the value is one of the packet's.
          packet.encode(value);
          this.sent.push({ peer, name: packet.name, value });
        },
        close: (peer, reason) => this.closed.set(peer, reason),
      },
      events: {
        operationDone: (chunkId, ended) => this.done.push({ chunk: chunkId, status: ended }),
        chunkUnlocked: (chunk) => this.unlocked.push(chunks.idOf(chunk)),
        invalidateClientCaches: () => this.invalidations++,
        serverLost: () => undefined,
        log: () => undefined,
      },
      metaId: () => 77n,
      randomBytes: (count) => new Uint8Array(count).fill(7),
    });
    this.port = new Chunkservers(this.core, (name) => `${name} of the file`);
    this.core.setTime(this.#now, this.#ms);
  }

  get now(): number {
    return this.#now;
  }

  /** Time passes, tick by tick. */
  pass(seconds: number): void {
    for (let tick = 0; tick < seconds * 50; tick++) {
      this.#ms += 20;
      if (this.#ms % 1000 === 0) this.#now++;
      this.core.setTime(this.#now, this.#ms);
      this.port.tick();
    }
  }

  /** Time passes at once, as for a master that was stopped. */
  jump(seconds: number): void {
    this.#ms += seconds * 1000;
    this.#now += seconds;
    this.core.setTime(this.#now, this.#ms);
    this.port.tick();
  }

  receive<T>(peer: number, packet: Packet<T>, value: T): void {
    const frame = joinBlocks(packet.encode(value));
    this.port.onPacket(peer, packet.id, frame.subarray(bytesOfHeader));
  }

  begin(peer: number, changes: object = {}): void {
    this.port.onConnected(peer, ipOfPeer(peer));
    this.receive(peer, registration.RegisterChunkserver, this.beginning(changes));
  }

  beginning(changes: object = {}): registration.RegisterChunkserver {
    return {
      variant: "begin",
      version,
      ip: 0,
      port: 9422,
      timeoutSeconds: 0,
      chunkserverId: 0,
      usedBytes: gigabyte,
      totalBytes: 100 * gigabyte,
      chunks: 0,
      removalUsedBytes: 0,
      removalTotalBytes: 0,
      removalChunks: 0,
      ...changes,
    };
  }

  /** Registers a chunkserver whole. */
  join(peer: number, changes: object = {}): void {
    this.begin(peer, changes);
    this.receive(peer, registration.RegisterChunkserver, { variant: "end" });
  }

  /** So many chunkservers, all settled. */
  static settled(servers: number, rules: ClassRules = anywhere): FakeCluster {
    const cluster = new FakeCluster(rules);
    for (let peer = 1; peer <= servers; peer++) cluster.join(peer);
    cluster.keepAlive(12);
    cluster.sent = [];
    return cluster;
  }

  /** Time passes while all servers are heard of. */
  keepAlive(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      this.pass(1);
      for (const { peer } of this.core.servers.connected) {
        this.port.onPacket(peer, 0, new Uint8Array(0));
      }
    }
  }

  found(peer: number, chunkId: number, chunkVersion: number, markedForRemoval = false): void {
    const entries = packChunks([{ chunkId, version: chunkVersion, markedForRemoval }]);
    this.receive(peer, reports.ChunksFound, { entries });
  }

  lost(peer: number, chunkId: number): void {
    this.receive(peer, reports.ChunksLost, { ids: packChunkIds([chunkId]) });
  }

  damaged(peer: number, chunkId: number): void {
    this.receive(peer, reports.ChunksDamaged, { ids: packChunkIds([chunkId]) });
  }

  /** Takes what was sent since the last call. */
  takeSent(): readonly Sent[] {
    const taken = this.sent;
    this.sent = [];
    return taken;
  }

  /** Peers to which this packet was sent since the last call. */
  takePeers(packet: { readonly name: string }): readonly number[] {
    const wanted = this.takeSent().filter(({ name }) => name === packet.name);
    return wanted.map(({ peer }) => peer).toSorted((one, other) => one - other);
  }

  /** A file's slot is written: planned, committed as the file-system layer does, begun. */
  write(slot: {
    readonly chunkId: number;
    readonly classId?: number;
    readonly continued?: boolean;
  }): { status: number; chunkId: number; waits: boolean } {
    const classId = slot.classId ?? 2;
    const { chunkId, continued = false } = slot;
    const plan = planWrite(this.core, { chunkId, classId, clientIp: 1, continued });
    return this.#run(plan, classId);
  }

  truncate(slot: {
    readonly chunkId: number;
    readonly classId?: number;
    readonly truncateTo: number;
  }): {
    status: number;
    chunkId: number;
    waits: boolean;
  } {
    const { chunkId, truncateTo } = slot;
    return this.#run(planTruncate(this.core, { chunkId, truncateTo }), slot.classId ?? 2);
  }

  #run(
    plan: ModificationPlan | { readonly status: number },
    classId: number,
  ): { status: number; chunkId: number; waits: boolean } {
    if (!("kind" in plan)) return { status: plan.status, chunkId: 0, waits: false };
    const chosen = chooseForWrite(this.chunks, {
      slotChunkId: plan.oldChunkId,
      loggedChunkId: undefined,
      raiseVersion: plan.operationFlag === 1,
      ts: this.#now,
    });
    assert(typeof chosen !== "number");
    const { chunkId } = chosen;
    assert.equal(chunkId, plan.chunkId);
    if (chunkId !== plan.oldChunkId) {
      this.chunks.addReference(this.chunks.find(chunkId), classId);
      const old = this.chunks.find(plan.oldChunkId);
      if (old !== 0) this.chunks.dropReference(old, classId);
    }
    return { status: 0, chunkId, waits: beginPlanned(this.core, plan) };
  }

  /** A new chunk of a file, written and unlocked, with copies on these servers. */
  makeChunk(classId: number): number {
    const { chunkId } = this.write({ chunkId: 0, classId });
    for (const peer of this.takePeers(commands.CreateChunk)) this.answer(peer, chunkId);
    this.unlock(chunkId);
    this.done.length = 0;
    this.unlocked.length = 0;
    return chunkId;
  }

  /** The answer to any command on a chunk. */
  answer(peer: number, chunkId: number, code: number = status.OK): void {
    this.receive(peer, commands.SetChunkVersionAnswer, { chunkId, status: code });
  }

  unlock(chunkId: number): void {
    this.core.commit({ op: "UNLOCK", chunk: chunkId });
    afterUnlock(this.core, this.chunks.find(chunkId));
    this.core.deliver();
  }

  /** Copies as `peer:state` or `peer:state@version`, in the order of servers. */
  copies(chunkId: number): readonly string[] {
    const { chunks } = this;
    const chunk = chunks.find(chunkId);
    const shown: string[] = [];
    for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
      const { peer } = this.core.servers.at(chunks.copies.serverOf(copy));
      const own = chunks.copies.versionOf(copy);
      const shownVersion = own === chunks.versionOf(chunk) ? "" : `@${own}`;
      shown.push(`${peer}:${stateNames.get(chunks.copies.stateOf(copy))}${shownVersion}`);
    }
    return shown.toSorted();
  }

  version(chunkId: number): number {
    return this.chunks.versionOf(this.chunks.find(chunkId));
  }

  needsVersion(chunkId: number): boolean {
    return this.chunks.needsVersionOf(this.chunks.find(chunkId));
  }

  /** Operations of the log since the last call. */
  takeLog(): readonly string[] {
    return this.log.splice(0).map(({ op }) => op);
  }
}
