// GETATTR, SETATTR, ACCESS and the times that clients keep for us (AMTIME).
// Spec: wire-client-master-2.md sections 2.2, 2.4, 2.5 and 9.2; semantics-master.md section 14.

import {
  Access,
  AccessAnswer,
  GetAttributes,
  GetAttributesAnswer,
  SetAttributes,
  SetAttributesAnswer,
  setAttributesBits as bits,
} from "../../../protocol/packets/client-attributes.ts";
import { attributesOf } from "../attributes.ts";
import { aclModeGiven } from "../changes/attributes.ts";
import { disabled, mapCaller } from "../client.ts";
import type { Client, MappedCaller } from "../client.ts";
import { findNode, isInGroup, may, owns, right } from "../rights.ts";
import { status } from "../status.ts";
import { aclType } from "../store/attribute-lists.ts";
import { extraAttribute } from "../store/nodes.ts";
import { operation } from "./operation.ts";

const setUserId = 0o4000;
const setGroupId = 0o2000;
const groupExecute = 0o010;
const modeBits = 0o7777;
const noGroups: readonly number[] = [];

/** How suid and sgid fall when the owner changes. */
const clearMode = { never: 0, always: 1, osx: 2, bsd: 3, ext: 4, xfs: 5 };

export const getAttributes = operation(GetAttributes, GetAttributesAnswer, (client, request) => {
  client.service.counters.count(client.session, "getattr");
  const inode = findNode(client, request.inode, request.opened !== 0);
  if (inode === 0) return status.ENOENT;
  const { uid, gid } = request;
  const caller = mapCaller(client.session, { uid, gid, groups: noGroups });
  const attributes = attributesOf(client, inode, { caller });
  return { variant: "full" as const, messageId: request.messageId, attributes };
});

export const access = operation(Access, AccessAnswer, (client, request) => {
  const mask = request.mask & 7;
  const writes = (mask & right.write) !== 0;
  if (writes && client.readOnly) return status.EROFS;
  const inode = findNode(client, request.inode, true);
  if (inode === 0) return status.ENOENT;
  const { nodes } = client.service.world;
  if (writes && (nodes.extra(inode) & extraAttribute.immutable) !== 0) return status.EPERM;
  const caller = mapCaller(client.session, request.caller);
  return may(client, inode, caller, mask) ? status.OK : status.EACCES;
});

export const setAttributes = operation(SetAttributes, SetAttributesAnswer, (client, request) => {
  const { service, session } = client;
  const { nodes } = service.world;
  service.counters.count(session, "setattr");
  const { setMask } = request;
  if ((setMask & (bits.uid | bits.gid)) !== 0 && client.disables(disabled.chown)) {
    return status.EPERM;
  }
  if ((setMask & bits.mode) !== 0 && client.disables(disabled.chmod)) return status.EPERM;
  if (client.readOnly) return status.EROFS;
  const inode = findNode(client, request.inode, request.opened !== 0);
  if (inode === 0) return status.ENOENT;
  if ((nodes.extra(inode) & extraAttribute.immutable) !== 0) return status.EPERM;
  const caller = mapCaller(session, request.caller);
  const refused = checkSetAttributes(client, inode, caller, request);
  if (refused !== status.OK) return refused;
  const changed = service.commit({ op: "ATTR", ...wanted(client, inode, caller, request) });
  if (typeof changed === "number") return changed;
  const attributes = attributesOf(client, inode, { caller });
  return { variant: "full" as const, messageId: request.messageId, attributes };
});

function checkSetAttributes(
  client: Client,
  inode: number,
  caller: MappedCaller,
  request: SetAttributes,
): number {
  const { world } = client.service;
  const { nodes } = world;
  const { setMask } = request;
  const mode = nodes.mode(inode);
  if (caller.uid === 0) return status.OK;
  // The kernel drops suid and sgid by itself while a file is written.
  const dropsBits =
    setMask === bits.mode &&
    (request.mode & modeBits) === (mode & 0o1777) &&
    (mode & (setUserId | setGroupId)) !== 0;
  if (dropsBits) return status.OK;
  const owners = bits.uid | bits.gid;
  if (client.mapsAll && caller.unmappedUid !== 0 && (setMask & owners) !== 0) return status.EPERM;
  if (!owns(world, inode, caller.uid)) {
    const forOwners = bits.mode | owners | bits.accessTime | bits.modificationTime;
    if ((setMask & forOwners) !== 0) return status.EPERM;
    const now = bits.accessTimeNow | bits.modificationTimeNow;
    if ((setMask & now) !== 0 && !may(client, inode, caller, right.write)) return status.EACCES;
  }
  if ((setMask & bits.uid) !== 0 && request.uid !== caller.uid) return status.EPERM;
  const foreignGroup = (setMask & bits.gid) !== 0 && !isInGroup(caller, request.gid);
  return foreignGroup && !client.ignoresGroups ? status.EPERM : status.OK;
}

/** The final values of all attributes. */
function wanted(client: Client, inode: number, caller: MappedCaller, request: SetAttributes) {
  const { service } = client;
  const { nodes } = service.world;
  const { setMask } = request;
  const uid = (setMask & bits.uid) === 0 ? nodes.uid(inode) : request.uid;
  const gid = (setMask & bits.gid) === 0 ? nodes.gid(inode) : request.gid;
  const modes = wantedMode(client, inode, caller, { request, gid });
  let atime = nodes.accessTime(inode);
  if ((setMask & bits.accessTimeNow) !== 0) atime = service.now;
  else if ((setMask & bits.accessTime) !== 0) atime = request.accessTime;
  let mtime = nodes.modificationTime(inode);
  if ((setMask & bits.modificationTimeNow) !== 0) mtime = service.now;
  else if ((setMask & bits.modificationTime) !== 0) mtime = request.modificationTime;
  const winattr =
    (setMask & bits.windowsFlags) === 0 ? nodes.windowsFlags(inode) : request.windowsFlags;
  return { inode, ...modes, uid, gid, atime, mtime, winattr };
}

function wantedMode(
  client: Client,
  inode: number,
  caller: MappedCaller,
  to: { readonly request: SetAttributes; readonly gid: number },
): { readonly mode: number; readonly aclMode: number } {
  const { world } = client.service;
  const { request, gid } = to;
  const setsMode = (request.setMask & bits.mode) !== 0;
  const changesOwner = (request.setMask & (bits.uid | bits.gid)) !== 0;
  const special = setUserId | setGroupId;
  const old = world.nodes.mode(inode);
  let mode = setsMode ? request.mode & modeBits : old;
  if (changesOwner) {
    if (setsMode) mode = (mode & ~special) | (old & special);
    if ((old & special) !== 0) mode &= ~clearedBits(client, inode, caller, to);
  }
  if (setsMode && caller.uid !== 0 && (mode & setGroupId) !== 0 && !isInGroup(caller, gid)) {
    mode &= ~setGroupId;
  }
  const acl = world.acls.get(inode, aclType.access);
  if (acl === undefined) return { mode, aclMode: 0 };
  if (!setsMode) {
    return { mode, aclMode: aclModeGiven | (acl.owner << 6) | ((acl.mask & 7) << 3) | acl.other };
  }
  // The group digit asked for is the ACL's mask; the node keeps its own.
  return { mode: (mode & ~0o070) | (old & 0o070), aclMode: aclModeGiven | (mode & 0o777) };
}

/** The bits of suid and sgid that a change of owner clears. */
function clearedBits(
  client: Client,
  inode: number,
  caller: MappedCaller,
  to: { readonly request: SetAttributes; readonly gid: number },
): number {
  const { nodes } = client.service.world;
  const both = setUserId | setGroupId;
  const isRoot = caller.uid === 0;
  const byGroup = (nodes.mode(inode) & groupExecute) === 0 ? setUserId : both;
  switch (to.request.sugidClearMode) {
    case clearMode.always:
      return both;
    case clearMode.osx:
      return isRoot ? 0 : both;
    case clearMode.bsd:
      return isRoot || to.gid === nodes.gid(inode) ? 0 : both;
    case clearMode.ext:
      return nodes.isDirectory(inode) ? 0 : byGroup;
    case clearMode.xfs:
      if (!nodes.isDirectory(inode)) return byGroup;
      return isRoot ? 0 : both;
    default:
      return 0;
  }
}
