// Attributes, extended attributes and access lists in the naive file system.
// Spec: wire-client-master-2.md sections 2.2, 2.4, 2.5, 6 and 9.2; semantics-master.md sections 11, 12, 14.

import { status } from "../../daemons/master/core/status.ts";
import type * as packets from "../../daemons/protocol/packets/client-attributes.ts";
import type { FileTimes } from "../../daemons/protocol/packets/client-register.ts";
import { disabled } from "./naive-disabled.ts";
import type { NaiveFs } from "./naive-fs.ts";
import { findNode, look, mapCaller, mapUid, may, owns } from "./naive-rights.ts";
import { absent, extra } from "./naive-types.ts";
import type { NaiveAcl, NaiveCaller, NaiveConnection, NaiveNode } from "./naive-types.ts";
import { text } from "./plain.ts";

const bit = {
  windowsFlags: 0x01,
  mode: 0x02,
  uid: 0x04,
  gid: 0x08,
  mtimeNow: 0x10,
  mtime: 0x20,
  atime: 0x40,
  atimeNow: 0x80,
};
const special = 0o6000;
const setGroupId = 0o2000;
const daySeconds = 86_400;
const xattrListBytesMax = 65_536;

/** The access time of something read moves in the manner of "relatime". */
export function touchRead(fs: NaiveFs, node: NaiveNode): void {
  if (isRelative(node, fs.now)) node.atime = fs.now;
}

function isRelative({ atime, mtime, ctime }: NaiveNode, to: number): boolean {
  return (
    (atime <= ctime && ctime <= to) || (atime <= mtime && mtime <= to) || atime + daySeconds < to
  );
}

export function getAttributes(
  fs: NaiveFs,
  from: NaiveConnection,
  request: packets.GetAttributes,
): unknown {
  const node = findNode(fs, from.session, request.inode, request.opened !== 0);
  if (node === undefined) return status.ENOENT;
  const { uid, gid } = request;
  const caller = mapCaller(from.session, { uid, gid, groups: [] });
  return { attributes: look(fs, from, node, { caller }) };
}

export function access(fs: NaiveFs, from: NaiveConnection, request: packets.Access): unknown {
  const { session } = from;
  const writes = (request.mask & 2) !== 0;
  if (writes && session.terms.readOnly) return status.EROFS;
  const node = findNode(fs, session, request.inode, true);
  if (node === undefined) return status.ENOENT;
  if (writes && (node.extra & extra.immutable) !== 0) return status.EPERM;
  const caller = mapCaller(session, request.caller);
  return may(session, node, caller, request.mask & 7) ? status.OK : status.EACCES;
}

export function setAttributes(
  fs: NaiveFs,
  from: NaiveConnection,
  request: packets.SetAttributes,
): unknown {
  const { session } = from;
  const { disables, readOnly } = session.terms;
  const { setMask } = request;
  const setsOwner = (setMask & (bit.uid | bit.gid)) !== 0;
  if (setsOwner && (disables & disabled.chown) !== 0) return status.EPERM;
  if ((setMask & bit.mode) !== 0 && (disables & disabled.chmod) !== 0) return status.EPERM;
  if (readOnly) return status.EROFS;
  const node = findNode(fs, session, request.inode, request.opened !== 0);
  if (node === undefined) return status.ENOENT;
  if ((node.extra & extra.immutable) !== 0) return status.EPERM;
  const caller = mapCaller(session, request.caller);
  if (!isKernelsDrop(node, caller, request)) {
    const refused = checkSet(from, node, caller, request);
    if (refused !== status.OK) return refused;
  }
  applyModes(node, caller, request);
  if ((setMask & bit.mtimeNow) !== 0) node.mtime = fs.now;
  else if ((setMask & bit.mtime) !== 0) node.mtime = request.modificationTime;
  if ((setMask & bit.atimeNow) !== 0) node.atime = fs.now;
  else if ((setMask & bit.atime) !== 0) node.atime = request.accessTime;
  if ((setMask & bit.windowsFlags) !== 0) node.windowsFlags = request.windowsFlags;
  node.ctime = fs.now;
  return { attributes: look(fs, from, node, { caller }) };
}

/** The kernel drops suid and sgid while somebody writes. */
function isKernelsDrop(
  node: NaiveNode,
  caller: NaiveCaller,
  request: packets.SetAttributes,
): boolean {
  const drops = request.setMask === bit.mode && (request.mode & 0o7777) === (node.mode & 0o1777);
  return caller.uid !== 0 && drops && (node.mode & special) !== 0;
}

function checkSet(
  { session }: NaiveConnection,
  node: NaiveNode,
  caller: NaiveCaller,
  { setMask, uid, gid }: packets.SetAttributes,
): number {
  if (caller.uid === 0) return status.OK;
  const { mapAll, ignoreGroups } = session.terms;
  const owners = setMask & (bit.uid | bit.gid);
  if (mapAll && caller.saidUid !== 0 && owners !== 0) return status.EPERM;
  if (!owns(node, caller.uid)) {
    if ((setMask & (bit.mode | bit.mtime | bit.atime)) !== 0 || owners !== 0) return status.EPERM;
    const now = (setMask & (bit.mtimeNow | bit.atimeNow)) !== 0;
    if (now && !may(session, node, caller, 2)) return status.EACCES;
  }
  if ((setMask & bit.uid) !== 0 && uid !== caller.uid) return status.EPERM;
  const foreign = (setMask & bit.gid) !== 0 && !caller.groups.includes(gid);
  return foreign && !ignoreGroups ? status.EPERM : status.OK;
}

function applyModes(node: NaiveNode, caller: NaiveCaller, request: packets.SetAttributes): void {
  const { setMask } = request;
  const setsMode = (setMask & bit.mode) !== 0;
  const setsOwner = (setMask & (bit.uid | bit.gid)) !== 0;
  let wanted = request.mode & 0o7777;
  if (setsOwner && setsMode) wanted = (wanted & ~special) | (node.mode & special);
  if (setsOwner && (node.mode & special) !== 0) {
    const newGid = (setMask & bit.gid) === 0 ? node.gid : request.gid;
    const kept = ~clearedBits(node, caller, request.sugidClearMode, newGid !== node.gid);
    wanted &= kept;
    node.mode &= kept;
  }
  if ((setMask & bit.uid) !== 0) node.uid = request.uid;
  if ((setMask & bit.gid) !== 0) node.gid = request.gid;
  if (!setsMode) return;
  if (caller.uid !== 0 && !caller.groups.includes(node.gid)) wanted &= ~setGroupId;
  if (node.accessAcl === undefined) {
    node.mode = wanted;
    return;
  }
  node.mode = (wanted & ~0o070) | (node.mode & 0o070);
  const { accessAcl: acl } = node;
  const low = (old: number, digit: number) => (old & ~7) | ((wanted >> digit) & 7);
  const digits = { owner: low(acl.owner, 6), mask: low(acl.mask, 3), other: low(acl.other, 0) };
  node.accessAcl = { ...acl, ...digits };
}

/** Spec: semantics-master.md section 14.1, the table of modes. */
function clearedBits(
  node: NaiveNode,
  { uid }: NaiveCaller,
  mode: number,
  changesGroup: boolean,
): number {
  const byGroup = (node.mode & 0o010) === 0 ? special & ~setGroupId : special;
  const isDirectory = node.type === 2;
  switch (mode) {
    case 0:
      return 0;
    case 2:
      return uid === 0 ? 0 : special;
    case 3:
      return uid !== 0 && changesGroup ? special : 0;
    case 4:
      return isDirectory ? 0 : byGroup;
    case 5:
      if (isDirectory) return uid === 0 ? 0 : special;
      return byGroup;
    default:
      return special;
  }
}

/** AMTIME: times only move forward. */
export function fileTimes(fs: NaiveFs, from: NaiveConnection, request: FileTimes): void {
  for (const { inode, accessTime, modificationTime } of request.files) {
    const node = inode === 0 ? undefined : findNode(fs, from.session, inode, true);
    if (node === undefined) continue;
    const readsAllowed = isRelative(node, accessTime);
    if (accessTime > node.atime && readsAllowed) node.atime = accessTime;
    if (modificationTime > node.mtime) {
      node.mtime = modificationTime;
      node.ctime = modificationTime;
    }
  }
}

export function getXattr(
  fs: NaiveFs,
  from: NaiveConnection,
  request: packets.GetExtendedAttribute,
): unknown {
  const { session } = from;
  const name = text(request.name);
  if (request.mode > 1) return status.EINVAL;
  const node = findNode(fs, session, request.inode, request.opened !== 0);
  if (node === undefined) return status.ENOENT;
  const caller = mapCaller(session, request.caller);
  if (caller.uid !== 0 && name.startsWith("trusted.")) return status.EPERM;
  if (request.opened === 0 && !may(session, node, caller, 4)) return status.EACCES;
  if (name.includes("\0")) return status.EINVAL;
  const list = [...node.xattrs.keys()].toReversed().map((each) => `${each}\0`);
  const value = name === "" ? list.join("") : node.xattrs.get(name);
  if (value === undefined) return status.ENOATTR;
  return { size: value.length, value: request.mode === 0 ? value : "" };
}

export function setXattr(
  fs: NaiveFs,
  from: NaiveConnection,
  request: packets.SetExtendedAttribute,
): unknown {
  const { session } = from;
  const name = text(request.name);
  if ((session.terms.disables & disabled.setXattr) !== 0) return status.EPERM;
  if (session.terms.readOnly) return status.EROFS;
  const node = findNode(fs, session, request.inode, request.opened !== 0);
  if (node === undefined) return status.ENOENT;
  const caller = mapCaller(session, request.caller);
  if (caller.uid !== 0 && /^(trusted|security)\./.test(name)) return status.EPERM;
  if (name.startsWith("system.") && !owns(node, caller.uid)) return status.EPERM;
  if ((node.extra & extra.immutable) !== 0) return status.EPERM;
  if (request.opened === 0 && !may(session, node, caller, 2)) return status.EACCES;
  if (name === "" || name.includes("\0") || request.mode > 3) return status.EINVAL;
  const exists = node.xattrs.has(name);
  if (request.mode === 1 && exists) return status.EEXIST;
  if (request.mode >= 2 && !exists) return status.ENOATTR;
  if (request.mode === 3) node.xattrs.delete(name);
  else {
    const used = [...node.xattrs.keys()].reduce((sum, each) => sum + each.length + 1, 0);
    if (!exists && used + name.length + 1 > xattrListBytesMax) return status.ERANGE;
    node.xattrs.set(name, text(request.value));
  }
  node.ctime = fs.now;
  return status.OK;
}

export function getAcl(fs: NaiveFs, from: NaiveConnection, request: packets.GetAcl): unknown {
  const node = findNode(fs, from.session, request.inode);
  if (node === undefined) return status.ENOENT;
  const acls = [undefined, node.accessAcl, node.defaultAcl];
  const acl = acls[request.aclType];
  if (acl === undefined) return status.ENOATTR;
  const { owner, ...others } = acl;
  return { user: owner, ...others };
}

export function setAcl(fs: NaiveFs, from: NaiveConnection, request: packets.SetAcl): unknown {
  const { session } = from;
  if ((session.terms.disables & disabled.setAcl) !== 0) return status.EPERM;
  if (session.terms.readOnly) return status.EROFS;
  const node = findNode(fs, session, request.inode);
  if (node === undefined) return status.ENOENT;
  if (!owns(node, mapUid(session, request.uid))) return status.EPERM;
  if ((node.extra & extra.immutable) !== 0) return status.EPERM;
  const { aclType, users, groups, mask } = request;
  if (aclType !== 1 && aclType !== 2) return status.EINVAL;
  const isBare = users.length === 0 && groups.length === 0;
  const given = [request.user, request.group, request.other, mask];
  if (isBare && given.every((each) => each === absent)) {
    if (aclType === 1) node.accessAcl = undefined;
    else node.defaultAcl = undefined;
    return status.OK;
  }
  const fromMode = (wanted: number, digit: number) =>
    wanted === absent ? (node.mode >> digit) & 7 : wanted;
  const acl: NaiveAcl = {
    owner: fromMode(request.user, 6),
    group: fromMode(request.group, 3),
    other: fromMode(request.other, 0),
    mask,
    users,
    groups,
  };
  if (aclType === 2) {
    node.defaultAcl = acl;
    return status.OK;
  }
  node.accessAcl = isBare && mask === absent ? undefined : acl;
  const mode = (node.mode & 0o7000) | (acl.owner << 6) | (acl.group << 3) | acl.other;
  if (mode !== node.mode) node.ctime = fs.now;
  node.mode = mode;
  return status.OK;
}
