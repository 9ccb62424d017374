// Files as data: opening, lengths, and where chunks are read and written.
// Spec: wire-client-master-2.md sections 3, 4 and 5.

import { answerOf, statusAnswer } from "../answer.ts";
import { attributes } from "../attributes.ts";
import { callerBefore } from "../caller.ts";
import { limits } from "../limits.ts";
import { packet, packetOf } from "../packet.ts";
import type { Body } from "../packet.ts";
import { u32, u53, u64, u8 } from "../wire.ts";
import { locationFields } from "./client-location.ts";

/** Bits of an open's request. */
export const openFlags = {
  read: 0x01,
  write: 0x02,
  afterCreate: 0x04,
  truncate: 0x08,
  cacheCleared: 0x10,
} as const;

export const Open = packet("CLTOMA_FUSE_OPEN", 430, {
  messageId: u32,
  inode: u32,
  caller: callerBefore(1),
  flags: u8,
});
export type Open = Body<typeof Open>;

/** Bits of an open's and a create's answer. */
export const openedFlags = { keepCache: 0x01, directMode: 0x02, appendOnly: 0x04 } as const;

export const OpenAnswer = packetOf("MATOCL_FUSE_OPEN", 431, answerOf({ flags: u8, attributes }));
export type OpenAnswer = Body<typeof OpenAnswer>;

/** Bits of chunk requests; a 3.0.117 mount reads with none of them. */
export const chunkFlags = { canModifyTime: 1, continueOperation: 2, canUseReserve: 4 } as const;

const chunkRequest = { messageId: u32, inode: u32, index: u32, flags: u8 } as const;
/** The form's number stands in front of the length. */
const locatedChunk = answerOf({
  protocol: locationFields.protocol,
  length: u64,
  chunkId: locationFields.chunkId,
  version: locationFields.version,
  copies: locationFields.copies,
});

export const ReadChunk = packet("CLTOMA_FUSE_READ_CHUNK", 432, chunkRequest);
export type ReadChunk = Body<typeof ReadChunk>;

export const ReadChunkAnswer = packetOf("MATOCL_FUSE_READ_CHUNK", 433, locatedChunk, {
  maxBody: limits.locationBytes,
});
export type ReadChunkAnswer = Body<typeof ReadChunkAnswer>;

export const WriteChunk = packet("CLTOMA_FUSE_WRITE_CHUNK", 434, chunkRequest);
export type WriteChunk = Body<typeof WriteChunk>;

export const WriteChunkAnswer = packetOf("MATOCL_FUSE_WRITE_CHUNK", 435, locatedChunk, {
  maxBody: limits.locationBytes,
});
export type WriteChunkAnswer = Body<typeof WriteChunkAnswer>;

/** Ends a write: the file is at least `length` long; 0 only unlocks the chunk. */
export const WriteChunkEnd = packet("CLTOMA_FUSE_WRITE_CHUNK_END", 436, {
  messageId: u32,
  chunkId: u53,
  inode: u32,
  index: u32,
  length: u64,
  flags: u8,
});
export type WriteChunkEnd = Body<typeof WriteChunkEnd>;

export const WriteChunkEndAnswer = statusAnswer("MATOCL_FUSE_WRITE_CHUNK_END", 437);

/** Bits of a truncation. */
export const truncateFlags = { opened: 0x01, update: 0x02, timeFix: 0x04, reserve: 0x08 } as const;

/** Sets a length; with `reserve` it is the number of bytes to append. */
export const Truncate = packet("CLTOMA_FUSE_TRUNCATE", 464, {
  messageId: u32,
  inode: u32,
  flags: u8,
  caller: callerBefore(8),
  length: u64,
});
export type Truncate = Body<typeof Truncate>;

/** The length before; for a reservation where the reserved bytes begin. */
export const TruncateAnswer = packetOf(
  "MATOCL_FUSE_TRUNCATE",
  465,
  answerOf({ previousLength: u64, attributes }),
);
export type TruncateAnswer = Body<typeof TruncateAnswer>;

/** Every row of this file, for tables and for tests that walk them. */
export const clientDataPackets = [
  Open,
  OpenAnswer,
  ReadChunk,
  ReadChunkAnswer,
  WriteChunk,
  WriteChunkAnswer,
  WriteChunkEnd,
  WriteChunkEndAnswer,
  Truncate,
  TruncateAnswer,
] as const;
