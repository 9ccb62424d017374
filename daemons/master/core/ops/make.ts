// MKNOD, MKDIR, CREATE and SYMLINK: new nodes. Spec: wire-client-master-2.md sections 2.7 and 2.8.

import { openedFlags } from "../../../protocol/packets/client-data.ts";
import {
  Create,
  CreateAnswer,
  MakeDirectory,
  MakeDirectoryAnswer,
  MakeNode,
  MakeNodeAnswer,
  MakeSymlink,
  MakeSymlinkAnswer,
} from "../../../protocol/packets/client-tree.ts";
import { attributesOf } from "../attributes.ts";
import { checkFree } from "../changes/tree.ts";
import { disabled, mapCaller } from "../client.ts";
import type { Client, MappedCaller } from "../client.ts";
import { isGoodTarget, withoutNulsAtEnd } from "../names.ts";
import { exceedsQuota, oneInode } from "../quota-check.ts";
import { findNode, may, right } from "../rights.ts";
import { status } from "../status.ts";
import { extraAttribute, nodeType } from "../store/nodes.ts";
import { operation } from "./operation.ts";

const setGroupId = 0o2000;
const modeBits = 0o7777;
/** Types as old clients write them. */
const typeLetters = " fdlqbcs";

export const makeNode = operation(MakeNode, MakeNodeAnswer, (client, request) => {
  client.service.counters.count(client.session, "mknod");
  const letter = typeLetters.indexOf(String.fromCharCode(request.type));
  const type = letter > 0 ? letter : request.type;
  if (client.disables(disableFor(type))) return status.EPERM;
  const caller = mapCaller(client.session, request.caller);
  const made = make(client, caller, { ...request, type });
  if (made < 0) return -made;
  return answerMade(client, request.messageId, made, caller);
});

export const makeDirectory = operation(MakeDirectory, MakeDirectoryAnswer, (client, request) => {
  client.service.counters.count(client.session, "mkdir");
  if (client.disables(disabled.mkdir)) return status.EPERM;
  const caller = mapCaller(client.session, request.caller);
  const made = make(client, caller, {
    ...request,
    type: nodeType.directory,
    device: 0,
    copySetGroupId: request.copySgid !== 0,
  });
  if (made < 0) return -made;
  return answerMade(client, request.messageId, made, caller);
});

export const create = operation(Create, CreateAnswer, (client, request) => {
  const { service, session } = client;
  service.counters.count(session, "mknod");
  service.counters.count(session, "open");
  if (client.disables(disabled.create)) return status.EPERM;
  const caller = mapCaller(session, request.caller);
  const inode = make(client, caller, { ...request, type: nodeType.file, device: 0 });
  if (inode < 0) return -inode;
  service.acquire(session.id, inode);
  const parent = service.world.edges.parentOf(inode);
  const direct = (service.world.nodes.extra(inode) & extraAttribute.noDataCache) !== 0;
  return {
    variant: "full" as const,
    messageId: request.messageId,
    flags: direct ? openedFlags.directMode : 0,
    inode,
    attributes: attributesOf(client, inode, { caller, parent, mayCache: false }),
  };
});

export const makeSymlink = operation(MakeSymlink, MakeSymlinkAnswer, (client, request) => {
  const { service, session } = client;
  service.counters.count(session, "symlink");
  if (client.disables(disabled.symlink)) return status.EPERM;
  if (client.readOnly) return status.EROFS;
  const target = withoutNulsAtEnd(request.path);
  if (!isGoodTarget(target)) return status.EINVAL;
  const caller = mapCaller(session, request.caller);
  const parent = findNode(client, request.parent);
  const refused = checkParent(client, caller, parent, request.name);
  if (refused !== status.OK) return refused;
  const growth = { ...oneInode, length: BigInt(target.length) };
  if (exceedsQuota(service.world, parent, growth)) return status.QUOTA;
  const made = service.commit({
    op: "SYMLINK",
    parent,
    name: request.name,
    target,
    uid: caller.uid,
    gid: groupFor(client, parent, caller),
  });
  if (typeof made === "number") return made;
  return answerMade(client, request.messageId, made.inode, caller);
});

/** A new node's inode, or a status as a negative number. */
function make(
  client: Client,
  caller: MappedCaller,
  from: {
    readonly parent: number;
    readonly name: Uint8Array;
    readonly type: number;
    readonly mode: number;
    readonly umask: number;
    readonly device?: number;
    readonly copySetGroupId?: boolean;
  },
): number {
  const { world } = client.service;
  const { type } = from;
  if (client.readOnly) return -status.EROFS;
  if (type < nodeType.file || type > nodeType.socket || type === nodeType.symlink) {
    return -status.EINVAL;
  }
  const parent = findNode(client, from.parent);
  const refused = checkParent(client, caller, parent, from.name);
  if (refused !== status.OK) return -refused;
  if (exceedsQuota(world, parent, oneInode)) return -status.QUOTA;
  const inheritsGroup =
    from.copySetGroupId === true && (world.nodes.mode(parent) & setGroupId) !== 0;
  const isDevice = type === nodeType.blockDevice || type === nodeType.characterDevice;
  const made = client.service.commit({
    op: "CREATE",
    parent,
    name: from.name,
    type,
    mode: (from.mode & modeBits) | (inheritsGroup ? setGroupId : 0),
    umask: (from.umask | client.session.umask) & modeBits,
    uid: caller.uid,
    gid: groupFor(client, parent, caller),
    rdev: isDevice ? (from.device ?? 0) : 0,
  });
  if (typeof made === "number") return -made;
  // The number may have been another file's.
  client.service.reservations.delete(made.inode);
  return made.inode;
}

function checkParent(
  client: Client,
  caller: MappedCaller,
  parent: number,
  name: Uint8Array,
): number {
  const { world } = client.service;
  if (parent === 0) return status.ENOENT;
  if (!world.nodes.isDirectory(parent)) return status.ENOTDIR;
  if ((world.nodes.extra(parent) & extraAttribute.immutable) !== 0) return status.EPERM;
  if (!may(client, parent, caller, right.writeExecute)) return status.EACCES;
  return checkFree(world, parent, name);
}

function groupFor(client: Client, parent: number, caller: MappedCaller): number {
  const { nodes } = client.service.world;
  return (nodes.mode(parent) & setGroupId) === 0 ? caller.gid : nodes.gid(parent);
}

function answerMade(client: Client, messageId: number, inode: number, caller: MappedCaller) {
  const parent = client.service.world.edges.parentOf(inode);
  const attributes = attributesOf(client, inode, { caller, parent });
  return { variant: "full" as const, messageId, inode, attributes };
}

function disableFor(type: number): number {
  switch (type) {
    case nodeType.file:
      return disabled.create;
    case nodeType.directory:
      return disabled.mkdir;
    case nodeType.fifo:
      return disabled.mkfifo;
    case nodeType.blockDevice:
    case nodeType.characterDevice:
      return disabled.mkdev;
    case nodeType.socket:
      return disabled.mksock;
    default:
      return 0;
  }
}
