// What a registered chunkserver tells the master unasked: room, load, chunks found, lost and damaged.
// Spec: wire-chunkserver.md section 2.6.

import { optional } from "../layout.ts";
import { packet } from "../packet.ts";
import type { Body } from "../packet.ts";
import { u32, u8 } from "../wire.ts";
import { chunkEntries, chunkIds, chunkListBytesMax } from "./chunkserver-chunk-list.ts";
import { spaceFields } from "./chunkserver-register.ts";

/** At most once a second, when the numbers changed; also before the end of a registration. */
export const ChunkserverSpace = packet("CSTOMA_SPACE", 101, spaceFields);
export type ChunkserverSpace = Body<typeof ChunkserverSpace>;

/** How a chunkserver judges its own load. */
export const loadStatuses = { unknown: 0, good: 1, overloaded: 2, rebalancing: 3 } as const;

/** Every five seconds, and when the status flips. */
export const ChunkserverLoad = packet("CSTOMA_CURRENT_LOAD", 103, {
  /** Busy workers and queued jobs. */
  load: u32,
  /** One of `loadStatuses`; masters before 3.0.7 are not told. */
  status: optional(u8),
});
export type ChunkserverLoad = Body<typeof ChunkserverLoad>;

/** An error was recorded against a disk. */
export const DiskError = packet("CSTOMA_ERROR_OCCURRED", 106, {});

/** Copies that failed to be read or written. */
export const ChunksDamaged = packet(
  "CSTOMA_CHUNK_DAMAGED",
  102,
  { ids: chunkIds },
  { maxBody: chunkListBytesMax },
);
export type ChunksDamaged = Body<typeof ChunksDamaged>;

/**
 * Copies that are not there: of a lost disk, or merely named by somebody. It may stand between a command
 * and its answer.
 */
export const ChunksLost = packet(
  "CSTOMA_CHUNK_LOST",
  105,
  { ids: chunkIds },
  { maxBody: chunkListBytesMax },
);
export type ChunksLost = Body<typeof ChunksLost>;

/** Copies that a scan found, or whose removal mark changed. */
export const ChunksFound = packet(
  "CSTOMA_CHUNK_NEW",
  107,
  { entries: chunkEntries },
  { maxBody: chunkListBytesMax },
);
export type ChunksFound = Body<typeof ChunksFound>;
