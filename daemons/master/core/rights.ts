// Who may do what with a node: mode bits, ACLs, the sticky bit. Masks: 4 read, 2 write, 1 execute.
// Spec: wire-client-master-1.md sections 8.1 and 8.2, semantics-master.md section 11.

import { nodeTypes } from "../../protocol/attributes.ts";
import type { Caller } from "../../protocol/caller.ts";
import type { Client } from "./client.ts";
import { aclType } from "./store/attribute-lists.ts";
import type { Acl } from "./store/attribute-lists.ts";
import { extraAttribute, rootInode } from "./store/nodes.ts";
import type { World } from "./store/world.ts";

/** Rights as bits of a mask. */
export const right = { read: 4, write: 2, execute: 1, writeExecute: 3, readExecute: 5 } as const;

/** For plain rights 0 to 7 the set of masks that they allow: bit m stands for mask m. */
const allowedMasks = [0x01, 0x03, 0x05, 0x0f, 0x11, 0x33, 0x55, 0xff] as const;
const everyMask = 0xff;
const stickyBit = 0o1000;

/** The real inode behind one in a request, or 0: the session's root is always 1 on the wire. */
export function findNode(client: Client, inode: number, skipAncestors = false): number {
  const { rootInode: root } = client.session;
  const { nodes, edges } = client.service.world;
  if (root === rootInode) return nodes.type(inode) === 0 ? 0 : inode;
  if (root === 0) {
    const type = nodes.type(inode);
    return type === nodeTypes.trash || type === nodeTypes.sustained ? inode : 0;
  }
  if (nodes.type(root) === 0) return 0;
  if (inode === rootInode) return root;
  if (nodes.type(inode) === 0) return 0;
  if (skipAncestors) return inode;
  for (let above = inode; above !== 0; above = edges.parentOf(above)) {
    if (above === root) return inode;
  }
  return 0;
}

/** The inode as the session sees it. */
export function shownInode(client: Client, inode: number): number {
  return inode === client.session.rootInode ? rootInode : inode;
}

/** The set of masks that the caller has on a node: bit m is set when mask m is allowed. */
export function allowed(client: Client, inode: number, caller: Caller): number {
  const { world } = client.service;
  const { nodes } = world;
  if (caller.uid === 0) return everyMask;
  const acl = world.acls.get(inode, aclType.access);
  if (acl !== undefined) return allowedByAcl(acl, nodes.uid(inode), nodes.gid(inode), caller);
  const mode = nodes.mode(inode);
  const isOwner = caller.uid === nodes.uid(inode);
  if (isOwner || (nodes.extra(inode) & extraAttribute.noOwner) !== 0) return masks(mode >>> 6);
  if (client.ignoresGroups) return masks((mode >>> 3) | mode);
  return masks(isInGroup(caller, nodes.gid(inode)) ? mode >>> 3 : mode);
}

/** Whether the caller has all rights of the mask. */
export function may(client: Client, inode: number, caller: Caller, mask: number): boolean {
  return (allowed(client, inode, caller) & (1 << mask)) !== 0;
}

/** Rights by an access ACL: of several groups each is looked at alone, so their rights never add up. */
export function allowedByAcl(acl: Acl, ownerUid: number, ownerGid: number, caller: Caller): number {
  if (caller.uid === ownerUid) return masks(acl.owner);
  const user = acl.users.find((entry) => entry.id === caller.uid);
  if (user !== undefined) return masks(user.permissions & acl.mask);
  let matched = false;
  let set = 0;
  if (isInGroup(caller, ownerGid)) {
    matched = true;
    set |= masks(acl.group & acl.mask);
  }
  for (const group of acl.groups) {
    if (!isInGroup(caller, group.id)) continue;
    matched = true;
    set |= masks(group.permissions & acl.mask);
  }
  return matched ? set : masks(acl.other);
}

/** Whether the group is one of the caller's. */
export function isInGroup(caller: Caller, gid: number): boolean {
  return caller.gid === gid || (caller.groups?.includes(gid) ?? false);
}

/** Whether the caller may change what only owners change. */
export function owns(world: World, inode: number, uid: number): boolean {
  const { nodes } = world;
  const free = (nodes.extra(inode) & extraAttribute.noOwner) !== 0;
  return uid === 0 || free || nodes.uid(inode) === uid;
}

/** Whether the sticky bit of a directory keeps the caller from removing or renaming an entry. */
export function isStickyFor(world: World, directory: number, inode: number, uid: number): boolean {
  if ((world.nodes.mode(directory) & stickyBit) === 0) return false;
  return !owns(world, directory, uid) && !owns(world, inode, uid);
}

function masks(bits: number): number {
  return allowedMasks[bits & 7] ?? 0;
}
