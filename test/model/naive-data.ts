// Opening, reading and writing files in the naive file system.
// Spec: wire-client-master-2.md sections 3 and 5, semantics-master.md section 15.

import { status } from "../../daemons/master/core/status.ts";
import type * as packets from "../../daemons/protocol/packets/client-data.ts";
import * as chunks from "./naive-chunks.ts";
import { disabled } from "./naive-disabled.ts";
import { isFile, lastPart } from "./naive-fs.ts";
import type { NaiveFs } from "./naive-fs.ts";
import { findNode, look, mapCaller, may } from "./naive-rights.ts";
import { chunkBytes, extra, headerBytes } from "./naive-types.ts";
import type { NaiveConnection, NaiveNode } from "./naive-types.ts";

export function open(fs: NaiveFs, from: NaiveConnection, request: packets.Open): unknown {
  const { session } = from;
  const { flags } = request;
  const [reads, writes, afterCreate, truncates, cleared] = [1, 2, 4, 8, 16].map(
    (flag) => (flags & flag) !== 0,
  );
  if (truncates === true && (session.terms.disables & disabled.truncate) !== 0) {
    return status.EPERM;
  }
  if (writes === true && session.terms.readOnly) return status.EROFS;
  const node = findNode(fs, session, request.inode);
  if (node === undefined) return status.ENOENT;
  if (!isFile(node)) return status.EPERM;
  const changes = writes === true || truncates === true;
  if ((node.extra & extra.immutable) !== 0 && changes) return status.EPERM;
  if ((node.extra & extra.appendOnly) !== 0 && truncates === true) return status.EPERM;
  const caller = mapCaller(session, request.caller);
  if (afterCreate !== true) {
    const mask = (reads === true ? 4 : 0) | (writes === true ? 2 : 0);
    if (!may(session, node, caller, mask)) return status.EACCES;
    if (truncates === true) {
      if (!may(session, node, caller, 2)) return status.EACCES;
      fs.setLength(node, 0n);
      node.mtime = fs.now;
      node.ctime = fs.now;
      fs.reserved.delete(node.inode);
    }
  }
  session.open.add(node.inode);
  if (cleared === true) chunks.accessCache(fs, from, node.inode);
  const direct = (node.extra & extra.noDataCache) !== 0;
  const mayCache = !direct && chunks.openCache(fs, from, node.inode);
  const appends = (node.extra & extra.appendOnly) !== 0;
  return {
    flags: (mayCache ? 1 : 0) | (direct ? 2 : 0) | (appends ? 4 : 0),
    attributes: look(fs, from, node, { caller, mayCache }),
  };
}

export function readChunk(fs: NaiveFs, from: NaiveConnection, request: packets.ReadChunk): unknown {
  const { inode, index, messageId } = request;
  if ((from.session.terms.disables & disabled.read) !== 0) return status.EPERM;
  const node = fs.nodes.get(inode);
  if (node === undefined) return status.ENOENT;
  if (!isFile(node)) return status.EPERM;
  if (index > chunks.indexMax) return status.INDEXTOOBIG;
  const chunkId = node.slots.get(index) ?? 0;
  const location = chunks.locate(fs, chunkId);
  if (typeof location === "number") {
    const again = () => readChunk(fs, from, request);
    const packet = "MATOCL_FUSE_READ_CHUNK";
    return chunks.wait(fs, chunkId, location, { from, messageId, packet, again });
  }
  chunks.accessCache(fs, from, inode);
  return { length: node.length, ...location };
}

export function writeChunk(
  fs: NaiveFs,
  from: NaiveConnection,
  request: packets.WriteChunk,
): unknown {
  const { inode, index, messageId } = request;
  const { disables, readOnly } = from.session.terms;
  if ((disables & disabled.write) !== 0) return status.EPERM;
  if (readOnly) return status.EROFS;
  const node = fs.nodes.get(inode);
  if (node === undefined) return status.ENOENT;
  if (!isFile(node) || (node.extra & extra.immutable) !== 0) return status.EPERM;
  if (index > chunks.indexMax) return status.INDEXTOOBIG;
  if (fs.exceedsFileQuota(node, growthOfWrite(node, index))) return status.QUOTA;
  const packet = "MATOCL_FUSE_WRITE_CHUNK";
  const continued = (request.flags & 2) !== 0;
  const planned = chunks.plan(fs, { node, index }, { continued, raises: false });
  if (typeof planned === "number") {
    const again = () => writeChunk(fs, from, request);
    return chunks.wait(fs, node.slots.get(index) ?? 0, planned, { from, messageId, packet, again });
  }
  const { chunk } = planned;
  const before = node.slots.get(index);
  node.slots.set(index, chunk.id);
  node.slotCount = Math.max(node.slotCount, index + 1);
  const start = BigInt(index) * chunkBytes;
  if (start > node.length) node.length = start;
  node.extra &= ~extra.snapshot;
  chunk.lockedTo = fs.now + chunks.lockSeconds;
  const end = (): unknown => {
    chunks.modifyCache(fs, from, inode);
    const { id, version } = chunk;
    const news = { inode, index, chunkId: id, version, length: lengthOf(fs, inode), truncated: 0 };
    fs.tellOthers(from, inode, "MATOCL_FUSE_CHUNK_HAS_CHANGED", news);
    return { length: lengthOf(fs, inode), ...chunks.placeOf(chunk) };
  };
  if (!planned.isCommanded) return end();
  return chunks.begin(fs, {
    from,
    messageId,
    packet,
    inode,
    index,
    planned,
    before,
    end,
    isTruncation: false,
  });
}

function lengthOf(fs: NaiveFs, inode: number): bigint {
  return fs.nodes.get(inode)?.length ?? 0n;
}

/** As if the chunk became a full one. */
function growthOfWrite(node: NaiveNode, index: number) {
  const start = BigInt(index) * chunkBytes;
  const full = chunkBytes + headerBytes;
  let size = 0n;
  if (!node.slots.has(index) || start >= node.length) size = full;
  else if (start + chunkBytes > node.length) size = full - lastPart(node.length - start);
  const length = start > node.length ? start - node.length : 0n;
  return { length, size, realSize: size * BigInt(node.storageClass) };
}

export function writeChunkEnd(
  fs: NaiveFs,
  from: NaiveConnection,
  request: packets.WriteChunkEnd,
): unknown {
  const { disables, readOnly } = from.session.terms;
  if ((disables & disabled.write) !== 0) return status.EPERM;
  if (readOnly) return status.EROFS;
  const { inode, index, chunkId, length } = request;
  // The original takes any length.
  const node = fs.nodes.get(inode);
  const isRaised = node !== undefined && isFile(node) && length > node.length;
  if (isRaised && !chunks.fitsTable(length)) return status.INDEXTOOBIG;
  const refused = raiseLength(fs, from, inode, length);
  const chunk = fs.chunks.get(chunkId);
  const version = chunk?.version ?? 0;
  const news = { inode, index, chunkId, version, length, truncated: 0 };
  fs.tellOthers(from, inode, "MATOCL_FUSE_CHUNK_HAS_CHANGED", news);
  if (refused !== status.OK) return refused;
  if (chunk === undefined) return status.NOCHUNK;
  chunk.lockedTo = 0;
  chunks.wake(fs, chunk);
  return status.OK;
}

function raiseLength(fs: NaiveFs, from: NaiveConnection, inode: number, length: bigint): number {
  if (length === 0n) return status.OK;
  const node = fs.nodes.get(inode);
  if (node === undefined) return status.ENOENT;
  if (!isFile(node)) return status.EPERM;
  if (length > node.length) {
    if (fs.exceedsFileQuota(node, { length: length - node.length })) return status.QUOTA;
    fs.setLength(node, length);
    if ((fs.reserved.get(inode) ?? 0n) <= length) fs.reserved.delete(inode);
  }
  chunks.modifyCache(fs, from, inode);
  return status.OK;
}
