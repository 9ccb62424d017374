// What servers report of their copies unasked: found, damaged, lost. Spec: semantics-master.md 3.1 to 3.3.

import { chunkIdLeapMax } from "../changes/chunks.ts";
import { copyState, isOnRemoval, isUsable, withRemoval } from "../store/copies.ts";
import type { ChunkCore } from "./chunk-core.ts";
import { copyFailed, refresh } from "./operations.ts";
import type { Server } from "./server.ts";

/** A chunk that no file knows is kept so long, in case that the metadata is the older part. */
const foundLockSeconds = 7 * 86_400;

/**
 * A server has a copy, on a disk marked for removal or not. Called for each of millions of copies while a
 * server registers, so nothing is allocated for it.
 */
export function onCopyFound(
  core: ChunkCore,
  server: Server,
  chunkId: number,
  version: number,
  removal: boolean,
): void {
  const { chunks } = core;
  let chunk = chunks.find(chunkId);
  if (chunk === 0) {
    chunk = addUnknown(core, chunkId, version, core.now + foundLockSeconds);
    if (chunk === 0) return;
  }
  refresh(core, chunk);
  const copy = chunks.findCopy(chunk, server.slot);
  if (copy === 0) {
    const right = version === chunks.versionOf(chunk);
    const state = right ? copyState.valid : copyState.wrongVersion;
    core.addCopy(chunk, server.slot, withRemoval(state, removal), version);
    chunks.setNeedsVersion(chunk, true);
  } else {
    const state = chunks.copies.stateOf(copy);
    // Known to be stale, damaged or being deleted: a report, which may be old, does not make it better.
    if (!isUsable(state)) return;
    if (isOnRemoval(state) !== removal) {
      chunks.setCopy(chunk, copy, withRemoval(state, removal), chunks.copies.versionOf(copy));
    }
  }
  core.holdForFound();
  core.jobs.onChunkState(chunk, false);
}

function addUnknown(core: ChunkCore, chunkId: number, version: number, lockedTo: number): number {
  const { chunks } = core;
  if (!(chunkId > 0 && chunkId <= chunks.nextChunkId + chunkIdLeapMax)) {
    core.events.log(`A chunkserver reports chunk ${chunkId}, which cannot be: ignored`);
    return 0;
  }
  core.commit({ op: "CHUNKADD", chunk: chunkId, version, lockedTo });
  return chunks.find(chunkId);
}

/** A server could not read or write a copy. */
export function onCopyDamaged(core: ChunkCore, server: Server, chunkId: number): void {
  const { chunks } = core;
  // Version 0 and no lock: the record is there only to get the copy deleted.
  const chunk = chunks.find(chunkId) || addUnknown(core, chunkId, 0, 0);
  if (chunk === 0) return;
  refresh(core, chunk);
  const copy = chunks.findCopy(chunk, server.slot);
  if (copy === 0) core.addCopy(chunk, server.slot, copyState.invalid, 0);
  else if (chunks.copies.stateOf(copy) === copyState.deleting) return;
  else chunks.setCopy(chunk, copy, copyState.invalid, 0);
  chunks.setNeedsVersion(chunk, true);
  copyFailed(core, chunk);
}

/** A server does not have a copy (any more). */
export function onCopyLost(core: ChunkCore, server: Server, chunkId: number): void {
  const { chunks } = core;
  const chunk = chunks.find(chunkId);
  core.holdForLost();
  if (chunk === 0) return;
  refresh(core, chunk);
  const copy = chunks.findCopy(chunk, server.slot);
  if (copy !== 0) {
    core.removeCopy(chunk, copy);
    chunks.setNeedsVersion(chunk, true);
    copyFailed(core, chunk);
  }
  forgetIfUnused(core, chunk);
}

/**
 * Deletes the record of a chunk that no file uses and no server holds, if all of that is certain.
 * Returns whether it is gone.
 */
export function forgetIfUnused(core: ChunkCore, chunk: number): boolean {
  const { chunks } = core;
  if (chunks.firstCopy(chunk) !== 0 || !core.isUnused(chunk)) return false;
  if (core.isLocked(chunk) || chunks.queueOf(chunk) !== 0 || !core.isComplete) return false;
  const version = chunks.versionOf(chunk);
  const result = core.commit({ op: "CHUNKDEL", chunk: chunks.idOf(chunk), version });
  return typeof result !== "number";
}
