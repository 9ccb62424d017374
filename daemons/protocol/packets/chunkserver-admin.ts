// Questions that tools and monitors put to a chunkserver on its data port: its disks, a chunk's checksums.
// Spec: wire-admin.md section 5.

import { array, byLength, records, sized, struct } from "../layout.ts";
import { limits } from "../limits.ts";
import { packet, packetOf } from "../packet.ts";
import type { Body } from "../packet.ts";
import { status } from "../status.ts";
import { str8, u16, u32, u53, u64, u8 } from "../wire.ts";

/** Asks for the configured disks. */
export const DiskList = packet("CLTOCS_HDD_LIST", 600, {});

/** Bits of a listed disk. An invalid line is sent as 10. */
export const diskFlags = { markedForRemoval: 1, damaged: 2, scanning: 4, invalid: 8 } as const;

const statistics = struct({
  readBytes: u53,
  writtenBytes: u53,
  readUs: u53,
  writeUs: u53,
  fsyncUs: u53,
  reads: u32,
  writes: u32,
  fsyncs: u32,
  readUsMax: u32,
  writeUsMax: u32,
  fsyncUsMax: u32,
});

/** One entry a line of mfshdd.cfg, in reverse order of the file. */
export const DiskListAnswer = packet(
  "CSTOCL_HDD_LIST",
  601,
  {
    disks: records(
      sized(
        u16,
        struct({
          path: str8,
          flags: u8,
          errorChunkId: u64,
          /** Unix seconds; 0 = no error. */
          errorTime: u32,
          /** While scanning: percent done. */
          usedBytes: u53,
          totalBytes: u53,
          chunks: u32,
          lastMinute: statistics,
          lastHour: statistics,
          lastDay: statistics,
        }),
      ),
    ),
  },
  { maxBody: limits.diskListBytes },
);
export type DiskListAnswer = Body<typeof DiskListAnswer>;

const chunkQuery = { chunkId: u64, version: u32 } as const;
const blocksInChunk = 1024;

/** Asks for the CRC of every block of a chunk. */
export const ChunkChecksumTable = packet("ANTOCS_GET_CHUNK_CHECKSUM_TAB", 302, chunkQuery);
export type ChunkChecksumTable = Body<typeof ChunkChecksumTable>;

export const ChunkChecksumTableAnswer = packetOf(
  "CSTOAN_CHUNK_CHECKSUM_TAB",
  303,
  byLength({
    error: { ...chunkQuery, status },
    full: { ...chunkQuery, checksums: array(blocksInChunk, u32) },
  }),
);
export type ChunkChecksumTableAnswer = Body<typeof ChunkChecksumTableAnswer>;

/** Every row of this file, for tables and for tests that walk them. */
export const chunkserverAdminPackets = [
  DiskList,
  DiskListAnswer,
  ChunkChecksumTable,
  ChunkChecksumTableAnswer,
] as const;
