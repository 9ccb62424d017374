// Changes of chunk records: ids, versions, locks. Spec: changelog.md sections 7.3 and 8.

import type { EntryOf } from "../../../metadata/changelog-entry.ts";
import { status } from "../status.ts";
import type { Chunks } from "../store/chunks.ts";
import { none } from "./change.ts";
import type { Applied } from "./change.ts";

/** How far ahead of ours an id that a chunkserver names may be. */
export const chunkIdLeapMax = 1_000_000_000;

interface ChunkWorld {
  readonly chunks: Chunks;
}

/** UNLOCK. */
export function unlockChunk(
  { chunks }: ChunkWorld,
  _ts: number,
  entry: EntryOf<"UNLOCK">,
): Applied<"UNLOCK"> {
  const chunk = chunks.find(entry.chunk);
  if (chunk === 0) return status.NOCHUNK;
  chunks.setLockedTo(chunk, 0);
  return none;
}

/** SETVERSION. */
export function setChunkVersion(
  { chunks }: ChunkWorld,
  _ts: number,
  entry: EntryOf<"SETVERSION">,
): Applied<"SETVERSION"> {
  const chunk = chunks.find(entry.chunk);
  if (chunk === 0) return status.NOCHUNK;
  chunks.setVersion(chunk, entry.version);
  return none;
}

/** INCVERSION of old logs. */
export function raiseChunkVersion(
  { chunks }: ChunkWorld,
  _ts: number,
  entry: EntryOf<"INCVERSION">,
): Applied<"INCVERSION"> {
  const chunk = chunks.find(entry.chunk);
  if (chunk === 0) return status.NOCHUNK;
  chunks.setVersion(chunk, chunks.versionOf(chunk) + 1);
  return none;
}

/** NEXTCHUNKID of other masters' logs. */
export function setNextChunkId(
  { chunks }: ChunkWorld,
  _ts: number,
  entry: EntryOf<"NEXTCHUNKID">,
): Applied<"NEXTCHUNKID"> {
  if (entry.chunk <= chunks.nextChunkId) return status.MISMATCH;
  chunks.nextChunkId = entry.chunk;
  return none;
}

/** CHUNKADD: a chunkserver holds a chunk that no file knows. */
export function addChunk(
  { chunks }: ChunkWorld,
  ts: number,
  entry: EntryOf<"CHUNKADD">,
): Applied<"CHUNKADD"> {
  if (chunks.find(entry.chunk) !== 0) return status.CHUNKEXIST;
  if (entry.chunk === 0 || entry.chunk > chunks.nextChunkId + chunkIdLeapMax) {
    return status.MISMATCH;
  }
  if (entry.lockedTo > 0 && entry.lockedTo < ts) return status.MISMATCH;
  if (entry.chunk >= chunks.nextChunkId) chunks.nextChunkId = entry.chunk + 1;
  chunks.setLockedTo(chunks.create(entry.chunk, entry.version), entry.lockedTo);
  return none;
}

/** CHUNKDEL: a chunk without files and copies is forgotten. */
export function deleteChunk(
  { chunks }: ChunkWorld,
  ts: number,
  entry: EntryOf<"CHUNKDEL">,
): Applied<"CHUNKDEL"> {
  const chunk = chunks.find(entry.chunk);
  if (chunk === 0) return status.NOCHUNK;
  if (chunks.versionOf(chunk) !== entry.version) return status.WRONGVERSION;
  if (chunks.referencesOf(chunk) > 0) return status.ACTIVE;
  if (chunks.firstCopy(chunk) !== 0) return status.CHUNKBUSY;
  if (chunks.lockedToOf(chunk) >= ts) return status.LOCKED;
  chunks.remove(chunk);
  return none;
}
