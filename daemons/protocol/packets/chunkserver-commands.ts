// The master's commands to a chunkserver and their answers, which come in any order and are matched by
// chunk. New versions and new chunks stand before old ones. Spec: wire-chunkserver.md section 2.7.

import { ipv4 } from "../address.ts";
import { byLength } from "../layout.ts";
import { packet, packetOf } from "../packet.ts";
import type { Body } from "../packet.ts";
import { status } from "../status.ts";
import { u16, u32 } from "../wire.ts";
import { chunkId } from "./chunkserver-chunk-list.ts";

const answer = { chunkId, status } as const;
const copyFields = {
  newChunkId: chunkId,
  newVersion: u32,
  oldChunkId: chunkId,
  oldVersion: u32,
} as const;

/** Make an empty chunk. */
export const CreateChunk = packet("MATOCS_CREATE", 110, { chunkId, version: u32 });
export type CreateChunk = Body<typeof CreateChunk>;

export const CreateChunkAnswer = packet("CSTOMA_CREATE", 111, answer);
export type CreateChunkAnswer = Body<typeof CreateChunkAnswer>;

/** Remove a copy; version 0 = whatever version it has. */
export const DeleteChunk = packet("MATOCS_DELETE", 120, { chunkId, version: u32 });
export type DeleteChunk = Body<typeof DeleteChunk>;

/** "No chunk" is as good as OK. */
export const DeleteChunkAnswer = packet("CSTOMA_DELETE", 121, answer);
export type DeleteChunkAnswer = Body<typeof DeleteChunkAnswer>;

/** Copy a chunk to a new one on the same chunkserver. */
export const DuplicateChunk = packet("MATOCS_DUPLICATE", 130, copyFields);
export type DuplicateChunk = Body<typeof DuplicateChunk>;

/** Names the new chunk. */
export const DuplicateChunkAnswer = packet("CSTOMA_DUPLICATE", 131, answer);
export type DuplicateChunkAnswer = Body<typeof DuplicateChunkAnswer>;

export const SetChunkVersion = packet("MATOCS_SET_VERSION", 140, {
  chunkId,
  newVersion: u32,
  oldVersion: u32,
});
export type SetChunkVersion = Body<typeof SetChunkVersion>;

export const SetChunkVersionAnswer = packet("CSTOMA_SET_VERSION", 141, answer);
export type SetChunkVersionAnswer = Body<typeof SetChunkVersionAnswer>;

/** Fetch a copy from the chunkserver at that address. */
export const ReplicateChunk = packet("MATOCS_REPLICATE", 150, {
  chunkId,
  version: u32,
  ip: ipv4,
  port: u16,
});
export type ReplicateChunk = Body<typeof ReplicateChunk>;

export const ReplicateChunkAnswer = packet("CSTOMA_REPLICATE", 151, {
  chunkId,
  version: u32,
  status,
});
export type ReplicateChunkAnswer = Body<typeof ReplicateChunkAnswer>;

/** Cut or lengthen a chunk to `length` bytes, under a new version. */
export const TruncateChunk = packet("MATOCS_TRUNCATE", 160, {
  chunkId,
  length: u32,
  newVersion: u32,
  oldVersion: u32,
});
export type TruncateChunk = Body<typeof TruncateChunk>;

export const TruncateChunkAnswer = packet("CSTOMA_TRUNCATE", 161, answer);
export type TruncateChunkAnswer = Body<typeof TruncateChunkAnswer>;

/** Copy a chunk to a new one and cut that. */
export const DuplicateTruncateChunk = packet("MATOCS_DUPTRUNC", 170, {
  ...copyFields,
  length: u32,
});
export type DuplicateTruncateChunk = Body<typeof DuplicateTruncateChunk>;

/** Names the new chunk. */
export const DuplicateTruncateChunkAnswer = packet("CSTOMA_DUPTRUNC", 171, answer);
export type DuplicateTruncateChunkAnswer = Body<typeof DuplicateTruncateChunkAnswer>;

/** Asks for one number over all block checksums; version 0 = any. No 3.0.117 master asks. */
export const ChunkChecksum = packet("ANTOCS_GET_CHUNK_CHECKSUM", 300, { chunkId, version: u32 });
export type ChunkChecksum = Body<typeof ChunkChecksum>;

/** A 3.0.117 master takes it and only logs it. */
export const ChunkChecksumAnswer = packetOf(
  "CSTOAN_CHUNK_CHECKSUM",
  301,
  byLength({
    error: { chunkId, version: u32, status },
    full: { chunkId, version: u32, checksum: u32 },
  }),
);
export type ChunkChecksumAnswer = Body<typeof ChunkChecksumAnswer>;
