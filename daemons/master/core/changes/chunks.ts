// Changes of chunk records: ids, versions, locks. Which chunk a write goes to is decided here too, so that
// replay and live service cannot differ. Spec: changelog.md sections 7.3 and 7.3.1.

import type { EntryOf } from "../../../metadata/changelog-entry.ts";
import { status } from "../status.ts";
import type { Chunks } from "../store/chunks.ts";
import { none } from "./change.ts";
import type { Applied } from "./change.ts";

/** Seconds for which a granted write or truncate holds its chunk. */
export const chunkLockSeconds = 120;
/** How far ahead of ours an id that a chunkserver names may be. */
export const chunkIdLeapMax = 1_000_000_000;

interface ChunkWorld {
  readonly chunks: Chunks;
}

/** The slot of a file that is to be written, and what the log says about it. */
export interface WriteChoice {
  /** The chunk in the slot before, 0 = none. */
  readonly slotChunkId: number;
  /** The chunk that the log names; 0 in live service, where it is decided here. */
  readonly loggedChunkId: number;
  /** The log's operation flag: the version goes up. */
  readonly raiseVersion: boolean;
  readonly classId: number;
}

/** Spec 7.3.1: makes, shares out or raises the chunk of a slot, and locks it. */
export function chooseForWrite(
  chunks: Chunks,
  ts: number,
  choice: WriteChoice,
): { readonly chunkId: number } | number {
  const { slotChunkId, loggedChunkId, classId } = choice;
  if (slotChunkId === 0) return startChunk(chunks, ts, choice);
  const chunk = chunks.find(slotChunkId);
  if (chunk === 0) return status.NOCHUNK;
  const references = chunks.referencesOf(chunk);
  if (references === 0) return status.CHUNKLOST;
  if (references > 1) {
    const started = startChunk(chunks, ts, choice);
    if (typeof started !== "number") chunks.dropReference(chunk, classId);
    return started;
  }
  if (loggedChunkId !== 0 && loggedChunkId !== slotChunkId) return status.MISMATCH;
  if (choice.raiseVersion) chunks.setVersion(chunk, chunks.versionOf(chunk) + 1);
  chunks.setLockedTo(chunk, ts + chunkLockSeconds);
  return { chunkId: slotChunkId };
}

function startChunk(
  chunks: Chunks,
  ts: number,
  { loggedChunkId, classId }: WriteChoice,
): { readonly chunkId: number } | number {
  const chunkId = chunks.nextChunkId;
  if (loggedChunkId !== 0 && loggedChunkId !== chunkId) return status.MISMATCH;
  const chunk = chunks.create(chunkId, 1);
  chunks.nextChunkId = chunkId + 1;
  chunks.addReference(chunk, classId);
  chunks.setLockedTo(chunk, ts + chunkLockSeconds);
  return { chunkId };
}

/** ROLLBACK's part: the slot goes from a chunk back to the one before (0 = none). Unknown ones are passed over. */
export function rollBackSlot(
  chunks: Chunks,
  slot: {
    readonly previousChunkId: number;
    readonly chunkId: number;
    readonly classId: number;
  },
): void {
  const chunk = chunks.find(slot.chunkId);
  if (slot.previousChunkId !== slot.chunkId) {
    const previous = chunks.find(slot.previousChunkId);
    if (previous !== 0) chunks.addReference(previous, slot.classId);
    if (chunk !== 0) chunks.dropReference(chunk, slot.classId);
  }
  if (chunk !== 0) chunks.setLockedTo(chunk, 0);
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
