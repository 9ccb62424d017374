// RENAME and LINK. Spec: wire-client-master-2.md sections 2.10 and 2.11.

import { Link, LinkAnswer, Rename, RenameAnswer } from "../../../protocol/packets/client-tree.ts";
import { attributesOf } from "../attributes.ts";
import { checkFree, isAtOrBelow } from "../changes/tree.ts";
import { disabled, mapCaller } from "../client.ts";
import type { Client, MappedCaller } from "../client.ts";
import { isGoodName } from "../names.ts";
import { exceedsQuota } from "../quota-check.ts";
import type { Growth } from "../quota-check.ts";
import { findNode, isStickyFor, may, right } from "../rights.ts";
import { status } from "../status.ts";
import { extraAttribute, nodeType } from "../store/nodes.ts";
import type { World } from "../store/world.ts";
import { operation } from "./operation.ts";

/** Where a rename leads, once the source is checked. */
interface Target {
  readonly parent: number;
  readonly name: Uint8Array;
}

export const rename = operation(Rename, RenameAnswer, (client, request) => {
  const { world, commit } = client.service;
  const { nodes, edges } = world;
  client.service.counters.count(client.session, "rename");
  if (isRenameDisabled(client, request)) return status.EPERM;
  if (client.readOnly) return status.EROFS;
  const sourceParent = findNode(client, request.sourceParent);
  const targetParent = findNode(client, request.targetParent);
  if (sourceParent === 0 || targetParent === 0) return status.ENOENT;
  const caller = mapCaller(client.session, request.caller);
  const refusedSource = checkSource(client, caller, sourceParent, request.sourceName);
  if (refusedSource !== status.OK) return refusedSource;
  const source = edges.find(sourceParent, request.sourceName);
  const inode = edges.child(source);
  const target = { parent: targetParent, name: request.targetName };
  const refused = checkTarget(client, caller, { source, inode, sourceParent }, target);
  if (refused !== status.OK) return refused;
  if (edges.find(targetParent, request.targetName) !== source) {
    const moved = commit({
      op: "MOVE",
      sourceParent,
      sourceName: request.sourceName,
      targetParent,
      targetName: request.targetName,
    });
    if (typeof moved === "number") return moved;
  }
  const attributes = nodes.type(inode) === 0 ? undefined : inode;
  if (attributes === undefined) return status.ENOENT;
  return {
    variant: "full" as const,
    messageId: request.messageId,
    inode,
    attributes: attributesOf(client, inode, { caller, parent: targetParent }),
  };
});

function isRenameDisabled(client: Client, request: Rename): boolean {
  const both = disabled.rename | disabled.move;
  if (!client.disables(both)) return false;
  if ((client.session.disables & both) === both) return true;
  const moves = request.sourceParent !== request.targetParent;
  if (client.disables(disabled.move)) return moves;
  return Buffer.compare(request.sourceName, request.targetName) !== 0;
}

function checkSource(
  client: Client,
  caller: MappedCaller,
  parent: number,
  name: Uint8Array,
): number {
  const { world } = client.service;
  const { nodes, edges } = world;
  if (!nodes.isDirectory(parent)) return status.ENOTDIR;
  const fixed = extraAttribute.immutable | extraAttribute.appendOnly;
  if ((nodes.extra(parent) & fixed) !== 0) return status.EPERM;
  if (!may(client, parent, caller, right.writeExecute)) return status.EACCES;
  if (!isGoodName(name)) return status.EINVAL;
  const edge = edges.find(parent, name);
  if (edge === 0) return status.ENOENT;
  const sticky = isStickyFor(world, parent, edges.child(edge), caller.uid);
  return sticky ? status.EPERM : status.OK;
}

function checkTarget(
  client: Client,
  caller: MappedCaller,
  moved: { readonly source: number; readonly inode: number; readonly sourceParent: number },
  target: Target,
): number {
  const { world } = client.service;
  const { nodes, edges } = world;
  const { inode } = moved;
  if (!nodes.isDirectory(target.parent)) return status.ENOTDIR;
  if ((nodes.extra(target.parent) & extraAttribute.immutable) !== 0) return status.EPERM;
  if (!may(client, target.parent, caller, right.writeExecute)) return status.EACCES;
  if ((nodes.extra(inode) & extraAttribute.immutable) !== 0) return status.EPERM;
  if (nodes.isDirectory(inode)) {
    if (isAtOrBelow(world, target.parent, inode)) return status.EINVAL;
    const leaves = target.parent !== moved.sourceParent;
    if (leaves && !may(client, inode, caller, right.write)) return status.EACCES;
  }
  if (!isGoodName(target.name)) return status.EINVAL;
  const existing = edges.find(target.parent, target.name);
  const replaced = existing === 0 || existing === moved.source ? 0 : edges.child(existing);
  if (replaced !== 0) {
    const needed = nodes.isDirectory(replaced) ? disabled.rmdir : disabled.unlink;
    if (client.disables(needed)) return status.EPERM;
  }
  if (exceedsMoveQuota(world, moved, target.parent, replaced)) return status.QUOTA;
  return replaced === 0 ? status.OK : checkReplaced(world, target.parent, replaced, caller.uid);
}

function checkReplaced(world: World, parent: number, replaced: number, uid: number): number {
  const { nodes } = world;
  if (nodes.isDirectory(replaced) && nodes.firstEntry(replaced) !== 0) return status.ENOTEMPTY;
  if (isStickyFor(world, parent, replaced, uid)) return status.EPERM;
  const fixed = (nodes.extra(replaced) & extraAttribute.protected) !== 0;
  return fixed ? status.EPERM : status.OK;
}

/** Only directories above the target that are not above the source gain anything. */
function exceedsMoveQuota(
  world: World,
  moved: { readonly inode: number; readonly sourceParent: number },
  targetParent: number,
  replaced: number,
): boolean {
  if (world.quotas.size === 0 || targetParent === moved.sourceParent) return false;
  const added = world.statistics.tallyOf(moved.inode);
  const freed = replaced === 0 ? undefined : world.statistics.tallyOf(replaced);
  const growth: Growth = {
    inodes: added.inodes - (freed?.inodes ?? 0),
    length: added.length - (freed?.length ?? 0n),
    size: added.size - (freed?.size ?? 0n),
    realSize: added.realSize - (freed?.realSize ?? 0n),
  };
  return exceedsQuota(world, targetParent, growth, (directory) =>
    isAtOrBelow(world, moved.sourceParent, directory),
  );
}

export const link = operation(Link, LinkAnswer, (client, request) => {
  const { world, commit, config } = client.service;
  const { nodes } = world;
  client.service.counters.count(client.session, "link");
  if (client.disables(disabled.link)) return status.EPERM;
  if (client.readOnly) return status.EROFS;
  const inode = findNode(client, request.inode);
  const parent = findNode(client, request.parent);
  if (inode === 0 || parent === 0) return status.ENOENT;
  if ((nodes.extra(inode) & extraAttribute.immutable) !== 0) return status.EPERM;
  const type = nodes.type(inode);
  if (type === nodeType.trash || type === nodeType.sustained) return status.ENOENT;
  if (type === nodeType.directory) return status.EPERM;
  if (nodes.links(inode) >= config.hardLinksMax) return status.NOSPACE;
  if (!nodes.isDirectory(parent)) return status.ENOTDIR;
  if ((nodes.extra(parent) & extraAttribute.immutable) !== 0) return status.EPERM;
  const caller = mapCaller(client.session, request.caller);
  if (!may(client, parent, caller, right.writeExecute)) return status.EACCES;
  const free = checkFree(world, parent, request.name);
  if (free !== status.OK) return free;
  if (world.quotas.size > 0 && exceedsQuota(world, parent, world.statistics.tallyOf(inode))) {
    return status.QUOTA;
  }
  const linked = commit({ op: "LINK", inode, parent, name: request.name });
  if (typeof linked === "number") return linked;
  const attributes = attributesOf(client, inode, { caller, parent });
  return { variant: "full" as const, messageId: request.messageId, inode, attributes };
});
