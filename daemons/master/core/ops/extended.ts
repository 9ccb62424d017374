// Extended attributes and ACLs. Spec: wire-client-master-2.md section 6, semantics-master.md sections 11.3 and 12.2.

import {
  GetAcl,
  GetAclAnswer,
  GetExtendedAttribute,
  GetExtendedAttributeAnswer,
  SetAcl,
  SetAclAnswer,
  SetExtendedAttribute,
  SetExtendedAttributeAnswer,
} from "../../../protocol/packets/client-attributes.ts";
import { aclBytes, xattrMode } from "../changes/attributes.ts";
import { disabled, mapCaller, mapUid } from "../client.ts";
import type { Client } from "../client.ts";
import { findNode, may, owns, right } from "../rights.ts";
import { status } from "../status.ts";
import { aclAbsent, aclType, xattrBytesMax } from "../store/attribute-lists.ts";
import type { AclType } from "../store/attribute-lists.ts";
import { extraAttribute } from "../store/nodes.ts";
import { operation } from "./operation.ts";

const valueWanted = 0;
const lengthWanted = 1;
const noBytes = new Uint8Array(0);

export const getExtendedAttribute = operation(
  GetExtendedAttribute,
  GetExtendedAttributeAnswer,
  (client, request) => {
    const { xattrs } = client.service.world;
    const { name, mode, messageId } = request;
    if (mode > lengthWanted) return status.EINVAL;
    const inode = findNode(client, request.inode, request.opened !== 0);
    if (inode === 0) return status.ENOENT;
    const caller = mapCaller(client.session, request.caller);
    if (caller.uid !== 0 && startsWith(name, "trusted.")) return status.EPERM;
    if (request.opened === 0 && !may(client, inode, caller, right.read)) return status.EACCES;
    if (name.includes(0)) return status.EINVAL;
    const value = name.length === 0 ? listOf(client, inode) : xattrs.get(inode, name);
    if (value === undefined) return status.ENOATTR;
    if (value.length > xattrBytesMax) return status.ERANGE;
    const shown = mode === valueWanted ? value : noBytes;
    return { variant: "full" as const, messageId, size: value.length, value: shown };
  },
);

function listOf(client: Client, inode: number): Uint8Array {
  const { xattrs } = client.service.world;
  const list = new Uint8Array(xattrs.listBytes(inode));
  let at = 0;
  for (const { name } of xattrs.list(inode)) {
    list.set(name, at);
    at += name.length + 1;
  }
  return list;
}

export const setExtendedAttribute = operation(
  SetExtendedAttribute,
  SetExtendedAttributeAnswer,
  (client, request) => {
    const { world, commit } = client.service;
    const { name, value, mode } = request;
    if (client.disables(disabled.setXattr)) return status.EPERM;
    if (client.readOnly) return status.EROFS;
    const inode = findNode(client, request.inode, request.opened !== 0);
    if (inode === 0) return status.ENOENT;
    const caller = mapCaller(client.session, request.caller);
    const rootOnly = startsWith(name, "trusted.") || startsWith(name, "security.");
    if (caller.uid !== 0 && rootOnly) return status.EPERM;
    if (startsWith(name, "system.") && !owns(world, inode, caller.uid)) return status.EPERM;
    if ((world.nodes.extra(inode) & extraAttribute.immutable) !== 0) return status.EPERM;
    if (request.opened === 0 && !may(client, inode, caller, right.write)) return status.EACCES;
    if (name.length === 0 || name.includes(0) || mode > xattrMode.remove) return status.EINVAL;
    if (value.length > xattrBytesMax && mode !== xattrMode.remove) return status.ERANGE;
    const shown = mode === xattrMode.remove ? noBytes : value;
    const changed = commit({ op: "SETXATTR", inode, name, value: shown, mode });
    return typeof changed === "number" ? changed : status.OK;
  },
);

function startsWith(name: Uint8Array, prefix: string): boolean {
  if (name.length < prefix.length) return false;
  for (let at = 0; at < prefix.length; at++) {
    if (name[at] !== prefix.charCodeAt(at)) return false;
  }
  return true;
}

export const getAcl = operation(GetAcl, GetAclAnswer, (client, request) => {
  const inode = findNode(client, request.inode);
  if (inode === 0) return status.ENOENT;
  const acl = isAclType(request.aclType)
    ? client.service.world.acls.get(inode, request.aclType)
    : undefined;
  if (acl === undefined) return status.ENOATTR;
  return {
    variant: "full" as const,
    messageId: request.messageId,
    user: acl.owner,
    group: acl.group,
    other: acl.other,
    mask: acl.mask,
    users: acl.users,
    groups: acl.groups,
  };
});

export const setAcl = operation(SetAcl, SetAclAnswer, (client, request) => {
  const { world, commit, now } = client.service;
  const { nodes } = world;
  if (client.disables(disabled.setAcl)) return status.EPERM;
  if (client.readOnly) return status.EROFS;
  const inode = findNode(client, request.inode);
  if (inode === 0) return status.ENOENT;
  if (!owns(world, inode, mapUid(client.session, request.uid))) return status.EPERM;
  if ((nodes.extra(inode) & extraAttribute.immutable) !== 0) return status.EPERM;
  const { aclType: type, users, groups } = request;
  if (!isAclType(type)) return status.EINVAL;
  const old = nodes.mode(inode);
  const removes = isRemoval(request);
  const owner = removes ? aclAbsent : given(request.user, old >>> 6);
  const group = removes ? aclAbsent : given(request.group, old >>> 3);
  const other = removes ? aclAbsent : given(request.other, old);
  const setsMode = type === aclType.access && !removes;
  const mode = setsMode
    ? (old & 0o7000) | ((owner & 7) << 6) | ((group & 7) << 3) | (other & 7)
    : old;
  const changed = commit({
    op: "SETACL",
    inode,
    mode,
    touch: mode !== old || nodes.changeTime(inode) === now ? 1 : 0,
    type,
    owner,
    group,
    other,
    mask: request.mask,
    namedUsers: users.length,
    namedGroups: groups.length,
    acl: aclBytes({ users, groups }),
  });
  return typeof changed === "number" ? changed : status.OK;
});

function isAclType(type: number): type is AclType {
  return type === aclType.access || type === aclType.default;
}

function isRemoval(request: SetAcl): boolean {
  const { user, group, other, mask, users, groups } = request;
  const absent = [user, group, other, mask].every((permissions) => permissions === aclAbsent);
  return absent && users.length === 0 && groups.length === 0;
}

function given(permissions: number, fromMode: number): number {
  return permissions === aclAbsent ? fromMode & 7 : permissions;
}
