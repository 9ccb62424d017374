// Which chunk a write or truncate of a slot goes to. Replay and live service decide it here, so that they
// cannot differ. Spec: changelog.md section 7.3.1.

import { status } from "../status.ts";
import type { Chunks } from "../store/chunks.ts";

/** Seconds for which a granted write or truncate holds its chunk. */
export const chunkLockSeconds = 120;

/** The slot of a file that is to be written, and what the log says about it. */
export interface WriteChoice {
  /** The chunk in the slot before, 0 = none. */
  readonly slotChunkId: number;
  /** The chunk that the log names; undefined in live service, where it is decided here. */
  readonly loggedChunkId: number | undefined;
  /** The log's operation flag: the version goes up. */
  readonly raiseVersion: boolean;
  readonly ts: number;
}

/**
 * The chunk that the slot must hold from now on, locked: the same one (raised), or a new one of version 1
 * where there was none or others share it. The caller puts it into the slot, which counts references.
 */
export function chooseForWrite(
  chunks: Chunks,
  choice: WriteChoice,
): { readonly chunkId: number } | number {
  const { slotChunkId, loggedChunkId } = choice;
  if (slotChunkId === 0) return startChunk(chunks, choice);
  const chunk = chunks.find(slotChunkId);
  if (chunk === 0) return status.NOCHUNK;
  const references = chunks.referencesOf(chunk);
  if (references === 0) return status.CHUNKLOST;
  if (references > 1) return startChunk(chunks, choice);
  if (loggedChunkId !== undefined && loggedChunkId !== slotChunkId) return status.MISMATCH;
  if (choice.raiseVersion) chunks.setVersion(chunk, chunks.versionOf(chunk) + 1);
  chunks.setLockedTo(chunk, choice.ts + chunkLockSeconds);
  return { chunkId: slotChunkId };
}

function startChunk(
  chunks: Chunks,
  { loggedChunkId, ts }: WriteChoice,
): { readonly chunkId: number } | number {
  const chunkId = chunks.nextChunkId;
  if (loggedChunkId !== undefined && loggedChunkId !== chunkId) return status.MISMATCH;
  chunks.nextChunkId = chunkId + 1;
  chunks.setLockedTo(chunks.create(chunkId, 1), ts + chunkLockSeconds);
  return { chunkId };
}
