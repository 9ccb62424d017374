// ARCHCTL: shows and changes which chunks of a tree count as archived.
// Spec: wire-client-master-3.md section 6.12, semantics-master.md section 17.3.

import { ArchiveControl, ArchiveControlAnswer } from "../../../protocol/packets/client-tools.ts";
import { archiveCommand } from "../changes/archive.ts";
import { disabled, mapUid } from "../client.ts";
import type { Client } from "../client.ts";
import { findNode } from "../rights.ts";
import { status } from "../status.ts";
import { operation } from "./operation.ts";
import type { Outcome } from "./operation.ts";
import { visitTree } from "./subtree.ts";

const getCommand = 2;

export const archiveControl = operation(
  ArchiveControl,
  ArchiveControlAnswer,
  (client, request): Outcome<ArchiveControlAnswer> => {
    const { messageId } = request;
    if (request.variant === "get") {
      if (request.command !== getCommand) return status.EINVAL;
      return get(client, messageId, request.inode);
    }
    if (request.command > archiveCommand.set) return status.EINVAL;
    if (client.disables(disabled.setExtra)) return status.EPERM;
    if (client.readOnly) return status.EROFS;
    const inode = findNode(client, request.inode);
    if (inode === 0) return status.ENOENT;
    if (!hasChunksBelow(client, inode)) return status.EPERM;
    const uid = mapUid(client.session, request.uid);
    const counts = client.service.commit({ op: "ARCHCHG", inode, uid, command: request.command });
    if (typeof counts === "number") return counts;
    const { changed, unchanged, denied } = counts;
    return { variant: "change", messageId, changed, unchanged, notPermittedFiles: denied };
  },
);

function get(client: Client, messageId: number, shown: number): Outcome<ArchiveControlAnswer> {
  const { world } = client.service;
  const inode = findNode(client, shown);
  if (inode === 0) return status.ENOENT;
  if (!hasChunksBelow(client, inode)) return status.EPERM;
  const sums = {
    archivedChunks: 0,
    otherChunks: 0,
    archivedFiles: 0,
    partlyArchivedFiles: 0,
    otherFiles: 0,
  };
  visitTree(world, inode, (each) => {
    if (!world.nodes.isFile(each)) return status.OK;
    let archived = 0;
    let other = 0;
    world.slots.forEach(each, (_index, chunkId) => {
      const chunk = world.chunks.find(chunkId);
      if (chunk === 0) return;
      if (world.chunks.archivedOf(chunk)) archived++;
      else other++;
    });
    sums.archivedChunks += archived;
    sums.otherChunks += other;
    // A file without chunks is in neither state.
    if (archived > 0 && other > 0) sums.partlyArchivedFiles++;
    else if (archived > 0) sums.archivedFiles++;
    else if (other > 0) sums.otherFiles++;
    return status.OK;
  });
  return { variant: "get", messageId, ...sums };
}

function hasChunksBelow(client: Client, inode: number): boolean {
  const { nodes } = client.service.world;
  return nodes.isDirectory(inode) || nodes.isFile(inode);
}
