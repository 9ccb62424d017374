// What all parts of the chunk layer share: tables, servers, time, and the ways out. Copies are added and
// removed here alone, so that servers' write counters fit. Spec: semantics-master.md 2.3, 4.1.

import type { Packet } from "../../../protocol/packet.ts";
import type { Prng } from "../../../base/prng.ts";
import type { Commit } from "../changes/change.ts";
import type { Chunks } from "../store/chunks.ts";
import type { CopyState } from "../store/copies.ts";
import type { ServerBook } from "../store/server-book.ts";
import { Originals } from "./originals.ts";
import { PlacementTurns } from "./placement.ts";
import type { PeerId } from "./server.ts";
import { Servers } from "./servers.ts";
import { defaultChunkSettings } from "./settings.ts";
import type { ChunkSettings, ClassRules } from "./settings.ts";
import { Topology } from "./topology.ts";

/** Seconds after the start in which the set of servers is not taken as stable. */
const settlingSeconds = 10;
/** For so long after a report the loop waits for more. */
const foundHoldMs = 3000;
const lostHoldMs = 1000;

/** Where packets to chunkservers go. */
export interface ChunkserverOutbox {
  send<T>(peer: PeerId, packet: Packet<T>, value: T): void;
  /** Closes a connection, with the reason for the log; `onClosed` follows or has been called. */
  close(peer: PeerId, reason: string): void;
}

/**
 * What the file-system layer wants to know. The first two come by `ChunkCore.deliver`, when no work on chunks
 * is in progress: they may plan, commit and begin whatever they want.
 */
export interface ChunkEvents {
  /** The operation that a write or truncate of this chunk waited for has ended; the record may be gone. */
  operationDone(chunkId: number, status: number): void;
  /** Nothing holds the chunk any more: requests that wait for it may be repeated. */
  chunkUnlocked(chunk: number): void;
  /** Clients have to forget where chunks lie. */
  invalidateClientCaches(): void;
  /** A chunkserver is gone: long tests of files wait a while. */
  serverLost(): void;
  log(line: string): void;
}

/** What the job loop wants to know. Spec: semantics-master.md 8.2. */
export interface JobHooks {
  /** The chunk may need a copy more or less: the "priority queue check". */
  onChunkState(chunk: number, checkLabels: boolean): void;
  /** The chunk was unlocked; true when it was queued and has been processed. */
  onChunkUnlocked(chunk: number): boolean;
  /** A deletion or replication was answered; `done` tells how. */
  onDeleteAnswered(chunkId: number, done: boolean): void;
}

/** Hooks of a master that has no job loop yet. */
export const noJobs: JobHooks = {
  onChunkState: () => undefined,
  onChunkUnlocked: () => false,
  onDeleteAnswered: () => undefined,
};

/** What a chunk layer is made from. */
export interface ChunkCoreParts {
  readonly chunks: Chunks;
  readonly book: ServerBook;
  readonly rules: ClassRules;
  readonly prng: Prng;
  readonly out: ChunkserverOutbox;
  readonly commit: Commit;
  readonly events: ChunkEvents;
  /** Identifies the file system to chunkservers. */
  readonly metaId: () => bigint;
  /** Unguessable bytes for password challenges. */
  readonly randomBytes: (count: number) => Uint8Array;
}

/** The end of an operation, with its status, or an unlocked chunk. */
interface News {
  readonly chunkId: number;
  readonly ended: number | undefined;
}

/** Shared state of the chunk layer. */
export class ChunkCore {
  readonly chunks: Chunks;
  readonly book: ServerBook;
  readonly rules: ClassRules;
  readonly prng: Prng;
  readonly out: ChunkserverOutbox;
  readonly commit: Commit;
  readonly events: ChunkEvents;
  readonly metaId: () => bigint;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly servers = new Servers();
  readonly turns = new PlacementTurns();
  readonly originals = new Originals();
  jobs: JobHooks = noJobs;
  settings: ChunkSettings = defaultChunkSettings;
  topology = new Topology();
  /** Unix seconds of this step. */
  now = 0;
  /** Milliseconds of a clock that never jumps. */
  nowMs = 0;
  #startedAt: number | undefined;
  #foundHeldTo = 0;
  #lostHeldTo = 0;
  readonly #news: News[] = [];
  /** Of the news, so many have been told, or are being told. */
  #told = 0;
  #delivering = false;

  constructor(parts: ChunkCoreParts) {
    this.chunks = parts.chunks;
    this.book = parts.book;
    this.rules = parts.rules;
    this.prng = parts.prng;
    this.out = {
      send: (peer, packet, value) => {
        const server = this.servers.byPeer(peer);
        if (server !== undefined) server.lastSentMs = this.nowMs;
        parts.out.send(peer, packet, value);
      },
      close: (peer, reason) => parts.out.close(peer, reason),
    };
    this.commit = parts.commit;
    this.events = parts.events;
    this.metaId = parts.metaId;
    this.randomBytes = parts.randomBytes;
  }

  /** The time of the step; the first one is the master's start. */
  setTime(now: number, nowMs: number): void {
    if (this.#startedAt === undefined) {
      this.#startedAt = nowMs;
      for (const entry of this.book.entries()) entry.disconnectedAt = now;
    }
    this.now = now;
    this.nowMs = nowMs;
  }

  /** A server reported a copy. */
  holdForFound(): void {
    this.#foundHeldTo = this.nowMs + foundHoldMs;
  }

  /** A server reported that a copy is lost. */
  holdForLost(): void {
    this.#lostHeldTo = this.nowMs + lostHoldMs;
  }

  /** Numbers of copies are incomplete: no jobs, no deletion of records. */
  get countersInProgress(): boolean {
    return (
      this.servers.leaving > 0 ||
      this.servers.registering > 0 ||
      this.nowMs < this.#foundHeldTo ||
      this.nowMs < this.#lostHeldTo
    );
  }

  /** The byte before a chunk matrix: 1 disconnections or reports in progress, 2 registrations. */
  get progressBits(): number {
    const receiving = this.nowMs < this.#foundHeldTo || this.nowMs < this.#lostHeldTo;
    const first = this.servers.leaving > 0 || receiving ? 1 : 0;
    return first | (this.servers.registering > 0 ? 2 : 0);
  }

  /** The set of servers is stable. */
  get isSettled(): boolean {
    const started = this.#startedAt ?? this.nowMs;
    return this.nowMs > started + settlingSeconds * 1000 && this.servers.registering === 0;
  }

  /** Servers or their copies are still arriving. */
  get isChanging(): boolean {
    return !this.isSettled || this.nowMs < this.#foundHeldTo;
  }

  /** Everything is known: a chunk without copies really has none. */
  get isComplete(): boolean {
    return !this.countersInProgress && this.book.allConnected;
  }

  /** The operation on a chunk has ended: told by the next `deliver`. */
  endOperation(chunk: number, status: number): void {
    this.#news.push({ chunkId: this.chunks.idOf(chunk), ended: status });
  }

  /**
   * Whether something of the chunk is still to be told: nobody may begin anything on it before. What is being
   * told just now does not count: it is what waiting requests are repeated for.
   */
  hasNews(chunkId: number): boolean {
    for (let at = this.#told; at < this.#news.length; at++) {
      if (this.#news[at]?.chunkId === chunkId) return true;
    }
    return false;
  }

  /** Nothing holds the chunk any more: told by the next `deliver`. */
  announceUnlocked(chunk: number): void {
    this.#news.push({ chunkId: this.chunks.idOf(chunk), ended: undefined });
  }

  /** Tells what has ended or was unlocked. To be called at the end of each step. */
  deliver(): void {
    if (this.#news.length === 0 || this.#delivering) return;
    this.#delivering = true;
    for (let at = 0; at < this.#news.length; at++) {
      const { chunkId, ended } = this.#news[at] as News;
      this.#told = at + 1;
      if (ended !== undefined) {
        this.events.operationDone(chunkId, ended);
        this.originals.release(chunkId);
        continue;
      }
      const chunk = this.chunks.find(chunkId);
      if (chunk !== 0) this.events.chunkUnlocked(chunk);
    }
    this.#news.length = 0;
    this.#told = 0;
    this.#delivering = false;
  }

  isLocked(chunk: number): boolean {
    return this.chunks.lockedToOf(chunk) >= this.now;
  }

  /** No file has the chunk, nor can one get it back. */
  isUnused(chunk: number): boolean {
    const { chunks } = this;
    return chunks.referencesOf(chunk) === 0 && !this.originals.has(chunks.idOf(chunk));
  }

  /** Adds a copy on a server that has none. */
  addCopy(chunk: number, slot: number, state: CopyState, version: number): number {
    if (this.chunks.writingOf(chunk)) this.servers.at(slot).writes++;
    return this.chunks.addCopy(chunk, slot, state, version);
  }

  removeCopy(chunk: number, copy: number): void {
    if (this.chunks.writingOf(chunk)) {
      this.servers.at(this.chunks.copies.serverOf(copy)).writes--;
    }
    this.chunks.removeCopy(chunk, copy);
  }

  /** Marks the chunk as being written, or not, with the counters of its servers. */
  setWriting(chunk: number, writing: boolean): void {
    const { chunks } = this;
    if (chunks.writingOf(chunk) === writing) return;
    chunks.setWriting(chunk, writing);
    for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
      this.servers.at(chunks.copies.serverOf(copy)).writes += writing ? 1 : -1;
    }
  }
}
