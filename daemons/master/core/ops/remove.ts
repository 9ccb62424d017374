// UNLINK and RMDIR. Spec: wire-client-master-2.md section 2.9.

import {
  RemoveDirectory,
  RemoveDirectoryAnswer,
  Unlink,
  UnlinkAnswer,
} from "../../../protocol/packets/client-tree.ts";
import { disabled, mapCaller } from "../client.ts";
import type { Client } from "../client.ts";
import { isGoodName } from "../names.ts";
import { findNode, isStickyFor, may, right } from "../rights.ts";
import { status } from "../status.ts";
import { extraAttribute } from "../store/nodes.ts";
import { operation } from "./operation.ts";

export const unlink = operation(Unlink, UnlinkAnswer, (client, request) => {
  client.service.counters.count(client.session, "unlink");
  if (client.disables(disabled.unlink)) return status.EPERM;
  return remove(client, request, false);
});

export const removeDirectory = operation(
  RemoveDirectory,
  RemoveDirectoryAnswer,
  (client, request) => {
    client.service.counters.count(client.session, "rmdir");
    if (client.disables(disabled.rmdir)) return status.EPERM;
    return remove(client, request, true);
  },
);

function remove(client: Client, request: Unlink, directoryWanted: boolean) {
  const { world, commit } = client.service;
  const { nodes, edges } = world;
  if (client.readOnly) return status.EROFS;
  const parent = findNode(client, request.parent);
  if (parent === 0) return status.ENOENT;
  if (!nodes.isDirectory(parent)) return status.ENOTDIR;
  const fixed = extraAttribute.immutable | extraAttribute.appendOnly;
  if ((nodes.extra(parent) & fixed) !== 0) return status.EPERM;
  const caller = mapCaller(client.session, request.caller);
  if (!may(client, parent, caller, right.writeExecute)) return status.EACCES;
  if (!isGoodName(request.name)) return status.EINVAL;
  const edge = edges.find(parent, request.name);
  if (edge === 0) return status.ENOENT;
  const inode = edges.child(edge);
  if (isStickyFor(world, parent, inode, caller.uid)) return status.EPERM;
  if ((nodes.extra(inode) & extraAttribute.protected) !== 0) return status.EPERM;
  if (nodes.isDirectory(inode) !== directoryWanted) {
    return directoryWanted ? status.ENOTDIR : status.EPERM;
  }
  const removed = commit({ op: "UNLINK", parent, name: request.name });
  if (typeof removed === "number") return removed;
  return { variant: "full" as const, messageId: request.messageId, inode: removed.inode };
}
