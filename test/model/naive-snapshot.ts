// Snapshots in the naive file system: trees whose chunks are shared, made and removed, by recursion.
// Spec: changelog.md section 7.1.2, wire-client-master-3.md section 6.9.

import { status } from "../../daemons/master/core/status.ts";
import type { Snapshot } from "../../daemons/protocol/packets/client-tools.ts";
import { disabled } from "./naive-disabled.ts";
import { add, isFile, noSums } from "./naive-fs.ts";
import type { NaiveFs } from "./naive-fs.ts";
import { isGoodName } from "./naive-names.ts";
import { findNode, isSticky, mapCaller, may, mayIn } from "./naive-rights.ts";
import { tree } from "./naive-tools.ts";
import { extra, kind } from "./naive-types.ts";
import type { NaiveCaller, NaiveConnection, NaiveNode } from "./naive-types.ts";
import { text } from "./plain.ts";

const bit = { overwrite: 0x01, likeCp: 0x02, force: 0x04, hardLinks: 0x08, remove: 0x80 };

interface Work {
  readonly fs: NaiveFs;
  readonly caller: NaiveCaller;
  readonly ignoreGroups: boolean;
  readonly mode: number;
  readonly umask: number;
  readonly source: NaiveNode;
  readonly copies: Map<NaiveNode, NaiveNode>;
}

export function snapshot(fs: NaiveFs, from: NaiveConnection, request: Snapshot): unknown {
  const { session } = from;
  const { terms } = session;
  const removes = (request.mode & bit.remove) !== 0;
  const needed = removes ? disabled.unlink | disabled.rmdir : disabled.snapshot;
  if ((terms.disables & needed) !== 0) return status.EPERM;
  if (terms.readOnly) return status.EROFS;
  if ((request.source === 0) !== removes) return status.EINVAL;
  const parent = findNode(fs, session, request.parent);
  const source = removes ? parent : findNode(fs, session, request.source);
  if (parent === undefined || source === undefined) return status.ENOENT;
  const name = text(request.name);
  const work: Work = {
    fs,
    source,
    copies: new Map(),
    mode: request.mode,
    caller: mapCaller(session, request.caller),
    ignoreGroups: terms.ignoreGroups,
    umask: request.umask | terms.umask,
  };
  return removes ? dropCopy(work, from, parent, name) : makeCopy(work, from, parent, name);
}

function makeCopy(
  work: Work,
  { session }: NaiveConnection,
  parent: NaiveNode,
  name: string,
): number {
  const { fs, caller, source } = work;
  if ((parent.extra & extra.immutable) !== 0) return status.EPERM;
  if (!may(session, source, caller, 4)) return status.EACCES;
  if (parent.type !== kind.directory) return status.EPERM;
  if (source.type === kind.directory && fs.isAtOrBelow(parent, source)) return status.EINVAL;
  if (!may(session, parent, caller, 3)) return status.EACCES;
  if (!isGoodName(name)) return status.EINVAL;
  const met = meet(work, source, fs.child(parent, name));
  if (met !== status.OK) return met;
  const growth = growthOf(work, source, fs.child(parent, name));
  if (growth === undefined || fs.exceedsQuota(parent, growth)) return status.QUOTA;
  copy(work, source, parent, name, false);
  return status.OK;
}

/** Whether what exists may be merged with, all the way down. */
function meet(work: Work, source: NaiveNode, existing: NaiveNode | undefined): number {
  if (existing === undefined) return status.OK;
  if (existing === work.source) return status.EINVAL;
  if ((existing.extra & extra.protecting) !== 0) return status.EPERM;
  if (existing.type !== source.type) return status.EPERM;
  if (source.type !== kind.directory) {
    return (work.mode & bit.overwrite) === 0 ? status.EEXIST : status.OK;
  }
  for (const [name, child] of work.fs.list(source)) {
    const met = meet(work, child, work.fs.child(existing, name));
    if (met !== status.OK) return met;
  }
  return status.OK;
}

/** What is added where the copy goes; undefined when an existing directory's own quota forbids its part. */
function growthOf(work: Work, source: NaiveNode, existing: NaiveNode | undefined) {
  const { fs } = work;
  const sums = noSums();
  if (existing === undefined) {
    add(sums, fs.sumsOf(source), 1);
    return sums;
  }
  if (source.type !== kind.directory) {
    add(sums, fs.sumsOf(source), 1);
    add(sums, fs.sumsOf(existing), -1);
    return sums;
  }
  for (const [name, child] of fs.list(source)) {
    const part = growthOf(work, child, fs.child(existing, name));
    if (part === undefined) return undefined;
    add(sums, part, 1);
  }
  return fs.exceedsQuota(existing, sums, (each) => each !== existing) ? undefined : sums;
}

function isLikeCp({ mode }: Work): boolean {
  return (mode & bit.likeCp) !== 0;
}

function mayRead({ caller, ignoreGroups }: Work, node: NaiveNode, mask: number): boolean {
  return mayIn(node, caller, mask, ignoreGroups);
}

/** The function "snap" of the specification. */
function copy(
  work: Work,
  source: NaiveNode,
  parent: NaiveNode,
  name: string,
  isNew: boolean,
): void {
  const { fs } = work;
  const isDirectory = source.type === kind.directory;
  if (source.type === kind.file && !mayRead(work, source, 4)) return;
  if (source.type > kind.socket) return;
  const enters = isDirectory && mayRead(work, source, 5);
  const children = enters ? fs.list(source) : [];
  const existing = isNew ? undefined : fs.child(parent, name);
  if (existing === undefined) {
    makeNew(work, source, parent, name, children);
    return;
  }
  let node = existing;
  if (isDirectory) {
    for (const [each, child] of children) copy(work, child, node, each, false);
  } else if (source.type === kind.file) {
    if (!hasSameData(source, existing)) {
      fs.unlink(existing, { parent: parent.inode, name });
      node = born(work, source, parent, name);
      node.storageClass = source.storageClass;
      node.trashHours = source.trashHours;
      copyContent(source, node);
    }
  } else copyContent(source, node);
  setExisting(work, source, node);
}

function setExisting(work: Work, source: NaiveNode, node: NaiveNode): void {
  const { fs, caller } = work;
  const own = { uid: caller.uid, gid: caller.groups[0] ?? 0, ctime: fs.now };
  if (isLikeCp(work)) {
    Object.assign(node, own, { mode: source.mode & ~work.umask });
  } else {
    const { mode, uid, gid, ctime, atime, mtime } = source;
    if (keepsOwner(work, source)) Object.assign(node, { mode, uid, gid, ctime });
    else Object.assign(node, own, { mode: mode & 0o1777 });
    Object.assign(node, { atime, mtime });
  }
  node.extra |= extra.snapshot;
}

function keepsOwner({ caller }: Work, source: NaiveNode): boolean {
  return caller.uid === 0 || caller.uid === source.uid;
}

function makeNew(
  work: Work,
  source: NaiveNode,
  parent: NaiveNode,
  name: string,
  children: [string, NaiveNode][],
): void {
  const keepsLinks =
    (work.mode & bit.hardLinks) !== 0 && source.type !== kind.directory && source.names.length > 1;
  const earlier = keepsLinks ? work.copies.get(source) : undefined;
  if (earlier !== undefined) {
    work.fs.link(earlier, parent, name);
    return;
  }
  const node = born(work, source, parent, name);
  if (keepsLinks) work.copies.set(source, node);
  if (!isLikeCp(work)) {
    const { storageClass, trashHours, windowsFlags, mode } = source;
    Object.assign(node, { storageClass, trashHours, windowsFlags, extra: source.extra });
    node.mode = keepsOwner(work, source) ? mode : mode & 0o1777;
    node.xattrs = new Map(source.xattrs);
    // What the new node inherited stays where the source has nothing to put in its place.
    node.accessAcl = source.accessAcl ?? node.accessAcl;
    node.defaultAcl = source.defaultAcl ?? node.defaultAcl;
  }
  copyContent(source, node);
  for (const [each, child] of children) copy(work, child, node, each, true);
  if (!isLikeCp(work)) {
    const { atime, mtime, ctime } = source;
    Object.assign(node, { atime, mtime, ctime });
  }
  node.extra |= extra.snapshot;
}

/** Rule M. */
function born(work: Work, source: NaiveNode, parent: NaiveNode, name: string): NaiveNode {
  const { fs, caller } = work;
  const own = { uid: caller.uid, gid: caller.groups[0] ?? 0 };
  const base = { parent, name, type: source.type, umask: 0 };
  if (isLikeCp(work)) {
    return fs.create({ ...base, ...own, mode: source.mode, umask: work.umask });
  }
  if (keepsOwner(work, source)) {
    return fs.create({ ...base, uid: source.uid, gid: source.gid, mode: source.mode });
  }
  return fs.create({ ...base, ...own, mode: source.mode & 0o1777 });
}

function copyContent(source: NaiveNode, node: NaiveNode): void {
  node.target = source.target;
  node.device = source.device;
  if (!isFile(source)) return;
  node.slots = new Map(source.slots);
  node.slotCount = source.slotCount;
  node.length = source.length;
}

function hasSameData(one: NaiveNode, other: NaiveNode): boolean {
  const isAlike = one.length === other.length && one.slotCount === other.slotCount;
  const sameSize = one.slots.size === other.slots.size;
  return isAlike && sameSize && [...one.slots].every(([at, id]) => other.slots.get(at) === id);
}

function dropCopy(
  work: Work,
  { session }: NaiveConnection,
  parent: NaiveNode,
  name: string,
): number {
  const { fs, caller } = work;
  if (parent.type !== kind.directory) return status.EPERM;
  if (!may(session, parent, caller, 3)) return status.EACCES;
  if (!isGoodName(name)) return status.EINVAL;
  const node = fs.child(parent, name);
  if (node === undefined) return status.ENOENT;
  if (isSticky(parent, node, caller.uid)) return status.EPERM;
  if ((work.mode & bit.force) === 0) {
    if ((parent.extra & (extra.appendOnly | extra.immutable)) !== 0) return status.EPERM;
    for (const each of tree(fs, node, true)) {
      const wanted = extra.snapshot | extra.protecting;
      if ((each.extra & wanted) !== extra.snapshot) return status.EPERM;
      if (each.type === kind.directory && !may(session, each, caller, 3)) return status.EACCES;
    }
  }
  removeTree(work, parent, name, node);
  return status.OK;
}

function removeTree(work: Work, parent: NaiveNode, name: string, node: NaiveNode): void {
  const { fs } = work;
  const fixed = extra.appendOnly | extra.immutable;
  const isAllowed = (parent.extra & fixed) === 0;
  if (node.type === kind.directory) {
    const before = node.extra;
    if (mayRead(work, node, 3)) {
      for (const [each, child] of fs.list(node)) removeTree(work, node, each, child);
    }
    if (node.entries.size > 0) return;
    node.extra = before;
  }
  const isSnapshot = (node.extra & (extra.snapshot | extra.protecting)) === extra.snapshot;
  if (!isSnapshot || !isAllowed) return;
  node.trashHours = 0;
  fs.unlink(node, { parent: parent.inode, name });
}
