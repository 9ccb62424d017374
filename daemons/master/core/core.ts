// The master without any input or output: what comes in are frames, closed connections and ticks of the
// clock; what goes out are lines of the changelog and packets. Same inputs, same outputs.
// Spec: wire-client-master-1.md sections 1 and 3, wire-chunkserver.md section 2.

import type { FrameRule } from "../../protocol/frame.ts";
import type { Packet } from "../../protocol/packet.ts";
import { InvalidateChunkCache, Register } from "../../protocol/packets/client-register.ts";
import { fromChunkserver } from "../../protocol/packets/chunkserver-tables.ts";
import { requestRule, requestsOf } from "../../protocol/packets/client-requests.ts";
import { ProtocolError } from "../../protocol/protocol-error.ts";
import type { Prng } from "../../base/prng.ts";
import type { Commit } from "./changes/change.ts";
import { ChunkCore } from "./chunks/chunk-core.ts";
import { afterUnlock } from "./chunks/modification.ts";
import { Chunkservers } from "./chunks/chunkservers.ts";
import { Topology } from "./chunks/topology.ts";
import type { Client, PeerId } from "./client.ts";
import { Counters } from "./counters.ts";
import { DataCache } from "./data-cache.ts";
import { later } from "./ops/operation.ts";
import type { Outcome } from "./ops/operation.ts";
import { operations } from "./ops/table.ts";
import type { Outbox, PendingOperation, Service } from "./service.ts";
import type { Settings } from "./settings.ts";
import { Periodic } from "./periodic.ts";
import { Registrar } from "./register.ts";
import { status } from "./status.ts";
import { chunkOperation } from "./store/chunks.ts";
import { ChunkJobs } from "./jobs/chunk-jobs.ts";
import { FileTest } from "./jobs/file-test.ts";
import { Journal } from "./journal.ts";
import { noSources } from "./admin/providers.ts";
import type { MonitorSources } from "./admin/providers.ts";
import { monitorRequests } from "./admin/table.ts";
import type { World } from "./store/world.ts";
import { WaitingRequests } from "./waiting.ts";

/** A connection that has not registered; its challenge is what a password is answered to. */
export interface Unregistered {
  readonly peer: PeerId;
  readonly ip: number;
  challenge: Uint8Array | undefined;
}

/** What a core is made from. */
export interface CoreParts {
  readonly world: World;
  readonly outbox: Outbox;
  readonly settings: Settings;
  readonly prng: Prng;
  /** Unguessable bytes, for password challenges. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** Microseconds since 1970 at the start. */
  readonly nowMicroseconds: number;
}

/** The master. */
export class MasterCore implements Service {
  readonly world: World;
  readonly outbox: Outbox;
  readonly commit: Commit;
  readonly chunkCore: ChunkCore;
  readonly chunkservers: Chunkservers;
  readonly counters = new Counters();
  readonly dataCache = new DataCache();
  readonly waiting = new WaitingRequests();
  readonly reservations = new Map<number, bigint>();
  readonly clients = new Map<PeerId, Client>();
  readonly startedAt: number;
  readonly prng: Prng;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly registrar: Registrar;
  config: Settings;
  now = 0;
  nowMicroseconds = 0;
  readonly #unregistered = new Map<PeerId, Unregistered>();
  readonly #chunkserverPeers = new Set<PeerId>();
  /** Requests that wait for an operation of chunkservers, by the chunk's id: places in the table are reused. */
  readonly #pending = new Map<number, { client: Client; request: PendingOperation }>();
  readonly #periodic: Periodic;
  readonly jobs: ChunkJobs;
  readonly fileTest: FileTest;
  /** What monitors ask beyond the core; set by whoever runs it. */
  monitor: MonitorSources = noSources;

  constructor(parts: CoreParts) {
    this.world = parts.world;
    this.outbox = parts.outbox;
    this.config = parts.settings;
    this.prng = parts.prng;
    this.randomBytes = parts.randomBytes;
    this.#setTime(parts.nowMicroseconds);
    this.startedAt = this.now;
    const { outbox } = parts;
    const journal = new Journal(
      parts.world,
      (version, line) => outbox.journal(version, line),
      () => this.now,
    );
    this.commit = journal.commit;
    this.chunkCore = new ChunkCore({
      chunks: this.world.chunks,
      book: this.world.servers,
      rules: this.world.classes,
      prng: parts.prng,
      out: outbox,
      commit: this.commit,
      events: {
        operationDone: (chunkId, ended) => this.#operationDone(chunkId, ended),
        chunkUnlocked: (chunk) => this.#wake(this.world.chunks.idOf(chunk)),
        invalidateClientCaches: () => this.#invalidateClientCaches(),
        serverLost: () => this.fileTest.serverLost(),
        log: (line) => outbox.log("info", line),
      },
      metaId: () => this.world.metaId,
      randomBytes: parts.randomBytes,
    });
    const option = (name: string) => this.config.option(name);
    this.chunkservers = new Chunkservers(this.chunkCore, option);
    this.jobs = new ChunkJobs(this.chunkCore, parts.settings.jobs);
    this.fileTest = new FileTest(this.world, this.chunkCore, parts.settings.jobs);
    this.registrar = new Registrar(this);
    this.#periodic = new Periodic(this);
    this.reconfigure(parts.settings);
  }

  /** New settings, at the start and at each reload. */
  reconfigure(settings: Settings): void {
    this.config = settings;
    this.chunkCore.settings = settings.chunks;
    this.jobs.configure(settings.jobs);
    this.fileTest.configure(settings.jobs);
    this.chunkCore.topology = new Topology(settings.topology);
    const { exportsChecksum } = settings;
    for (const client of this.clients.values()) {
      if (client.kind === "mount" && client.session.exportsChecksum !== exportsChecksum) {
        this.outbox.close(client.peer, "exports have changed");
      }
    }
  }

  /** The time of the inputs that follow. */
  setTime(nowMicroseconds: number, monotonicMs: number): void {
    this.#setTime(nowMicroseconds);
    this.chunkCore.setTime(this.now, monotonicMs);
  }

  /** A mount, tool or monitor connected. */
  clientConnected(peer: PeerId, ip: number): void {
    this.#unregistered.set(peer, { peer, ip, challenge: undefined });
  }

  chunkserverConnected(peer: PeerId, ip: number): void {
    this.#chunkserverPeers.add(peer);
    this.chunkservers.onConnected(peer, ip);
  }

  /** What a frame of this type may be on this connection. */
  ruleOf(peer: PeerId, type: number): FrameRule {
    if (this.#chunkserverPeers.has(peer)) return fromChunkserver.get(type);
    return requestRule(this.clients.get(peer)?.kind ?? "unregistered", type);
  }

  /** A frame came in. Throws `ProtocolError` where the peer broke the protocol: it is to be closed. */
  frame(peer: PeerId, type: number, body: Uint8Array): void {
    if (this.#chunkserverPeers.has(peer)) {
      this.chunkservers.onPacket(peer, type, body);
      return;
    }
    const client = this.clients.get(peer);
    if (type === Register.id) this.#register(peer, client, body);
    else if (client === undefined) this.#monitor(peer, type, body);
    else this.#request(client, type, body);
    this.chunkCore.deliver();
  }

  /** The connection is gone, whoever ended it. */
  closed(peer: PeerId): void {
    if (this.#chunkserverPeers.delete(peer)) {
      this.chunkservers.onClosed(peer);
      return;
    }
    this.#unregistered.delete(peer);
    const client = this.clients.get(peer);
    if (client === undefined) return;
    this.clients.delete(peer);
    this.waiting.forget(peer);
    this.#abandon(client);
    this.registrar.disconnected(client);
    this.chunkCore.deliver();
  }

  /** Every 20 ms. */
  tick(): void {
    this.chunkservers.tick();
    this.jobs.tick();
    this.fileTest.tick();
    this.#periodic.tick();
    this.chunkCore.deliver();
  }

  acquire(session: number, inode: number): void {
    if (this.world.openFiles.has(session, inode)) return;
    this.commit({ op: "ACQUIRE", session, inode });
  }

  awaitOperation(chunkId: number, client: Client, request: PendingOperation): void {
    this.#pending.set(chunkId, { client, request });
  }

  finish<A>(client: Client, answer: Packet<A>, messageId: number, run: () => Outcome<A>): boolean {
    const outcome = run();
    if (outcome === later) return false;
    if (typeof outcome === "number") {
      this.outbox.sendStatus(client.peer, answer, { messageId, status: outcome });
    } else this.outbox.send(client.peer, answer, outcome);
    return true;
  }

  unlockChunk(chunkId: number): number {
    const chunk = this.world.chunks.find(chunkId);
    if (chunk === 0) return status.NOCHUNK;
    this.commit({ op: "UNLOCK", chunk: chunkId });
    afterUnlock(this.chunkCore, chunk);
    return status.OK;
  }

  tellOthers<T>(from: Client, inode: number, packet: Packet<T>, body: T): void {
    const { openFiles } = this.world;
    if (!openFiles.isOpen(inode)) return;
    for (const client of this.clients.values()) {
      if (client === from || client.kind !== "mount") continue;
      if (openFiles.has(client.session.id, inode)) client.send(packet, body);
    }
  }

  #setTime(nowMicroseconds: number): void {
    this.nowMicroseconds = nowMicroseconds;
    this.now = Math.floor(nowMicroseconds / 1_000_000);
  }

  #register(peer: PeerId, client: Client | undefined, body: Uint8Array): void {
    const asked = Register.decode(body);
    if (client !== undefined) {
      this.registrar.registered(client, asked);
      return;
    }
    const from = this.#unregistered.get(peer);
    if (from === undefined) return;
    const registered = this.registrar.unregistered(from, asked);
    if (registered === undefined) return;
    this.#unregistered.delete(peer);
    this.clients.set(peer, registered);
  }

  #monitor(peer: PeerId, type: number, body: Uint8Array): void {
    const row = monitorRequests.get(type);
    if (row === undefined) throw refused(type);
    row.run(this, peer, body);
  }

  #request(client: Client, type: number, body: Uint8Array): void {
    const operation = operations.get(type);
    if (operation !== undefined) {
      operation.run(client, body);
      return;
    }
    const monitor = monitorRequests.get(type);
    if (monitor !== undefined) {
      monitor.run(this, client.peer, body);
      return;
    }
    this.#refuse(client, type, body);
  }

  /** A request that we do not serve yet: an answer all the same, for silence would block its process. */
  #refuse(client: Client, type: number, body: Uint8Array): void {
    const exchange = requestsOf[client.kind].get(type);
    if (exchange?.answer === undefined || !exchange.numbered || body.length < 4) {
      throw refused(type);
    }
    this.counters.countUnserved(exchange.request.name);
    const messageId = new DataView(body.buffer, body.byteOffset).getUint32(0);
    const answer = { messageId, status: status.ENOTSUP };
    this.outbox.sendStatus(client.peer, exchange.answer, answer);
  }

  #operationDone(chunkId: number, ended: number): void {
    const found = this.#pending.get(chunkId);
    this.#pending.delete(chunkId);
    // An operation that nobody asked for (a version skipped) may still have held requests up.
    if (found === undefined) this.#wake(chunkId);
    else found.request.done(ended);
  }

  /** Requests that wait for the chunk go on, as far as nothing holds it. */
  #wake(chunkId: number): void {
    const { chunks } = this.world;
    this.waiting.wake(chunkId, () => {
      const found = chunks.find(chunkId);
      return found === 0 || !isHeld(this.chunkCore, found);
    });
  }

  /** The client is gone while chunkservers work for it. */
  #abandon(client: Client): void {
    for (const [chunkId, pending] of this.#pending) {
      if (pending.client !== client) continue;
      this.#pending.delete(chunkId);
      pending.request.abandoned();
    }
  }

  #invalidateClientCaches(): void {
    for (const client of this.clients.values()) {
      if (client.kind === "mount") client.send(InvalidateChunkCache, { messageId: 0 });
    }
  }
}

function isHeld(core: ChunkCore, chunk: number): boolean {
  return core.isLocked(chunk) || core.chunks.operationOf(chunk) !== chunkOperation.none;
}

function refused(type: number): ProtocolError {
  const place = { code: "unknownPacket", packet: `type ${type}`, offset: 0 } as const;
  return new ProtocolError(place, "a packet that this connection may not send");
}
