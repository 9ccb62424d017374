// What the parts of a snapshot share: the entry, the counts that it logs, and who may do what inside it.
// Spec: changelog.md section 6 K and 7.1.2.

import type { EntryOf, ResultOf } from "../../../metadata/changelog-entry.ts";
import { allowedByAcl } from "../rights.ts";
import { aclType } from "../store/attribute-lists.ts";
import { extraAttribute } from "../store/nodes.ts";
import type { World } from "../store/world.ts";

/** Bits of a snapshot's mode. */
export const snapshotMode = {
  overwrite: 0x01,
  /** Attributes as `cp` gives them: the caller's own. */
  likeCp: 0x02,
  force: 0x04,
  keepHardLinks: 0x08,
  remove: 0x80,
} as const;

/** The session ignores groups: both the group's and the others' bits count. */
const ignoreGroups = 0x04;

export type SnapshotEntry = EntryOf<"SNAPSHOT">;

/** One snapshot being made or removed. */
export interface SnapshotWork {
  readonly world: World;
  readonly ts: number;
  readonly entry: SnapshotEntry;
  readonly counts: { -readonly [K in keyof ResultOf<"SNAPSHOT">]: number };
  /** Copies of nodes with several names, by the inode of the original. */
  readonly copies: Map<number, number>;
}

/** Letter K: whether the snapshot's user has all the rights of the mask. */
export function mayAccess({ world, entry }: SnapshotWork, inode: number, mask: number): boolean {
  const { nodes } = world;
  const { uid, groups } = entry;
  if (uid === 0) return true;
  const acl = world.acls.get(inode, aclType.access);
  if (acl !== undefined) {
    const caller = { uid, gid: primaryGroup(entry), groups };
    return (allowedByAcl(acl, nodes.uid(inode), nodes.gid(inode), caller) & (1 << mask)) !== 0;
  }
  const mode = nodes.mode(inode);
  const owns = uid === nodes.uid(inode) || (nodes.extra(inode) & extraAttribute.noOwner) !== 0;
  if (owns) return ((mode >>> 6) & mask) === mask;
  if ((entry.sessionFlags & ignoreGroups) !== 0) return (((mode >>> 3) | mode) & mask) === mask;
  const bits = groups.includes(nodes.gid(inode)) ? mode >>> 3 : mode;
  return (bits & mask) === mask;
}

/** The group that new nodes get. */
export function primaryGroup({ groups }: SnapshotEntry): number {
  return groups[0] ?? 0;
}
