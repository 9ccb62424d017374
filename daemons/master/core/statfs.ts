// Space and inodes as a session sees them. Spec: semantics-master.md section 18.3.

import type { ChunkCore } from "./chunks/chunk-core.ts";
import type { SpaceSums } from "./chunks/servers.ts";
import type { Client } from "./client.ts";
import { rootInode } from "./store/nodes.ts";
import { quotaFlag } from "./store/quotas.ts";
import type { Quota } from "./store/quotas.ts";
import type { Tally } from "./store/statistics.ts";

/** The figures of a STATFS answer, in bytes. */
export interface SpaceSeen {
  readonly totalBytes: number;
  readonly availableBytes: number;
  readonly freeBytes: number;
  readonly trashBytes: number;
  readonly sustainedBytes: number;
  readonly inodes: number;
}

const nothing: SpaceSeen = {
  totalBytes: 0,
  availableBytes: 0,
  freeBytes: 0,
  trashBytes: 0,
  sustainedBytes: 0,
  inodes: 0,
};

/** What STATFS answers; all zeros for meta sessions. */
export function statFsOf(client: Client): SpaceSeen {
  const { service, session } = client;
  const { world } = service;
  // The root may be gone, and its number another node's.
  if (client.isMeta || !world.nodes.isDirectory(session.rootInode)) return nothing;
  const space = spaceOf(service.chunkCore);
  const seen = {
    total: space.totalBytes,
    available: space.availableBytes,
    free: space.freeBytes,
  };
  if (world.quotas.size > 0) {
    let directory = session.rootInode;
    while (directory !== 0) {
      const quota = world.quotas.get(directory);
      if (quota !== undefined) limitBy(seen, quota, world.statistics.of(directory));
      directory = world.edges.parentOf(directory);
    }
  }
  const atRoot = session.rootInode === rootInode;
  return {
    totalBytes: Number(seen.total),
    availableBytes: Number(seen.available),
    freeBytes: Number(seen.free),
    trashBytes: atRoot ? Number(world.statistics.trashLength) : 0,
    sustainedBytes: atRoot ? Number(world.statistics.sustainedLength) : 0,
    inodes: 1 + world.statistics.inodesOf(session.rootInode),
  };
}

/** Room of all chunkservers. */
export function spaceOf(core: ChunkCore): SpaceSums {
  return core.servers.sums(core.settings.reservedSpace);
}

/** Whether only those may write who can use the reserve. */
export function isFull(core: ChunkCore): boolean {
  return core.servers.usableCount > 0 && spaceOf(core).availableBytes === 0n;
}

/** Realsize, size and length, in this order; of a soft and a hard limit the smaller one. */
function limitBy(
  seen: { total: bigint; available: bigint; free: bigint },
  quota: Quota,
  used: Tally,
): void {
  const { flags } = quota;
  const rows = [
    [quotaFlag.softRealSize, quota.softRealSize, used.realSize],
    [quotaFlag.hardRealSize, quota.hardRealSize, used.realSize],
    [quotaFlag.softSize, quota.softSize, used.size],
    [quotaFlag.hardSize, quota.hardSize, used.size],
    [quotaFlag.softLength, quota.softLength, used.length],
    [quotaFlag.hardLength, quota.hardLength, used.length],
  ] as const;
  for (const [flag, limit, usage] of rows) {
    if ((flags & flag) === 0) continue;
    const left = limit > usage ? limit - usage : 0n;
    if (left < seen.available) seen.available = left;
    seen.total = smallest(seen.total, limit, usage + seen.available);
    if (left < seen.free) seen.free = left;
    seen.total = smallest(seen.total, limit, usage + seen.free);
  }
}

function smallest(...values: readonly bigint[]): bigint {
  return values.reduce((least, value) => (value < least ? value : least));
}
