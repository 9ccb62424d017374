// What the job loop knows of servers during one tick: who may take copies, who is full, who is emptiest.
// It is built when it is first asked for. Spec: semantics-master.md 6.5, 8.5, 8.7.

import type { ChunkCore } from "../chunks/chunk-core.ts";
import { loadState } from "../chunks/server.ts";
import type { Server } from "../chunks/server.ts";
import type { JobSettings } from "./settings.ts";

/** Limits by use: places in the lists of the configuration. */
export const limitClass = { endangered: 0, underGoal: 1, smallMove: 2, largeMove: 3 } as const;
/** One of the limit classes. */
export type LimitClass = (typeof limitClass)[keyof typeof limitClass];

/** Connected servers with room, by what they may take now. Servers without room are in none. */
export interface TargetGroups {
  readonly free: Server[];
  readonly overloaded: Server[];
  /** They run as many copies as they may. */
  readonly limited: Server[];
}

/** Whether the server's load lets it give and take copies by itself. */
export function takesWork(server: Server): boolean {
  const { loadState: load } = server;
  if (load === loadState.overloaded || load === loadState.graceful) return false;
  return !server.inMaintenance;
}

/** The used part of a server's room, 0 to 1. */
export function usageOf({ space }: Server): number {
  return space.totalBytes > 0 ? space.usedBytes / space.totalBytes : 1;
}

/** Servers as they are in this tick. */
export class ServerView {
  readonly #core: ChunkCore;
  #settings: JobSettings;
  readonly #groups: (TargetGroups | undefined)[] = [undefined, undefined];
  #byUsage: readonly Server[] | undefined;
  usableCount = 0;
  anyAlmostFull = false;
  /** Everybody who is away is in maintenance: missing copies will come back by themselves. */
  copiesExpectedBack = false;
  /** The fullest server's usage less the emptiest one's. */
  spread = 0;

  constructor(core: ChunkCore, settings: JobSettings) {
    this.#core = core;
    this.#settings = settings;
  }

  /** A new tick. */
  begin(settings: JobSettings): void {
    this.#settings = settings;
    this.#groups.fill(undefined);
    this.#byUsage = undefined;
    this.copiesExpectedBack = this.#core.book.onlyMaintenanceAway;
    this.usableCount = 0;
    this.anyAlmostFull = false;
    let least = 1;
    let most = 0;
    for (const server of this.#core.servers.connected) {
      if (!server.isUsable) continue;
      this.usableCount++;
      if (server.isAlmostFull) this.anyAlmostFull = true;
      const usage = usageOf(server);
      most = Math.max(most, usage);
      if (takesWork(server)) least = Math.min(least, usage);
    }
    this.spread = most - least;
  }

  /** Where copies may go, in random order. */
  groups(limits: 0 | 1): TargetGroups {
    return (this.#groups[limits] ??= this.#sort(limits));
  }

  /** A copy to this server was started: it may have reached its limits. */
  noteStarted(target: Server): void {
    for (const limits of [limitClass.endangered, limitClass.underGoal]) {
      const groups = this.#groups[limits];
      if (groups === undefined || !this.isWriteLimited(target, limits)) continue;
      const left = remove(groups.free, target) || remove(groups.overloaded, target);
      if (left) groups.limited.push(target);
    }
  }

  /** Usable servers that take work, the emptiest first. */
  get byUsage(): readonly Server[] {
    this.#byUsage ??= this.#core.servers.connected
      .filter((server) => server.isUsable && takesWork(server))
      .sort((one, other) => usageOf(one) - usageOf(other));
    return this.#byUsage;
  }

  /** Whether the server fetches as many copies as it may. */
  isWriteLimited(server: Server, limits: LimitClass): boolean {
    const running = server.replications.size + this.#fraction(server);
    return running >= this.#settings.writeLimits[limits];
  }

  /** Whether as many copies are fetched from the server as may be. */
  isReadLimited(server: Server, limits: LimitClass): boolean {
    const running = server.readReplications + this.#fraction(server);
    return running >= this.#settings.readLimits[limits];
  }

  /** A part from 0 to 1 that differs by server and second: makes a limit of 0.5 hold in half of them. */
  #fraction({ entry }: Server): number {
    const { now } = this.#core;
    const mixed = Math.imul(entry.id, 0x9874_bf31) + Math.imul(now, 0xb489_fc37);
    return (mixed >>> 0) / 0x1_0000_0000;
  }

  #sort(limits: 0 | 1): TargetGroups {
    const groups: TargetGroups = { free: [], overloaded: [], limited: [] };
    for (const server of this.#core.servers.connected) {
      if (!server.isUsable || server.isAlmostFull) continue;
      if (this.isWriteLimited(server, limits)) groups.limited.push(server);
      else if (takesWork(server)) groups.free.push(server);
      else groups.overloaded.push(server);
    }
    this.#shuffle(groups.free);
    this.#shuffle(groups.overloaded);
    return groups;
  }

  #shuffle(servers: Server[]): void {
    const { prng } = this.#core;
    for (let last = servers.length - 1; last > 0; last--) {
      const other = prng.below(last + 1);
      const server = servers[last] as Server;
      servers[last] = servers[other] as Server;
      servers[other] = server;
    }
  }
}

function remove(servers: Server[], server: Server): boolean {
  const at = servers.indexOf(server);
  if (at < 0) return false;
  servers[at] = servers[servers.length - 1] as Server;
  servers.length--;
  return true;
}
