// NODE_INFO: what a directory holds, or of which chunks a file is made, piece by piece.
// Spec: wire-client-master-3.md section 6.6, wire-admin.md section 3.17.

import { NodeInfo, NodeInfoAnswer } from "../../../protocol/packets/client-reports.ts";
import type { NodeContents } from "../../../protocol/packets/client-reports.ts";
import { countListed } from "../chunks/locations.ts";
import { findNode } from "../rights.ts";
import type { Service } from "../service.ts";
import { status } from "../status.ts";
import type { Operation } from "./operation.ts";

const chunkBits = 26n;
const chunkMask = (1n << chunkBits) - 1n;
const blockBytes = 0x1_0000;
const headerBytes = 0x2000;
const fullChunkBytes = 0x400_0000 + headerBytes;
/** The count has one byte. */
const copiesMax = 255;
/** More than any tool asks for at once, and an answer of a few megabytes. */
const entriesMax = 100_000;

/** Which part of a node is wanted. */
export interface NodePart {
  readonly entriesMax: number;
  /** 0, or what the last part ended with. */
  readonly continueId: bigint;
}

/** With or without a message id, as the request. */
export const nodeInfo: Operation = {
  request: NodeInfo,
  answer: NodeInfoAnswer,
  run(client, body) {
    const asked = NodeInfo.decode(body);
    const node = contentsOf(client.service, findNode(client, asked.inode), asked);
    if (asked.variant === "plain") client.send(NodeInfoAnswer, { variant: "plain", node });
    else {
      const { messageId } = asked;
      client.send(NodeInfoAnswer, { variant: "numbered", messageId, node });
    }
  },
};

/** Part of what a node consists of; `inode` is the real one, or 0 for one that was not found. */
export function contentsOf(service: Service, inode: number, part: NodePart): NodeContents {
  const { nodes } = service.world;
  if (nodes.type(inode) === 0) return { variant: "status", status: status.ENOENT };
  if (nodes.isDirectory(inode)) return entriesOf(service, inode, part);
  return nodes.isFile(inode) ? chunksOf(service, inode, part) : { variant: "other" };
}

/** Entries are counted by rising edge id, so none is missed or repeated when others go. */
function entriesOf(service: Service, directory: number, part: NodePart): NodeContents {
  const { nodes, edges } = service.world;
  const limit = Math.min(part.entriesMax, entriesMax);
  const inodes: number[] = [];
  let edge = nodes.firstEntry(directory);
  while (edge !== 0 && edges.id(edge) < part.continueId) edge = edges.next(edge);
  for (; edge !== 0 && inodes.length < limit; edge = edges.next(edge)) {
    inodes.push(edges.child(edge));
  }
  return { variant: "directory", continueId: edge === 0 ? 0n : edges.id(edge), inodes };
}

/** Holes are left out, also at the end: the last part always says that it is the last. */
function chunksOf(service: Service, inode: number, part: NodePart): NodeContents {
  const { world, chunkCore } = service;
  const { chunks: table } = world;
  const length = world.nodes.length(inode);
  const limit = Math.min(part.entriesMax, entriesMax);
  const chunks: { chunkId: number; size: number; copies: number }[] = [];
  let continueId = 0n;
  let after = 0n;
  world.slots.forEach(inode, (index, chunkId) => {
    if (index < part.continueId || continueId !== 0n) return;
    if (chunks.length === limit) {
      continueId = after;
      return;
    }
    after = BigInt(index) + 1n;
    const chunk = table.find(chunkId);
    const copies = chunk === 0 ? 0 : Math.min(countListed(chunkCore, chunk), copiesMax);
    chunks.push({ chunkId, size: sizeOfChunk(length, index), copies });
  });
  return { variant: "file", continueId, length, chunks };
}

/** Bytes that a chunk takes on one copy, by its place in the file. */
function sizeOfChunk(length: bigint, index: number): number {
  const start = BigInt(index) << chunkBits;
  if (start >= length) return 0;
  if (length - start > chunkMask) return fullChunkBytes;
  return Math.ceil(Number(length - start) / blockBytes) * blockBytes + headerBytes;
}
