// Changes of quotas. Spec: changelog.md section 7.2, semantics-master.md section 18.

import type { EntryOf } from "../../../metadata/changelog-entry.ts";
import { status } from "../status.ts";
import type { Nodes } from "../store/nodes.ts";
import type { Quota, Quotas } from "../store/quotas.ts";
import { none } from "./change.ts";
import type { Applied } from "./change.ts";

/** The part of the world that these changes touch. */
export interface QuotaWorld {
  readonly nodes: Pick<Nodes, "type" | "isDirectory">;
  readonly quotas: Quotas;
}

/** QUOTA: all of a quota is replaced; without flags it goes. A grace period of 0 leaves the old one. */
export function changeQuota(
  world: QuotaWorld,
  _ts: number,
  entry: EntryOf<"QUOTA">,
): Applied<"QUOTA"> {
  const { nodes, quotas } = world;
  const { inode } = entry;
  if (nodes.type(inode) === 0) return status.ENOENT;
  if (!nodes.isDirectory(inode)) return status.EPERM;
  if (entry.flags === 0) quotas.remove(inode);
  else quotas.set(inode, quotaOf(entry, quotas.get(inode)));
  return none;
}

function quotaOf(entry: EntryOf<"QUOTA">, old: Quota | undefined): Quota {
  return {
    exceeded: entry.exceeded !== 0,
    flags: entry.flags,
    softTime: entry.softTime,
    softInodes: entry.softInodes,
    hardInodes: entry.hardInodes,
    softLength: entry.softLength,
    hardLength: entry.hardLength,
    softSize: entry.softSize,
    hardSize: entry.hardSize,
    softRealSize: entry.softRealSize,
    hardRealSize: entry.hardRealSize,
    gracePeriod: entry.gracePeriod === 0 ? (old?.gracePeriod ?? 0) : entry.gracePeriod,
  };
}

/** The entry that makes a directory have this quota. */
export function quotaEntry(inode: number, quota: Quota): EntryOf<"QUOTA"> {
  return { op: "QUOTA", inode, ...quota, exceeded: quota.exceeded ? 1 : 0 };
}
