// What is looked after every second and at a disconnection: load, maintenance, forgotten servers, removal
// states, and the sweep of copies on servers that left.
// Spec: semantics-master.md 3.4, 6.2, 6.6, 9.2; wire-chunkserver.md 2.4.2.

import { serverAction } from "../changes/chunkservers.ts";
import { maintenance } from "../store/server-book.ts";
import type { ServerEntry } from "../store/server-book.ts";
import type { ChunkCore } from "./chunk-core.ts";
import { refresh } from "./operations.ts";
import { loadState, removalState } from "./server.ts";
import type { Server } from "./server.ts";

/** Buckets of chunks that are swept in one tick: a few milliseconds. */
const sweptBuckets = 16_384;
const daySeconds = 86_400;

/** A server reported its load. */
export function onLoad(
  core: ChunkCore,
  server: Server,
  report: { readonly load: number; readonly status: number | undefined },
): void {
  server.load = report.load;
  const reported = report.status ?? loadState.unknown;
  if (reported >= loadState.good && reported <= loadState.rebalancing) server.loadState = reported;
  else if (server.loadState !== loadState.graceful) server.loadState = loadState.unknown;
  const { heavyLoadThreshold, heavyLoadRatio } = core.settings;
  if (server.load <= heavyLoadThreshold) return;
  if (server.load > heavyLoadRatio * averageLoadWithout(core, server)) {
    server.entry.heavyLoadAt = core.now;
  }
}

function averageLoadWithout(core: ChunkCore, server: Server): number {
  let sum = 0;
  let count = 0;
  for (const other of core.servers.connected) {
    if (other === server) continue;
    sum += other.load;
    count++;
  }
  return count === 0 ? 0 : sum / count;
}

/** Seconds that are left of the time after a heavy load. */
export function graceSeconds(core: ChunkCore, entry: ServerEntry): number {
  if (entry.heavyLoadAt === 0) return 0;
  return Math.max(0, entry.heavyLoadAt + core.settings.heavyLoadGraceSeconds - core.now);
}

/** Once a second. */
export function everySecond(core: ChunkCore): void {
  for (const server of core.servers.connected) {
    if (server.loadState !== loadState.unknown && server.loadState !== loadState.graceful) continue;
    const grace = graceSeconds(core, server.entry) > 0;
    server.loadState = grace ? loadState.graceful : loadState.unknown;
  }
  for (const entry of core.book.entries()) {
    if (entry.maintenance === maintenance.off) continue;
    const isBack = entry.maintenance === maintenance.temporary && entry.slot !== 0;
    const isOver = entry.maintenanceUntil > 0 && entry.maintenanceUntil < core.now;
    if (isBack || isOver) commitServer(core, entry, serverAction.maintenanceOff, 0);
  }
}

/** Every ten minutes: servers that have been away for too long are forgotten. */
export function forgetUnusedServers(core: ChunkCore): void {
  const days = core.settings.daysToRemoveUnused;
  if (days === 0) return;
  for (const entry of core.book.entries()) {
    if (entry.slot !== 0 || entry.disconnectedAt + days * daySeconds >= core.now) continue;
    commitServer(core, entry, serverAction.remove, 0);
  }
}

/** Logs and applies a change of a known server. */
export function commitServer(
  core: ChunkCore,
  entry: ServerEntry,
  action: number,
  argument: number,
): void {
  core.commit({ op: "CSDBOP", action, address: entry.ip, port: entry.port, argument });
}

/** A server's connection is gone. */
export function onServerGone(core: ChunkCore, server: Server): void {
  core.book.disconnect(server.entry, core.now);
  core.servers.leave(server);
  for (const other of core.servers.connected) other.removal = removalState.unknownHard;
  for (const source of server.replications.values()) source.readReplications--;
  const concerned = new Set([...server.pending, ...server.replications.keys()]);
  server.pending.clear();
  server.replications.clear();
  server.deletions.clear();
  for (const chunkId of concerned) {
    const chunk = core.chunks.find(chunkId);
    if (chunk !== 0) refresh(core, chunk);
  }
  core.events.serverLost();
  core.events.invalidateClientCaches();
}

/** Takes the copies of servers that left out of the whole table, a part a tick. */
export class Sweep {
  #bucket = 0;
  #sweeping: readonly Server[] = [];

  tick(core: ChunkCore): void {
    if (core.servers.leaving === 0) return;
    if (this.#sweeping.length === 0) {
      this.#sweeping = core.servers.listLeaving();
      this.#bucket = 0;
    }
    // Buckets that are split meanwhile move chunks to the end: none is missed.
    const end = Math.min(this.#bucket + sweptBuckets, core.chunks.buckets);
    for (; this.#bucket < end; this.#bucket++) this.#sweepBucket(core, this.#bucket);
    if (this.#bucket < core.chunks.buckets) return;
    for (const server of this.#sweeping) core.servers.free(server);
    this.#sweeping = [];
  }

  #sweepBucket(core: ChunkCore, bucket: number): void {
    let chunk = core.chunks.bucket(bucket);
    while (chunk !== 0) {
      const next = core.chunks.next(chunk);
      refresh(core, chunk);
      chunk = next;
    }
  }
}

/** At the end of each full pass of the job loop. */
export function advanceRemovalStates(core: ChunkCore): void {
  for (const server of core.servers.connected) {
    switch (server.removal) {
      case removalState.unknownHard:
        server.removal = removalState.unknownSoft;
        break;
      case removalState.inProgress:
        server.removal = removalState.wasInProgress;
        break;
      case removalState.unknownSoft:
      case removalState.wasInProgress:
        server.removal = removalState.canBeRemoved;
        break;
      case removalState.canBeRemoved:
        break;
      default:
        server.removal satisfies never;
    }
  }
}
