// The connected chunkservers by slot and by connection, and those that left while chunks still name them.
// Spec: semantics-master.md 2.3, 3.4, 6.1.

import { assert } from "../../../base/assert.ts";
import type { ServerEntry } from "../store/server-book.ts";
import { Server } from "./server.ts";
import type { PeerId } from "./server.ts";
import type { ReservedSpace } from "./settings.ts";

/** More chunkservers than any cluster has; a slot must fit 16 bits. */
export const serversMax = 10_000;

/** Room of all usable servers. */
export interface SpaceSums {
  readonly totalBytes: bigint;
  readonly usedBytes: bigint;
  readonly freeBytes: bigint;
  /** What is free without the reserve. */
  readonly availableBytes: bigint;
}

/** Slots of servers. A slot is used again only after no chunk names it any more. */
export class Servers {
  readonly #slots: (Server | undefined)[] = [undefined];
  readonly #byPeer = new Map<PeerId, Server>();
  #connected: readonly Server[] = [];
  #leaving = 0;
  #registering = 0;

  /** Connected servers, in the order of their slots. */
  get connected(): readonly Server[] {
    return this.#connected;
  }

  /** Servers that are gone while chunks may still name them. */
  get leaving(): number {
    return this.#leaving;
  }

  /** Servers whose registration has not ended. */
  get registering(): number {
    return this.#registering;
  }

  /** Usable servers: the count that goals are compared with. */
  get usableCount(): number {
    let count = 0;
    for (const server of this.#connected) if (server.isUsable) count++;
    return count;
  }

  /** Whether another one may connect. */
  get hasRoom(): boolean {
    return this.#connected.length + this.#leaving < serversMax;
  }

  byPeer(peer: PeerId): Server | undefined {
    return this.#byPeer.get(peer);
  }

  /** The server of a slot that a copy names: connected or leaving. */
  at(slot: number): Server {
    const server = this.#slots[slot];
    assert(server !== undefined, "a copy names a server slot in use");
    return server;
  }

  add(peer: PeerId, entry: ServerEntry, version: number): Server {
    let slot = 1;
    while (this.#slots[slot] !== undefined) slot++;
    assert(slot <= serversMax, "a server slot is free");
    const server = new Server(slot, peer, entry, version);
    this.#slots[slot] = server;
    this.#byPeer.set(peer, server);
    this.#registering++;
    this.#listConnected();
    return server;
  }

  /** The server said that it reported all its chunks. */
  endRegistration(server: Server): void {
    if (server.registered) return;
    server.registered = true;
    this.#registering--;
  }

  /** The connection is gone; the slot stays until `free`. */
  leave(server: Server): void {
    this.endRegistration(server);
    server.leaving = true;
    this.#byPeer.delete(server.peer);
    this.#leaving++;
    this.#listConnected();
  }

  /** Servers that are leaving now. */
  listLeaving(): readonly Server[] {
    return this.#slots.filter((server) => server !== undefined && server.leaving) as Server[];
  }

  /** No chunk names the slot any more. */
  free(server: Server): void {
    assert(server.leaving, "only the slot of a server that left is freed");
    this.#slots[server.slot] = undefined;
    this.#leaving--;
  }

  /** Sums of room. Spec: semantics-master.md 6.1. */
  sums(reserved: ReservedSpace): SpaceSums {
    let total = 0n;
    let used = 0n;
    let mostUsed = 0;
    let largest = 0;
    for (const server of this.#connected) {
      if (!server.isUsable) continue;
      const { totalBytes, usedBytes } = server.space;
      total += BigInt(totalBytes);
      used += BigInt(usedBytes);
      mostUsed = Math.max(mostUsed, usedBytes);
      largest = Math.max(largest, totalBytes);
    }
    const reserve = reserveOf(reserved, { total: Number(total), mostUsed, largest });
    const free = total - used;
    const available = free > reserve ? free - reserve : 0n;
    return { totalBytes: total, usedBytes: used, freeBytes: free, availableBytes: available };
  }

  #listConnected(): void {
    this.#connected = this.#slots.filter(
      (server) => server !== undefined && !server.leaving,
    ) as Server[];
  }
}

function reserveOf(
  reserved: ReservedSpace,
  room: { total: number; mostUsed: number; largest: number },
): bigint {
  switch (reserved.kind) {
    case "bytes":
      return BigInt(Math.floor(reserved.bytes));
    case "percent":
      return BigInt(Math.floor((room.total * reserved.percent) / 100));
    case "mostUsed":
      return BigInt(Math.floor(room.mostUsed * reserved.times));
    case "largest":
      return BigInt(Math.floor(room.largest * reserved.times));
    default:
      return reserved satisfies never;
  }
}
