// CHECK: how many copies the chunks of a file have, and where those of one chunk are.
// Spec: wire-client-master-3.md section 6.1, semantics-master.md section 5.

import { CheckFile, CheckFileAnswer } from "../../../protocol/packets/client-reports.ts";
import { chunkIndexMax } from "../changes/file-data.ts";
import { checkCopies } from "../chunks/locations.ts";
import { refresh } from "../chunks/operations.ts";
import type { Client } from "../client.ts";
import { findNode } from "../rights.ts";
import { status } from "../status.ts";
import { operation } from "./operation.ts";
import type { Outcome } from "./operation.ts";

/** Counters of chunks with 0 to 9 and with more copies, then holes. */
const counters = 12;
const holes = 11;

export const checkFile = operation(
  CheckFile,
  CheckFileAnswer,
  (client, request): Outcome<CheckFileAnswer> => {
    const { nodes } = client.service.world;
    const inode = findNode(client, request.inode);
    if (inode === 0) return status.ENOENT;
    if (!nodes.isFile(inode)) return status.EPERM;
    const { messageId } = request;
    if (request.variant === "file") return countCopies(client, messageId, inode);
    if (request.index > chunkIndexMax) return status.INDEXTOOBIG;
    return listCopies(client, messageId, { inode, index: request.index });
  },
);

/** Copies that cannot be read do not count; a chunk that the table does not know has none. */
function countCopies(client: Client, messageId: number, inode: number): CheckFileAnswer {
  const { world, chunkCore } = client.service;
  const { slots, chunks } = world;
  const counts = Array.from({ length: counters }, () => 0);
  slots.forEach(inode, (_index, chunkId) => {
    const chunk = chunks.find(chunkId);
    if (chunk !== 0) refresh(chunkCore, chunk);
    const copies = chunk === 0 ? 0 : chunks.usableCopiesOf(chunk);
    counts[copies] = (counts[copies] ?? 0) + 1;
  });
  counts[holes] = slots.count(inode) - slots.filled(inode);
  return { variant: "file", messageId, counts };
}

function listCopies(
  client: Client,
  messageId: number,
  slot: { readonly inode: number; readonly index: number },
): Outcome<CheckFileAnswer> {
  const { world, chunkCore } = client.service;
  const chunkId = world.slots.get(slot.inode, slot.index);
  if (chunkId === 0) return { variant: "chunk", messageId, chunkId: 0, version: 0, copies: [] };
  const chunk = world.chunks.find(chunkId);
  if (chunk === 0) return status.NOCHUNK;
  const copies = checkCopies(chunkCore, chunk).map(({ ip, port, type }) => ({
    ip,
    port,
    kind: type,
  }));
  return { variant: "chunk", messageId, chunkId, version: world.chunks.versionOf(chunk), copies };
}
