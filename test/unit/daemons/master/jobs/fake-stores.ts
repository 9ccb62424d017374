// Chunkservers that really keep chunks: they answer commands after a while, forget what they were doing
// when they are killed, and keep their disks. All from one seed.

import { status } from "../../../../../daemons/master/core/status.ts";
import { Prng } from "../../../../../daemons/base/prng.ts";
import { packChunks } from "../../../../../daemons/protocol/packets/chunkserver-chunk-list.ts";
import * as commands from "../../../../../daemons/protocol/packets/chunkserver-commands.ts";
import * as registration from "../../../../../daemons/protocol/packets/chunkserver-register.ts";
import * as reports from "../../../../../daemons/protocol/packets/chunkserver-reports.ts";
import type { FakeCluster, Sent } from "../chunks/fake-cluster.ts";

const chunkBytes = 0x400_0000;
const delayTicksMax = 30;

/** A chunk on a disk. */
interface Stored {
  version: number;
  marked: boolean;
  /** Stands for its data. */
  content: number;
}

/** The disks of one chunkserver. */
interface Store {
  readonly peer: number;
  readonly chunks: Map<number, Stored>;
  readonly labelMask: number;
  readonly totalBytes: number;
  up: boolean;
}

interface Work {
  readonly dueTick: number;
  readonly sent: Sent;
}

/** The chunkservers of one simulation. */
export class FakeStores {
  readonly #fake: FakeCluster;
  readonly #prng: Prng;
  readonly stores = new Map<number, Store>();
  #work: Work[] = [];
  #tick = 0;
  /** One answer in so many is a failure; 0 = none. */
  failOneIn = 0;

  constructor(fake: FakeCluster, seed: number) {
    this.#fake = fake;
    this.#prng = new Prng(seed);
  }

  add(peer: number, labelMask: number, totalBytes: number): void {
    this.stores.set(peer, { peer, chunks: new Map(), labelMask, totalBytes, up: false });
    this.boot(peer);
  }

  /** The chunkserver connects and reports its disks. */
  boot(peer: number): void {
    const store = this.#store(peer);
    store.up = true;
    this.#fake.begin(peer, this.#space(store));
    const entries = packChunks(
      [...store.chunks].map(([chunkId, { version, marked }]) => ({
        chunkId,
        version,
        markedForRemoval: marked,
      })),
    );
    this.#register(peer, { variant: "chunks", entries });
    this.#register(peer, { variant: "end" });
    const { labelMask } = store;
    this.#fake.receive(peer, registration.ChunkserverLabels, { labelMask });
  }

  /** The power is pulled: what was asked for is forgotten, disks stay. */
  kill(peer: number): void {
    this.#store(peer).up = false;
    this.#work = this.#work.filter(({ sent }) => sent.peer !== peer);
    this.#fake.sent = this.#fake.sent.filter((sent) => sent.peer !== peer);
    this.#fake.port.onClosed(peer);
  }

  /** Part of the chunkserver's chunks lie on a disk that is to be removed. */
  mark(peer: number, part: number): void {
    const store = this.#store(peer);
    for (const [chunkId, chunk] of store.chunks) {
      if (this.#prng.fraction() >= part) continue;
      chunk.marked = true;
      if (store.up) this.#fake.found(peer, chunkId, chunk.version, true);
    }
  }

  /** The marked disks are pulled out. */
  pullMarked(peer: number): void {
    const store = this.#store(peer);
    for (const [chunkId, { marked }] of store.chunks) {
      if (!marked) continue;
      store.chunks.delete(chunkId);
      this.#fake.lost(peer, chunkId);
    }
  }

  /** A disk lost a chunk. */
  damage(peer: number, chunkId: number): void {
    if (this.#store(peer).chunks.has(chunkId)) this.#fake.damaged(peer, chunkId);
  }

  /** A client writes its data. */
  write(peer: number, chunkId: number, content: number): void {
    const chunk = this.#store(peer).chunks.get(chunkId);
    if (chunk !== undefined) chunk.content = content;
  }

  /** Takes commands and answers those whose time has come. */
  tick(): void {
    this.#tick++;
    for (const sent of this.#fake.takeSent()) {
      const dueTick = this.#tick + this.#prng.below(delayTicksMax);
      this.#work.push({ dueTick, sent });
    }
    const due = this.#work.filter(({ dueTick }) => dueTick <= this.#tick);
    this.#work = this.#work.filter(({ dueTick }) => dueTick > this.#tick);
    for (const { sent } of due) if (this.#store(sent.peer).up) this.#answer(sent);
    if (this.#tick % 50 === 0) this.#reportSpace();
  }

  #answer({ peer, name, value }: Sent): void {
    const fails = this.failOneIn > 0 && this.#prng.below(this.failOneIn) === 0;
    switch (name) {
      case commands.DeleteChunk.name: {
        const { chunkId, version } = value as commands.DeleteChunk;
        const code = fails ? status.IO : this.#delete(peer, chunkId, version);
        this.#fake.receive(peer, commands.DeleteChunkAnswer, { chunkId, status: code });
        return;
      }
      case commands.ReplicateChunk.name: {
        const { chunkId, version, ip } = value as commands.ReplicateChunk;
        const code = fails ? status.IO : this.#copy(ip & 0xff, peer, chunkId, version);
        const answer = { chunkId, version, status: code };
        this.#fake.receive(peer, commands.ReplicateChunkAnswer, answer);
        return;
      }
      case commands.CreateChunk.name: {
        const { chunkId, version } = value as commands.CreateChunk;
        if (!fails) this.#create(peer, chunkId, version);
        this.#fake.answer(peer, chunkId, fails ? status.NOTDONE : status.OK);
        return;
      }
      case commands.SetChunkVersion.name: {
        const change = value as commands.SetChunkVersion;
        const code = fails ? status.NOTDONE : this.#setVersion(peer, change);
        this.#fake.answer(peer, change.chunkId, code);
        return;
      }
      default:
    }
  }

  #create(peer: number, chunkId: number, version: number): void {
    this.#store(peer).chunks.set(chunkId, { version, marked: false, content: 0 });
  }

  #delete(peer: number, chunkId: number, version: number): number {
    const { chunks } = this.#store(peer);
    const chunk = chunks.get(chunkId);
    if (chunk === undefined) return status.NOCHUNK;
    if (version !== 0 && version !== chunk.version) return status.WRONGVERSION;
    chunks.delete(chunkId);
    return status.OK;
  }

  #copy(source: number, target: number, chunkId: number, version: number): number {
    const { chunks } = this.#store(target);
    if (chunks.has(chunkId)) return status.CHUNKEXIST;
    const from = this.#store(source);
    const chunk = from.chunks.get(chunkId);
    if (!from.up || chunk === undefined) return status.IO;
    if (chunk.version !== version) return status.WRONGVERSION;
    chunks.set(chunkId, { version, marked: false, content: chunk.content });
    return status.OK;
  }

  #setVersion(peer: number, change: commands.SetChunkVersion): number {
    const chunk = this.#store(peer).chunks.get(change.chunkId);
    if (chunk === undefined) return status.NOCHUNK;
    if (chunk.version !== change.oldVersion) return status.WRONGVERSION;
    chunk.version = change.newVersion;
    return status.OK;
  }

  #reportSpace(): void {
    for (const store of this.stores.values()) {
      if (!store.up) continue;
      this.#fake.receive(store.peer, reports.ChunkserverSpace, this.#space(store));
    }
  }

  #space(store: Store): reports.ChunkserverSpace {
    const all = [...store.chunks.values()];
    const removalChunks = all.filter(({ marked }) => marked).length;
    const chunks = all.length - removalChunks;
    return {
      usedBytes: chunks * chunkBytes,
      totalBytes: store.totalBytes,
      chunks,
      removalUsedBytes: removalChunks * chunkBytes,
      removalTotalBytes: removalChunks * chunkBytes,
      removalChunks,
    };
  }

  #register(peer: number, step: registration.RegisterChunkserver): void {
    this.#fake.receive(peer, registration.RegisterChunkserver, step);
  }

  #store(peer: number): Store {
    const store = this.stores.get(peer);
    if (store === undefined) throw new Error(`Cannot find the store of chunkserver ${peer}`);
    return store;
  }
}
