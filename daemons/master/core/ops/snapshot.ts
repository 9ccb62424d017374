// SNAPSHOT: copies a tree whose chunks are shared, or removes such a copy. All is tested before anything
// changes; the change itself is one entry of the changelog.
// Spec: wire-client-master-3.md section 6.9, semantics-master.md section 17.1.

import { Snapshot, SnapshotAnswer, snapshotModes } from "../../../protocol/packets/client-tools.ts";
import type { Snapshot as Request } from "../../../protocol/packets/client-tools.ts";
import { isAtOrBelow } from "../changes/tree.ts";
import { disabled, mapCaller } from "../client.ts";
import type { Client, MappedCaller } from "../client.ts";
import { isGoodName } from "../names.ts";
import { findNode, isStickyFor, may, right } from "../rights.ts";
import { status } from "../status.ts";
import { extraAttribute } from "../store/nodes.ts";
import { operation } from "./operation.ts";
import { checkMerge } from "./snapshot-merge.ts";
import { visitTree } from "./subtree.ts";

/** Stands in logged flags of sessions whose peer knows the attribute record of today: all of ours. */
const knowsAttributes = 0x40;

export const snapshot = operation(Snapshot, SnapshotAnswer, (client, request) => {
  const { session, service } = client;
  const removes = (request.mode & snapshotModes.delete) !== 0;
  const needed = removes ? disabled.unlink | disabled.rmdir : disabled.snapshot;
  if (client.disables(needed)) return status.EPERM;
  if (client.readOnly) return status.EROFS;
  if ((request.source === 0) !== removes) return status.EINVAL;
  const source = removes ? 0 : findNode(client, request.source);
  const parent = findNode(client, request.parent);
  if (parent === 0 || (source === 0 && !removes)) return status.ENOENT;
  const caller = mapCaller(session, request.caller);
  const refused = removes
    ? checkRemoval(client, caller, { ...request, parent })
    : checkCopy(client, caller, { ...request, source, parent });
  if (refused !== status.OK) return refused;
  const done = service.commit({
    op: "SNAPSHOT",
    source,
    parent,
    name: request.name,
    mode: request.mode,
    sessionFlags: session.sessionFlags | knowsAttributes,
    uid: caller.uid,
    groups: [caller.gid, ...(caller.groups ?? [])],
    umask: request.umask | session.umask,
  });
  return typeof done === "number" ? done : status.OK;
});

function checkCopy(client: Client, caller: MappedCaller, request: Request): number {
  const { world } = client.service;
  const { nodes } = world;
  const { source, parent, name, mode } = request;
  if ((nodes.extra(parent) & extraAttribute.immutable) !== 0) return status.EPERM;
  if (!may(client, source, caller, right.read)) return status.EACCES;
  if (!nodes.isDirectory(parent)) return status.EPERM;
  if (nodes.isDirectory(source) && isAtOrBelow(world, parent, source)) return status.EINVAL;
  if (!may(client, parent, caller, right.writeExecute)) return status.EACCES;
  if (!isGoodName(name)) return status.EINVAL;
  const canOverwrite = (mode & snapshotModes.canOverwrite) !== 0;
  return checkMerge(world, { source, parent, name, canOverwrite });
}

function checkRemoval(client: Client, caller: MappedCaller, request: Request): number {
  const { world } = client.service;
  const { nodes, edges } = world;
  const { parent, name, mode } = request;
  if (!nodes.isDirectory(parent)) return status.EPERM;
  if (!may(client, parent, caller, right.writeExecute)) return status.EACCES;
  if (!isGoodName(name)) return status.EINVAL;
  const edge = edges.find(parent, name);
  if (edge === 0) return status.ENOENT;
  const inode = edges.child(edge);
  if (isStickyFor(world, parent, inode, caller.uid)) return status.EPERM;
  if ((mode & snapshotModes.forceRemoval) !== 0) return status.OK;
  const fixed = extraAttribute.immutable | extraAttribute.appendOnly;
  if ((nodes.extra(parent) & fixed) !== 0) return status.EPERM;
  const wanted = extraAttribute.snapshot | extraAttribute.protected;
  return visitTree(world, inode, (each) => {
    if ((nodes.extra(each) & wanted) !== extraAttribute.snapshot) return status.EPERM;
    const enters = !nodes.isDirectory(each) || may(client, each, caller, right.writeExecute);
    return enters ? status.OK : status.EACCES;
  });
}
