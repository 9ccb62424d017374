// Lengths of files in the naive file system: plain ones, reports of writers, reservations.
// Spec: wire-client-master-2.md section 4, semantics-master.md section 14.2.

import { status } from "../../daemons/master/core/status.ts";
import type * as packets from "../../daemons/protocol/packets/client-data.ts";
import * as chunks from "./naive-chunks.ts";
import { disabled } from "./naive-disabled.ts";
import { isFile, sizeOf } from "./naive-fs.ts";
import type { NaiveFs } from "./naive-fs.ts";
import { findNode, look, mapCaller, may } from "./naive-rights.ts";
import { chunkBytes, extra } from "./naive-types.ts";
import type { NaiveCaller, NaiveChunk, NaiveConnection, NaiveNode } from "./naive-types.ts";

interface Cut {
  readonly node: NaiveNode;
  readonly caller: NaiveCaller;
  readonly request: packets.Truncate;
}

export function truncate(fs: NaiveFs, from: NaiveConnection, request: packets.Truncate): unknown {
  const { session } = from;
  const { disables, readOnly } = session.terms;
  const isReport = (request.flags & 0x0a) !== 0;
  const both = disabled.truncate | disabled.setLength;
  if (isReport && (disables & disabled.write) !== 0) return status.EPERM;
  if (!isReport && (disables & both) === both) return status.EPERM;
  if (readOnly) return status.EROFS;
  const opened = (request.flags & 1) !== 0;
  const node = findNode(fs, session, request.inode, opened);
  if (node === undefined) return status.ENOENT;
  if ((node.extra & extra.immutable) !== 0) return status.EPERM;
  if ((node.extra & extra.appendOnly) !== 0 && !isReport) return status.EPERM;
  const caller = mapCaller(session, request.caller);
  if (!opened && !may(session, node, caller, 2)) return status.EACCES;
  if (!isFile(node)) return status.EPERM;
  const cut = { node, caller, request };
  return isReport ? report(fs, from, cut) : setLength(fs, from, cut);
}

/** RESERVE and UPDATE. */
function report(fs: NaiveFs, from: NaiveConnection, { node, caller, request }: Cut): unknown {
  const { inode, length: before } = node;
  let previousLength = before;
  let told: bigint;
  if ((request.flags & 8) !== 0) {
    const virtual = fs.reserved.get(inode) ?? 0n;
    previousLength = virtual > before ? virtual : before;
    told = previousLength + request.length;
    if (!chunks.fitsTable(told)) return status.INDEXTOOBIG;
    fs.reserved.set(inode, told);
  } else {
    // The specification tests nothing here; a length that no table of chunks can reach is refused all the same.
    if (request.length > before && !chunks.fitsTable(request.length)) return status.INDEXTOOBIG;
    if (request.length > before) fs.setLength(node, request.length);
    fs.reserved.delete(inode);
    told = node.length;
  }
  fs.tellOthers(from, inode, "MATOCL_FUSE_FLENG_HAS_CHANGED", { inode, length: told });
  return { previousLength, attributes: look(fs, from, node, { caller }) };
}

function setLength(fs: NaiveFs, from: NaiveConnection, cut: Cut): unknown {
  const { node, caller, request } = cut;
  const { inode, length: before } = node;
  const { length, messageId } = request;
  const refused = checkLength(fs, from, node, length);
  if (refused !== status.OK) return refused;
  const index = Number(length / chunkBytes);
  const inside = length % chunkBytes !== 0n && length !== before && node.slots.has(index);
  const end = (chunk: NaiveChunk | undefined): unknown => {
    if (!fs.nodes.has(inode)) return status.ENOENT;
    fs.setLength(node, length);
    if ((request.flags & 4) === 0 || length !== before) {
      node.mtime = fs.now;
      node.ctime = fs.now;
    }
    fs.reserved.delete(inode);
    chunks.modifyCache(fs, from, inode);
    if (chunk === undefined) {
      fs.tellOthers(from, inode, "MATOCL_FUSE_FLENG_HAS_CHANGED", { inode, length });
    } else {
      const { id, version } = chunk;
      const news = { inode, index, chunkId: id, version, length, truncated: 1 };
      fs.tellOthers(from, inode, "MATOCL_FUSE_CHUNK_HAS_CHANGED", news);
    }
    return { previousLength: before, attributes: look(fs, from, node, { caller }) };
  };
  if (!inside) return end(undefined);
  const packet = "MATOCL_FUSE_TRUNCATE";
  const slot = node.slots.get(index) ?? 0;
  const planned = chunks.plan(fs, { node, index }, { continued: false, raises: true });
  if (typeof planned === "number") {
    const again = () => truncate(fs, from, request);
    return chunks.wait(fs, slot, planned, { from, messageId, packet, again });
  }
  const { chunk } = planned;
  node.slots.set(index, chunk.id);
  chunk.lockedTo = fs.now + chunks.lockSeconds;
  return chunks.begin(fs, {
    from,
    messageId,
    packet,
    inode,
    index,
    planned,
    before: slot,
    isTruncation: true,
    end: () => {
      chunk.lockedTo = 0;
      return end(chunk);
    },
  });
}

function checkLength(fs: NaiveFs, from: NaiveConnection, node: NaiveNode, length: bigint): number {
  const { disables } = from.session.terms;
  if (length < node.length) return (disables & disabled.truncate) === 0 ? status.OK : status.EPERM;
  if (length === node.length) return status.OK;
  if ((disables & disabled.setLength) !== 0) return status.EPERM;
  if (!chunks.fitsTable(length)) return status.INDEXTOOBIG;
  const size = sizeOf(node, length) - sizeOf(node, node.length);
  const growth = { length: length - node.length, size, realSize: size * BigInt(node.storageClass) };
  return fs.exceedsFileQuota(node, growth) ? status.QUOTA : status.OK;
}
