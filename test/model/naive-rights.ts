// Who may do what in the naive file system, and how a node looks to somebody.
// Spec: wire-client-master-1.md sections 4.3, 6 and 8; semantics-master.md sections 10.2 and 11.

import type { Caller } from "../../daemons/protocol/caller.ts";
import { isFile } from "./naive-fs.ts";
import type { NaiveFs } from "./naive-fs.ts";
import { extra, kind } from "./naive-types.ts";
import type {
  NaiveAcl,
  NaiveCaller,
  NaiveConnection,
  NaiveNode,
  NaiveSession,
} from "./naive-types.ts";

const attributeFlag = {
  noAttributeCache: 0x01,
  noEntryCache: 0x02,
  allowDataCache: 0x04,
  noXattrs: 0x08,
  direct: 0x10,
  undeletable: 0x20,
};

/** The node behind an inode of a request. Spec: wire-client-master-1.md section 8.1. */
export function findNode(
  fs: NaiveFs,
  { terms }: NaiveSession,
  inode: number,
  skipAncestors = false,
): NaiveNode | undefined {
  const { rootInode } = terms;
  const node = fs.nodes.get(inode);
  if (rootInode === 1) return node;
  if (rootInode === 0) {
    return node !== undefined && node.type >= kind.trash ? node : undefined;
  }
  const root = fs.nodes.get(rootInode);
  if (root === undefined) return undefined;
  if (inode === 1) return root;
  if (node === undefined || skipAncestors || fs.isAtOrBelow(node, root)) return node;
  return undefined;
}

/** The caller after maproot and mapall. */
export function mapCaller({ terms }: NaiveSession, caller: Caller): NaiveCaller {
  const { uid, gid, groups = [] } = caller;
  const said = { saidUid: uid, saidGid: gid };
  if (uid === 0) return { uid: terms.rootUid, groups: [terms.rootGid, ...groups], ...said };
  if (!terms.mapAll) return { uid, groups: [gid, ...groups], ...said };
  return { uid: terms.mapAllUid, groups: [terms.mapAllGid, ...groups], ...said };
}

export function mapUid(session: NaiveSession, uid: number): number {
  return mapCaller(session, { uid, gid: 0, groups: [] }).uid;
}

/** Whether the caller has all rights of the mask. */
export function may(
  session: Pick<NaiveSession, "terms">,
  node: NaiveNode,
  caller: Pick<NaiveCaller, "uid" | "groups">,
  mask: number,
): boolean {
  return mayIn(node, caller, mask, session.terms.ignoreGroups);
}

/** As `may`, knowing of the session only whether it ignores groups. */
export function mayIn(
  node: NaiveNode,
  { uid, groups }: Pick<NaiveCaller, "uid" | "groups">,
  mask: number,
  ignoreGroups: boolean,
): boolean {
  const grants = (bits: number) => (bits & mask) === mask;
  const { mode, accessAcl } = node;
  if (uid === 0) return true;
  if (accessAcl !== undefined) {
    return mayByAcl(accessAcl, { uid, groups, isOwner: uid === node.uid, gid: node.gid }, grants);
  }
  if (uid === node.uid || (node.extra & extra.noOwner) !== 0) return grants(mode >> 6);
  if (ignoreGroups) return grants((mode >> 3) | mode);
  return grants(groups.includes(node.gid) ? mode >> 3 : mode);
}

function mayByAcl(
  acl: NaiveAcl,
  who: { uid: number; groups: readonly number[]; isOwner: boolean; gid: number },
  grants: (bits: number) => boolean,
): boolean {
  if (who.isOwner) return grants(acl.owner);
  const named = acl.users.find(({ id }) => id === who.uid);
  if (named !== undefined) return grants(named.permissions & acl.mask);
  const fitting = [{ id: who.gid, permissions: acl.group }, ...acl.groups].filter(({ id }) =>
    who.groups.includes(id),
  );
  if (fitting.length === 0) return grants(acl.other);
  return fitting.some(({ permissions }) => grants(permissions & acl.mask));
}

/** The set of masks that the caller has: bit m for mask m. */
export function maskSet(session: NaiveSession, node: NaiveNode, caller: NaiveCaller): number {
  let set = 0;
  for (let mask = 0; mask < 8; mask++) if (may(session, node, caller, mask)) set |= 1 << mask;
  return set;
}

export function owns(node: NaiveNode, uid: number): boolean {
  return uid === 0 || uid === node.uid || (node.extra & extra.noOwner) !== 0;
}

/** Whether the sticky bit keeps the caller from removing the node from the directory. */
export function isSticky(directory: NaiveNode, node: NaiveNode, uid: number): boolean {
  return (directory.mode & 0o1000) !== 0 && !owns(directory, uid) && !owns(node, uid);
}

/** The attribute record. */
export function look(
  fs: NaiveFs,
  { session }: NaiveConnection,
  node: NaiveNode,
  view: { caller?: NaiveCaller; parent?: NaiveNode; mayCache?: boolean } = {},
): object {
  const { caller } = view;
  let { uid, gid, mode } = node;
  const acl = node.accessAcl;
  if (acl !== undefined) {
    mode = (mode & 0o7000) | (acl.owner << 6) | ((acl.mask & 7) << 3) | acl.other;
  }
  const { mapAll } = session.terms;
  if (caller !== undefined && (node.extra & extra.noOwner) !== 0 && caller.uid !== 0) {
    const owner = (mode >> 6) & 7;
    mode = (mode & 0o7700) | (owner << 3) | owner;
    uid = mapAll ? caller.saidUid : caller.uid;
    gid = mapAll ? caller.saidGid : (caller.groups[0] ?? 0);
  } else if (caller !== undefined && mapAll && caller.saidUid !== 0) {
    uid = uid === caller.uid ? caller.saidUid : 0;
    gid = gid === caller.groups[0] ? caller.saidGid : 0;
  }
  const isDevice = node.type === kind.block || node.type === kind.character;
  return {
    flags: flagsOf(session, node, view),
    typeAndMode: ((isFile(node) ? kind.file : node.type) << 12) | mode,
    uid,
    gid,
    accessTime: node.atime,
    modificationTime: node.mtime,
    changeTime: node.ctime,
    links: fs.linksOf(node),
    length: isDevice ? BigInt(node.device) << 32n : shownLength(fs, node),
    windowsFlags: node.windowsFlags,
  };
}

function flagsOf(
  session: NaiveSession,
  node: NaiveNode,
  view: { parent?: NaiveNode; mayCache?: boolean },
): number {
  const { noOwner, noAttributeCache, noEntryCache, noDataCache, protecting } = extra;
  let flags = 0;
  const uncached = (node.extra & (noOwner | noAttributeCache)) !== 0 || session.terms.mapAll;
  if (uncached) flags |= attributeFlag.noAttributeCache;
  if (((view.parent?.extra ?? 0) & noEntryCache) !== 0) flags |= attributeFlag.noEntryCache;
  if ((node.extra & noDataCache) !== 0) flags |= attributeFlag.direct;
  else if (view.mayCache !== false) flags |= attributeFlag.allowDataCache;
  const bare =
    node.xattrs.size === 0 && node.accessAcl === undefined && node.defaultAcl === undefined;
  if (bare) flags |= attributeFlag.noXattrs;
  if ((node.extra & protecting) !== 0) flags |= attributeFlag.undeletable;
  return flags;
}

function shownLength(fs: NaiveFs, node: NaiveNode): bigint {
  if (isFile(node)) return node.length;
  if (node.type === kind.symlink) return BigInt(node.target.length);
  if (node.type !== kind.directory) return 0n;
  const below = fs.below(node).length;
  if (below === 0n) return 1n;
  const units = ["B", "K", "M", "G", "T", "P", "E"];
  let unit = 0;
  while (unit < 5 && below >> BigInt(10 * (unit + 1)) !== 0n) unit++;
  if (below >> 60n !== 0n) unit = units.indexOf("E");
  const hundredfold =
    unit < 5
      ? (below * 100n) >> BigInt(10 * unit)
      : ((below >> 10n) * 100n) >> BigInt(10 * (unit - 1));
  return hundredfold + BigInt(unit) * 1_000_000n;
}
