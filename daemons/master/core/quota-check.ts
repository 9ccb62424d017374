// Whether quotas allow something to grow. Spec: semantics-master.md section 18.2.

import { quotaFlag } from "./store/quotas.ts";
import type { Quota } from "./store/quotas.ts";
import type { Tally } from "./store/statistics.ts";
import type { World } from "./store/world.ts";

/** What would be added. Bytes may be negative: then nothing is added. */
export interface Growth {
  readonly inodes: number;
  readonly length: bigint;
  readonly size: bigint;
  readonly realSize: bigint;
}

/** One inode without data. */
export const oneInode: Growth = { inodes: 1, length: 0n, size: 0n, realSize: 0n };

/** Whether a quota of the directory or above it forbids the growth. `until` and above are not asked. */
export function exceedsQuota(
  world: World,
  directory: number,
  growth: Growth,
  isExempt?: (directory: number) => boolean,
): boolean {
  if (world.quotas.size === 0) return false;
  for (let current = directory; current !== 0; current = world.edges.parentOf(current)) {
    const quota = world.quotas.get(current);
    if (quota === undefined || (isExempt?.(current) ?? false)) continue;
    if (forbids(quota, world.statistics.of(current), growth)) return true;
  }
  return false;
}

/** As `exceedsQuota`, above each of a file's names. */
export function exceedsFileQuota(world: World, inode: number, growth: Growth): boolean {
  if (world.quotas.size === 0) return false;
  for (let edge = world.nodes.firstName(inode); edge !== 0; edge = world.edges.nextName(edge)) {
    if (exceedsQuota(world, world.edges.parent(edge), growth)) return true;
  }
  return false;
}

function forbids(quota: Quota, used: Tally, growth: Growth): boolean {
  const { flags, exceeded } = quota;
  const beyond = (hardFlag: number, softFlag: number, sum: bigint, hard: bigint, soft: bigint) =>
    ((flags & hardFlag) !== 0 && sum > hard) ||
    (exceeded && (flags & softFlag) !== 0 && sum > soft);
  if (growth.inodes > 0) {
    const sum = BigInt(used.inodes + growth.inodes);
    const { hardInodes, softInodes } = quota;
    const hard = BigInt(hardInodes);
    if (beyond(quotaFlag.hardInodes, quotaFlag.softInodes, sum, hard, BigInt(softInodes))) {
      return true;
    }
  }
  const { hardLength, softLength, hardSize, softSize, hardRealSize, softRealSize } = quota;
  const { length, size, realSize } = growth;
  if (length > 0n) {
    const sum = used.length + length;
    if (beyond(quotaFlag.hardLength, quotaFlag.softLength, sum, hardLength, softLength))
      return true;
  }
  if (size > 0n) {
    const sum = used.size + size;
    if (beyond(quotaFlag.hardSize, quotaFlag.softSize, sum, hardSize, softSize)) return true;
  }
  if (realSize <= 0n) return false;
  const sum = used.realSize + realSize;
  return beyond(quotaFlag.hardRealSize, quotaFlag.softRealSize, sum, hardRealSize, softRealSize);
}
