// One connected chunkserver, as long as its connection lives. What survives is its entry in the book.
// Spec: semantics-master.md 6, wire-chunkserver.md 2.

import type { ServerEntry } from "../store/server-book.ts";
import { maintenance } from "../store/server-book.ts";

/** A connection as the outside names it. */
export type PeerId = number;

/** Load as chunkservers report it; `graceful` is the master's own judgement. Spec: semantics-master.md 6.2. */
export const loadState = {
  unknown: 0,
  good: 1,
  overloaded: 2,
  rebalancing: 3,
  graceful: 4,
} as const;

/** How far copies on disks marked for removal have left them. Spec: semantics-master.md 9.2. */
export const removalState = {
  unknownHard: 0,
  unknownSoft: 1,
  canBeRemoved: 2,
  inProgress: 3,
  wasInProgress: 4,
} as const;
/** One of the removal states. */
export type RemovalState = (typeof removalState)[keyof typeof removalState];

/** Room on a server's disks, as it reports it. */
export interface ServerSpace {
  readonly usedBytes: number;
  readonly totalBytes: number;
  readonly chunks: number;
  readonly removalUsedBytes: number;
  readonly removalTotalBytes: number;
  readonly removalChunks: number;
}

const noSpace: ServerSpace = {
  usedBytes: 0,
  totalBytes: 0,
  chunks: 0,
  removalUsedBytes: 0,
  removalTotalBytes: 0,
  removalChunks: 0,
};

/** What clients are told of a server that holds a copy. */
export interface CopyLocation {
  readonly ip: number;
  readonly port: number;
  readonly serverVersion: number;
  readonly labelMask: number;
}

/** State of a connected chunkserver. */
export class Server {
  /** Its number in copies: 1..10000. */
  readonly slot: number;
  readonly peer: PeerId;
  readonly entry: ServerEntry;
  readonly version: number;
  /** The end of its registration was seen. */
  registered = false;
  /** Its connection is gone, copies may still name its slot. */
  leaving = false;
  /** When something was last sent to it. */
  lastSentMs = 0;
  space: ServerSpace = noSpace;
  load = 0;
  loadState: number = loadState.unknown;
  /** Disk errors that it reported on this connection. */
  errors = 0;
  /** Chunks that clients write now and that have a copy here. */
  writes = 0;
  /** Chunks with a command that it has not answered: create, set version, duplicate, truncate. */
  readonly pending = new Set<number>();
  /** Chunks whose deletion it has not answered. */
  readonly deletions = new Set<number>();
  /** Chunks that it is fetching, with where from. */
  readonly replications = new Map<number, Server>();
  /** Replications that others fetch from it. */
  readReplications = 0;
  removal: RemovalState = removalState.unknownHard;
  /** Weighted turn-taking of new chunks, see placement.ts. */
  placementUsed = false;
  placementDistance = 0;
  placementCorrection = 0;
  #labelMask = 0;
  #location: CopyLocation;

  constructor(slot: number, peer: PeerId, entry: ServerEntry, version: number) {
    this.slot = slot;
    this.peer = peer;
    this.entry = entry;
    this.version = version;
    this.#location = this.#locate();
  }

  get labelMask(): number {
    return this.#labelMask;
  }
  set labelMask(mask: number) {
    this.#labelMask = mask;
    this.#location = this.#locate();
  }

  /** One object for all answers that name this server. */
  get location(): CopyLocation {
    return this.#location;
  }

  get inMaintenance(): boolean {
    return this.entry.maintenance !== maintenance.off;
  }

  /** Whether its numbers make sense: it counts as a server and takes part in sums. */
  get isUsable(): boolean {
    const { totalBytes, usedBytes } = this.space;
    return !this.leaving && totalBytes > 0 && usedBytes <= totalBytes;
  }

  get freeBytes(): number {
    return this.space.totalBytes - this.space.usedBytes;
  }

  /** Less than one percent is free: no target for copies. */
  get isAlmostFull(): boolean {
    return this.freeBytes * 100 <= this.space.totalBytes;
  }

  #locate(): CopyLocation {
    const { ip, port } = this.entry;
    return { ip, port, serverVersion: this.version, labelMask: this.#labelMask };
  }
}
