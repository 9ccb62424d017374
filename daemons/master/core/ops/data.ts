// READ_CHUNK, WRITE_CHUNK and WRITE_CHUNK_END: where a client reads and writes, and the lock in between.
// Spec: wire-client-master-2.md section 5, semantics-master.md section 15.

import {
  chunkFlags,
  ReadChunk,
  ReadChunkAnswer,
  WriteChunk,
  WriteChunkAnswer,
  WriteChunkEnd,
  WriteChunkEndAnswer,
} from "../../../protocol/packets/client-data.ts";
import { ChunkHasChanged } from "../../../protocol/packets/client-register.ts";
import { afterUnlock, beginPlanned, planWrite } from "../chunks/modification.ts";
import { chunkIndexMax, fileLengthMax } from "../changes/file-data.ts";
import { disabled } from "../client.ts";
import type { Client } from "../client.ts";
import { exceedsFileQuota } from "../quota-check.ts";
import type { Service } from "../service.ts";
import { isFull } from "../statfs.ts";
import { status } from "../status.ts";
import { extraAttribute } from "../store/nodes.ts";
import { locationOf, locationOfChunk } from "./location.ts";
import { later, operation } from "./operation.ts";
import type { Outcome } from "./operation.ts";
import { waitForChunk } from "./chunk-wait.ts";

const chunkBytes = 0x400_0000n;
const fullChunkBytes = chunkBytes + 0x2000n;
const noGrowth = { inodes: 0, length: 0n, size: 0n, realSize: 0n };

export const readChunk = operation(ReadChunk, ReadChunkAnswer, read);

function read(client: Client, request: ReadChunk): Outcome<ReadChunkAnswer> {
  const { service, session } = client;
  const { nodes, slots } = service.world;
  const { inode, index, messageId } = request;
  if (client.disables(disabled.read)) return status.EPERM;
  if (nodes.type(inode) === 0) return status.ENOENT;
  if (!nodes.isFile(inode)) return status.EPERM;
  if (index > chunkIndexMax) return status.INDEXTOOBIG;
  const chunkId = slots.get(inode, index);
  const location = locationOf(client, chunkId);
  if (typeof location === "number") {
    return waitForChunk(client, { chunkId, messageId, met: location }, ReadChunkAnswer, () =>
      read(client, request),
    );
  }
  service.counters.count(session, "read");
  service.dataCache.access(inode, session.id);
  return { variant: "full" as const, messageId, length: nodes.length(inode), ...location };
}

export const writeChunk = operation(WriteChunk, WriteChunkAnswer, write);

function write(client: Client, request: WriteChunk): Outcome<WriteChunkAnswer> {
  const { service } = client;
  const { world, chunkCore } = service;
  const { inode, index, messageId, flags } = request;
  const refused = checkWrite(client, request);
  if (refused !== status.OK) return refused;
  const slotChunkId = world.slots.get(inode, index);
  const plan = planWrite(chunkCore, {
    chunkId: slotChunkId,
    classId: world.nodes.storageClass(inode),
    clientIp: client.ip,
    continued: (flags & chunkFlags.continueOperation) !== 0,
  });
  if (!("kind" in plan)) {
    const waiting = { chunkId: slotChunkId, messageId, met: plan.status };
    return waitForChunk(client, waiting, WriteChunkAnswer, () => write(client, request));
  }
  const opflag = plan.operationFlag;
  const written = service.commit({ op: "WRITE", inode, index, opflag, touch: 0 });
  if (typeof written === "number") return written;
  const at = { chunkId: written.chunk, slotChunkId };
  if (!beginPlanned(chunkCore, plan)) return endWrite(client, request, at, status.OK);
  service.awaitOperation(at.chunkId, client, {
    done: (ended) =>
      service.finish(client, WriteChunkAnswer, messageId, () =>
        endWrite(client, request, at, ended),
      ),
    abandoned: () => rollBack(service, { inode, index }, at),
  });
  return later;
}

/** The chunkservers have done what the write needs: the client may go there. */
function endWrite(
  client: Client,
  request: WriteChunk,
  at: { readonly chunkId: number; readonly slotChunkId: number },
  ended: number,
): Outcome<WriteChunkAnswer> {
  const { service, session } = client;
  const { world } = service;
  const { inode, index, messageId } = request;
  if (ended !== status.OK) {
    rollBack(service, { inode, index }, at);
    return ended;
  }
  const location = locationOfChunk(client, world.chunks.find(at.chunkId));
  if (typeof location === "number") {
    service.unlockChunk(at.chunkId);
    return location;
  }
  service.counters.count(session, "write");
  service.dataCache.modify(inode, session.id);
  const length = world.nodes.length(inode);
  service.tellOthers(client, inode, ChunkHasChanged, {
    messageId: 0,
    inode,
    index,
    chunkId: at.chunkId,
    version: location.version,
    length,
    truncated: 0,
  });
  return { variant: "full" as const, messageId, length, ...location };
}

/**
 * The operation failed: the slot gets its chunk back. Where others have changed the slot meanwhile (cut the file
 * and written it anew), what is in it now stays, and only the lock ends.
 */
export function rollBack(
  service: Service,
  slot: { readonly inode: number; readonly index: number },
  at: { readonly chunkId: number; readonly slotChunkId: number },
): void {
  const { nodes, slots } = service.world;
  if (!nodes.isFile(slot.inode) || slots.get(slot.inode, slot.index) !== at.chunkId) {
    service.unlockChunk(at.chunkId);
    return;
  }
  service.commit({ op: "ROLLBACK", ...slot, previousChunk: at.slotChunkId, chunk: at.chunkId });
  const chunk = service.world.chunks.find(at.chunkId);
  if (chunk !== 0) afterUnlock(service.chunkCore, chunk);
}

function checkWrite(client: Client, request: WriteChunk): number {
  const { service } = client;
  const { nodes, slots } = service.world;
  const { inode, index, flags } = request;
  if (client.disables(disabled.write)) return status.EPERM;
  if (client.readOnly) return status.EROFS;
  const reserved = (flags & chunkFlags.canUseReserve) !== 0;
  if (!reserved && isFull(service.chunkCore)) return status.NOSPACE;
  if (nodes.type(inode) === 0) return status.ENOENT;
  if (!nodes.isFile(inode)) return status.EPERM;
  if ((nodes.extra(inode) & extraAttribute.immutable) !== 0) return status.EPERM;
  if (index > chunkIndexMax) return status.INDEXTOOBIG;
  if (service.world.quotas.size === 0) return status.OK;
  return exceedsFileQuota(service.world, inode, growthOfWrite()) ? status.QUOTA : status.OK;

  /** As if the chunk became a full one. */
  function growthOfWrite() {
    const start = BigInt(index) * chunkBytes;
    const length = nodes.length(inode);
    const beyond = start > length ? start - length : 0n;
    const isLast = start + chunkBytes > length;
    const filled = slots.get(inode, index) !== 0;
    let size = 0n;
    if (!filled || start >= length) size = fullChunkBytes;
    else if (isLast) size = fullChunkBytes - lastPart(length - start);
    const realSize = size * BigInt(nodes.countedCopies(inode));
    return { ...noGrowth, length: beyond, size, realSize };
  }
}

/** What the last chunk counts already. */
function lastPart(used: bigint): bigint {
  return ((used + 0xffffn) / 0x1_0000n) * 0x1_0000n + 0x2000n;
}

export const writeChunkEnd = operation(WriteChunkEnd, WriteChunkEndAnswer, (client, request) => {
  const { service } = client;
  const { nodes, chunks } = service.world;
  const { inode, index, chunkId, length, messageId } = request;
  if (client.disables(disabled.write)) return status.EPERM;
  if (client.readOnly) return status.EROFS;
  // A file that is longer already, by a log or an image of elsewhere, is written all the same.
  const isRaised = nodes.isFile(inode) && length > nodes.length(inode);
  if (isRaised && length > fileLengthMax) return status.INDEXTOOBIG;
  const ended = endOfWrite();
  const chunk = chunks.find(chunkId);
  service.tellOthers(client, inode, ChunkHasChanged, {
    messageId: 0,
    inode,
    index,
    chunkId,
    version: chunk === 0 ? 0 : chunks.versionOf(chunk),
    length,
    truncated: 0,
  });
  return { messageId, status: ended };

  function endOfWrite(): number {
    if (length > 0n) {
      if (nodes.type(inode) === 0) return status.ENOENT;
      if (!nodes.isFile(inode)) return status.EPERM;
      if (length > nodes.length(inode)) {
        const growth = { ...noGrowth, length: length - nodes.length(inode) };
        if (exceedsFileQuota(service.world, inode, growth)) return status.QUOTA;
        const grown = service.commit({ op: "LENGTH", inode, length, touch: 0 });
        if (typeof grown === "number") return grown;
        const reserved = service.reservations.get(inode);
        if (reserved !== undefined && reserved <= length) service.reservations.delete(inode);
      }
      service.dataCache.modify(inode, client.session.id);
    }
    return service.unlockChunk(chunkId);
  }
});
