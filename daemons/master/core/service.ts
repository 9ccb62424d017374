// What every operation works with: the file system, the way to change it, the clock, the settings and the
// way out. Spec: semantics-master.md; the parts are described in their own files.

import type { StatusBody } from "../../protocol/answer.ts";
import type { Packet } from "../../protocol/packet.ts";
import type { Commit } from "./changes/change.ts";
import type { ChunkCore } from "./chunks/chunk-core.ts";
import type { Client, PeerId } from "./client.ts";
import type { Counters } from "./counters.ts";
import type { DataCache } from "./data-cache.ts";
import type { Outcome } from "./ops/operation.ts";
import type { Settings } from "./settings.ts";
import type { World } from "./store/world.ts";
import type { WaitingRequests } from "./waiting.ts";

/** Everything that leaves the core. */
export interface Outbox {
  /** A line of the changelog: written before anything sent in the same turn leaves. */
  journal(version: number, line: string): void;
  send<T>(peer: PeerId, packet: Packet<T>, body: T): void;
  /** Answers a numbered request with a status alone. */
  sendStatus(peer: PeerId, answer: Pick<Packet<unknown>, "id">, body: StatusBody): void;
  /** Ends a connection once what was sent has left; the reason goes to the log. */
  close(peer: PeerId, reason: string): void;
  log(level: "info" | "warning" | "error", message: string): void;
}

/** What happens after an operation of chunkservers that a client waits for. */
export interface PendingOperation {
  /** It ended with this status: the client is to be answered. */
  done(status: number): void;
  /** The client is gone: what was begun for it is rolled back. */
  abandoned(): void;
}

/** The master at work. */
export interface Service {
  readonly world: World;
  readonly commit: Commit;
  readonly outbox: Outbox;
  readonly config: Settings;
  readonly chunkCore: ChunkCore;
  readonly counters: Counters;
  readonly dataCache: DataCache;
  readonly waiting: WaitingRequests;
  /** Seconds since 1970, the same for a whole turn. */
  readonly now: number;
  /** Microseconds since 1970. */
  readonly nowMicroseconds: number;
  /** Where appended data goes that was reserved but is not written yet, by inode. */
  readonly reservations: Map<number, bigint>;
  /** Registered connections. */
  readonly clients: ReadonlyMap<PeerId, Client>;
  /** Notes that a session holds a file open; nothing when it does already. */
  acquire(session: number, inode: number): void;
  /** A client's request waits for an operation of chunkservers on this chunk. */
  awaitOperation(chunkId: number, client: Client, request: PendingOperation): void;
  /** Evaluates a request that waited, and sends its answer; false when it waits again. */
  finish<A>(client: Client, answer: Packet<A>, messageId: number, run: () => Outcome<A>): boolean;
  /** Ends the lock of a chunk and lets waiting requests go on; NOCHUNK when it is unknown. */
  unlockChunk(chunkId: number): number;
  /** Sends news about a file to all other connections whose session has it open. */
  tellOthers<T>(from: Client, inode: number, packet: Packet<T>, body: T): void;
}
