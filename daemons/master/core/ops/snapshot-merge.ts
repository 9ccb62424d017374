// Whether a tree may be copied to where something stands already: each existing node is looked at, then what
// the quotas say to what is added. Spec: semantics-master.md section 17.1.

import { exceedsQuota } from "../quota-check.ts";
import type { Growth } from "../quota-check.ts";
import { status } from "../status.ts";
import { extraAttribute } from "../store/nodes.ts";
import type { World } from "../store/world.ts";

/** A copy that is wanted. */
export interface WantedCopy {
  readonly source: number;
  readonly parent: number;
  readonly name: Uint8Array;
  /** Existing files may be replaced. */
  readonly canOverwrite: boolean;
}

/** A directory of the source and the existing one that it is merged into. */
interface Pair {
  readonly source: number;
  readonly target: number;
  /** Place of the pair above. */
  readonly above: number;
}

interface Sum {
  inodes: number;
  length: bigint;
  size: bigint;
  realSize: bigint;
}

const noGrowth = { inodes: 0, length: 0n, size: 0n, realSize: 0n } as const;

/** OK, or why the copy cannot be made. Changes nothing. */
export function checkMerge(world: World, wanted: WantedCopy): number {
  const { nodes, edges } = world;
  const { source, canOverwrite } = wanted;
  const first = edges.find(wanted.parent, wanted.name);
  const pairs: Pair[] = [];
  const sums: Sum[] = [];
  const total: Sum = { ...noGrowth };
  const refused = meet(world, { source, target: first, canOverwrite, original: source }, total);
  if (refused !== status.OK) return refused;
  if (first !== 0 && nodes.isDirectory(source)) {
    pairs.push({ source, target: edges.child(first), above: -1 });
    sums.push({ ...noGrowth });
  }
  // The list grows while it is walked: depth costs no stack.
  for (let place = 0; place < pairs.length; place++) {
    const pair = pairs[place];
    const sum = sums[place];
    if (pair === undefined || sum === undefined) break;
    for (let edge = nodes.firstEntry(pair.source); edge !== 0; edge = edges.next(edge)) {
      const child = edges.child(edge);
      const target = edges.find(pair.target, edges.name(edge));
      const met = meet(world, { source: child, target, canOverwrite, original: source }, sum);
      if (met !== status.OK) return met;
      if (target === 0 || !nodes.isDirectory(child)) continue;
      pairs.push({ source: child, target: edges.child(target), above: place });
      sums.push({ ...noGrowth });
    }
  }
  return checkQuotas(world, { pairs, sums, total, parent: wanted.parent });
}

/** Looks at one node of the source and what stands in its place (an edge, or 0), and adds what it brings. */
function meet(
  world: World,
  at: {
    readonly source: number;
    readonly target: number;
    readonly canOverwrite: boolean;
    readonly original: number;
  },
  sum: Sum,
): number {
  const { nodes, edges } = world;
  const counted = world.quotas.size > 0;
  if (at.target === 0) {
    if (counted) add(sum, world.statistics.tallyOf(at.source), 1);
    return status.OK;
  }
  const existing = edges.child(at.target);
  if (existing === at.original) return status.EINVAL;
  if ((nodes.extra(existing) & extraAttribute.protected) !== 0) return status.EPERM;
  if (nodes.type(existing) !== nodes.type(at.source)) return status.EPERM;
  if (nodes.isDirectory(existing)) return status.OK;
  if (!at.canOverwrite) return status.EEXIST;
  if (counted) {
    add(sum, world.statistics.tallyOf(at.source), 1);
    add(sum, world.statistics.tallyOf(existing), -1);
  }
  return status.OK;
}

/** Each directory that gets something, from below, then all above the whole. */
function checkQuotas(
  world: World,
  merge: {
    readonly pairs: readonly Pair[];
    readonly sums: readonly Sum[];
    readonly total: Sum;
    readonly parent: number;
  },
): number {
  if (world.quotas.size === 0) return status.OK;
  const { pairs, sums, total, parent } = merge;
  for (let place = pairs.length - 1; place >= 0; place--) {
    const pair = pairs[place];
    const sum = sums[place];
    if (pair === undefined || sum === undefined) break;
    const { target } = pair;
    if (exceedsQuota(world, target, sum, (directory) => directory !== target)) return status.QUOTA;
    add(sums[pair.above] ?? total, sum, 1);
  }
  return exceedsQuota(world, parent, total) ? status.QUOTA : status.OK;
}

function add(sum: Sum, growth: Growth, sign: 1 | -1): void {
  const factor = BigInt(sign);
  sum.inodes += sign * growth.inodes;
  sum.length += factor * growth.length;
  sum.size += factor * growth.size;
  sum.realSize += factor * growth.realSize;
}
