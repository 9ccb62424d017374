// What a node consists of, piece by piece: children of a directory, chunks of a file.
// Spec: wire-admin.md section 3.17.

import type { Body } from "../../../protocol/packet.ts";
import { NodeInfo, NodeInfoAnswer } from "../../../protocol/packets/client-reports.ts";
import type { NodeContents } from "../../../protocol/packets/client-reports.ts";
import { status } from "../status.ts";
import { copyState } from "../store/copies.ts";
import { rootInode } from "../store/nodes.ts";
import type { World } from "../store/world.ts";
import type { Monitored } from "./providers.ts";
import { monitorRequest } from "./request.ts";

type Answer = Body<typeof NodeInfoAnswer>;
type ChunkShown = Extract<NodeContents, { readonly variant: "file" }>["chunks"][number];

const chunkBits = 26n;
const chunkBytes = 0x400_0000;
const blockBytes = 0x1_0000;
const chunkHeaderBytes = 0x2000;
/** Entries of one answer, however many are asked for: nobody needs more at once. */
const entriesMax = 100_000;

/** Where to go on, and how much to give. */
interface Piece {
  readonly entriesMax: number;
  readonly continueId: bigint;
}

/** NODE_INFO; inode 1 is the root of the session, or the true one without a session. */
export const nodeInfo = monitorRequest(NodeInfo, NodeInfoAnswer, (core, asked, peer): Answer => {
  const sessionRoot = core.clients.get(peer)?.session.rootInode ?? rootInode;
  const inode = asked.inode === rootInode ? sessionRoot : asked.inode;
  const node = contentsOf(core, inode, {
    entriesMax: Math.min(asked.entriesMax, entriesMax),
    continueId: asked.continueId,
  });
  return asked.variant === "plain"
    ? { variant: "plain", node }
    : { variant: "numbered", messageId: asked.messageId, node };
});

function contentsOf(core: Monitored, inode: number, piece: Piece): NodeContents {
  const { world } = core;
  if (world.nodes.type(inode) === 0) return { variant: "status", status: status.ENOENT };
  if (world.nodes.isDirectory(inode)) return childrenOf(world, inode, piece);
  return world.nodes.isFile(inode) ? chunksOf(core, inode, piece) : { variant: "other" };
}

function childrenOf(world: World, directory: number, piece: Piece): NodeContents {
  const { edges } = world;
  let edge = world.nodes.firstEntry(directory);
  while (edge !== 0 && edges.id(edge) < piece.continueId) edge = edges.next(edge);
  const inodes: number[] = [];
  for (; edge !== 0 && inodes.length < piece.entriesMax; edge = edges.next(edge)) {
    inodes.push(edges.child(edge));
  }
  return { variant: "directory", continueId: edge === 0 ? 0n : edges.id(edge), inodes };
}

/** Holes are not shown and do not count. Only a chunk that follows makes the answer go on. */
function chunksOf(core: Monitored, inode: number, piece: Piece): NodeContents {
  const { world } = core;
  const length = world.nodes.length(inode);
  const chunks: ChunkShown[] = [];
  let next = 0n;
  let after = piece.continueId;
  world.slots.forEach(inode, (index, chunkId) => {
    if (BigInt(index) < piece.continueId || next !== 0n) return;
    if (chunks.length === piece.entriesMax) {
      next = after;
      return;
    }
    const size = shownSize(index, length);
    chunks.push({ chunkId, size, copies: shownCopies(core, chunkId) });
    after = BigInt(index) + 1n;
  });
  return { variant: "file", continueId: next, length, chunks };
}

/** Bytes of the chunk's file on a disk; 0 beyond the end of the file. */
function shownSize(index: number, length: bigint): number {
  const start = BigInt(index) << chunkBits;
  if (start >= length) return 0;
  const left = length - start;
  const data = left >= chunkBytes ? chunkBytes : Number(left);
  return Math.ceil(data / blockBytes) * blockBytes + chunkHeaderBytes;
}

/** Copies on connected servers, in any state but being deleted. */
function shownCopies(core: Monitored, chunkId: number): number {
  const { chunks } = core.world;
  const { servers } = core.chunkCore;
  const chunk = chunks.find(chunkId);
  if (chunk === 0) return 0;
  let count = 0;
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    const isLeaving = servers.at(chunks.copies.serverOf(copy)).leaving;
    if (!isLeaving && chunks.copies.stateOf(copy) !== copyState.deleting) count++;
  }
  return Math.min(count, 255);
}
