// Changes of a node's attributes, extended attributes and ACLs. Spec: changelog.md section 7.2.

import { status } from "../status.ts";
import { aclAbsent, aclType, xattrBytesMax } from "../store/attribute-lists.ts";
import type { Acl, AclEntry, AclType } from "../store/attribute-lists.ts";
import type { World } from "../store/world.ts";
import type { EntryOf } from "../../../metadata/changelog-entry.ts";
import { none } from "./change.ts";
import type { Applied } from "./change.ts";

/** Marks in ATTR that the access ACL's bits are given too. */
export const aclModeGiven = 0o10_000;
const aclEntryBytes = 6;
const xattrNameBytesMax = 255;

/** What SETXATTR does with the name. */
export const xattrMode = { createOrReplace: 0, create: 1, replace: 2, remove: 3 } as const;

/** ATTR: the final values of an attribute change. */
export function setAttributes(world: World, ts: number, entry: EntryOf<"ATTR">): Applied<"ATTR"> {
  const { nodes, acls } = world;
  const { inode } = entry;
  if (nodes.type(inode) === 0) return status.ENOENT;
  if (entry.mode > 0o7777) return status.EINVAL;
  nodes.setMode(inode, entry.mode);
  nodes.setUid(inode, entry.uid);
  nodes.setGid(inode, entry.gid);
  nodes.setAccessTime(inode, entry.atime);
  nodes.setModificationTime(inode, entry.mtime);
  nodes.setWindowsFlags(inode, entry.winattr);
  nodes.setChangeTime(inode, ts);
  const acl = acls.get(inode, aclType.access);
  if (acl !== undefined) {
    const bits =
      (entry.aclMode & aclModeGiven) === 0 ? (entry.mode & 0o707) | 0o070 : entry.aclMode;
    // Only the low bits change: a mask that is not set stays one, but for them.
    const owner = (acl.owner & ~7) | ((bits >>> 6) & 7);
    const mask = (acl.mask & ~7) | ((bits >>> 3) & 7);
    const other = (acl.other & ~7) | (bits & 7);
    acls.set(inode, aclType.access, { ...acl, owner, mask, other });
  }
  return none;
}

/** ACCESS: the node was read. */
export function access(world: World, ts: number, entry: EntryOf<"ACCESS">): Applied<"ACCESS"> {
  if (world.nodes.type(entry.inode) === 0) return status.ENOENT;
  world.nodes.setAccessTime(entry.inode, ts);
  return none;
}

/** AMTIME: times that a client kept while it read and wrote. */
export function setTimes(world: World, _ts: number, entry: EntryOf<"AMTIME">): Applied<"AMTIME"> {
  const { nodes } = world;
  if (nodes.type(entry.inode) === 0) return status.ENOENT;
  nodes.setAccessTime(entry.inode, entry.atime);
  nodes.setModificationTime(entry.inode, entry.mtime);
  nodes.setChangeTime(entry.inode, entry.ctime);
  return none;
}

/** SETXATTR: sets or removes an extended attribute. */
export function setXattr(
  world: World,
  ts: number,
  entry: EntryOf<"SETXATTR">,
): Applied<"SETXATTR"> {
  const { nodes, xattrs } = world;
  const { inode, name, value, mode } = entry;
  const badName = name.length === 0 || name.length > xattrNameBytesMax || name.includes(0);
  if (badName || value.length > xattrBytesMax || mode > xattrMode.remove) return status.EINVAL;
  if (nodes.type(inode) === 0) return status.ENOENT;
  const exists = xattrs.get(inode, name) !== undefined;
  if (mode === xattrMode.create && exists) return status.EEXIST;
  if (mode >= xattrMode.replace && !exists) return status.ENOATTR;
  if (mode === xattrMode.remove) xattrs.remove(inode, name);
  else {
    if (!exists && xattrs.listBytes(inode) + name.length + 1 > xattrBytesMax) return status.ERANGE;
    xattrs.set(inode, name, value);
  }
  nodes.setChangeTime(inode, ts);
  return none;
}

/** SETACL: sets or removes an access or default ACL; the mode is the final one. */
export function setAcl(world: World, ts: number, entry: EntryOf<"SETACL">): Applied<"SETACL"> {
  const { nodes, acls } = world;
  const { inode, type } = entry;
  const entries = entry.namedUsers + entry.namedGroups;
  if (entry.acl.length !== entries * aclEntryBytes) return status.MISMATCH;
  if (nodes.type(inode) === 0) return status.ENOENT;
  if (type !== aclType.access && type !== aclType.default) return status.EINVAL;
  if (isRemoval(entry)) {
    acls.remove(inode, type);
    return none;
  }
  if (isPlainMode(entry, type)) acls.remove(inode, type);
  else acls.set(inode, type, aclOf(entry));
  nodes.setMode(inode, entry.mode);
  if (entry.touch !== 0) nodes.setChangeTime(inode, ts);
  return none;
}

function isRemoval(entry: EntryOf<"SETACL">): boolean {
  const { owner, group, other, mask } = entry;
  const absent = [owner, group, other, mask].every((permissions) => permissions === aclAbsent);
  return absent && entry.acl.length === 0;
}

/** An access ACL that says no more than a mode does. */
function isPlainMode(entry: EntryOf<"SETACL">, type: AclType): boolean {
  const plain = entry.owner <= 7 && entry.group <= 7 && entry.other <= 7;
  return type === aclType.access && plain && entry.mask === aclAbsent && entry.acl.length === 0;
}

function aclOf(entry: EntryOf<"SETACL">): Acl {
  const { owner, group, other, mask } = entry;
  const all = aclEntries(entry.acl);
  const users = all.slice(0, entry.namedUsers);
  return { owner, group, other, mask, users, groups: all.slice(entry.namedUsers) };
}

/** Named entries from their six bytes each: id u32, permissions u16. */
export function aclEntries(bytes: Uint8Array): AclEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / aclEntryBytes }, (_, index) => ({
    id: view.getUint32(index * aclEntryBytes),
    permissions: view.getUint16(index * aclEntryBytes + 4),
  }));
}

/** Six bytes an entry: the users, then the groups. */
export function aclBytes(acl: Pick<Acl, "users" | "groups">): Uint8Array {
  const entries = [...acl.users, ...acl.groups];
  const bytes = new Uint8Array(entries.length * aclEntryBytes);
  const view = new DataView(bytes.buffer);
  entries.forEach((entry, index) => {
    view.setUint32(index * aclEntryBytes, entry.id);
    view.setUint16(index * aclEntryBytes + 4, entry.permissions);
  });
  return bytes;
}
