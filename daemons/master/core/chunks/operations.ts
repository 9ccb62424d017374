// Operations on chunks: commands to servers, their answers, servers that vanish meanwhile, and the extra
// version increase after a copy failed. Spec: semantics-master.md 3.4 to 3.6.

import type { Packet } from "../../../protocol/packet.ts";
import { SetChunkVersion } from "../../../protocol/packets/chunkserver-commands.ts";
import { status } from "../status.ts";
import { chunkOperation } from "../store/chunks.ts";
import type { ChunkOperation } from "../store/chunks.ts";
import { copyState, isBusy, isOnRemoval, isStale, isUsable, isValid } from "../store/copies.ts";
import { withRemoval } from "../store/copies.ts";
import type { ChunkCore } from "./chunk-core.ts";
import type { Server } from "./server.ts";

/** Starts an operation; copies become busy by `command`. */
export function beginOperation(core: ChunkCore, chunk: number, operation: ChunkOperation): void {
  core.chunks.setOperation(chunk, operation);
  core.chunks.setInterrupted(chunk, false);
  core.chunks.setOtherAnswer(chunk, false);
  core.chunks.setVanished(chunk, false);
}

/** Sends the command for a copy, which is busy until it is answered. */
export function command<T>(
  core: ChunkCore,
  at: { readonly chunk: number; readonly copy: number },
  packet: Packet<T>,
  value: T,
): void {
  const { chunks } = core;
  const { chunk, copy } = at;
  const server = core.servers.at(chunks.copies.serverOf(copy));
  const removal = isOnRemoval(chunks.copies.stateOf(copy));
  const busy = removal ? copyState.removalBusy : copyState.busy;
  // While it is busy a copy shows the version that it has for sure.
  chunks.setCopy(chunk, copy, busy, chunks.copies.versionOf(copy));
  server.pending.add(chunks.idOf(chunk));
  core.out.send(server.peer, packet, value);
}

/** Drops copies on servers that are gone. To be called before any decision about a chunk. */
export function refresh(core: ChunkCore, chunk: number): void {
  if (core.servers.leaving === 0) return;
  const { chunks } = core;
  let dropped = false;
  let copy = chunks.firstCopy(chunk);
  while (copy !== 0) {
    const next = chunks.copies.next(copy);
    if (core.servers.at(chunks.copies.serverOf(copy)).leaving) {
      core.removeCopy(chunk, copy);
      dropped = true;
    }
    copy = next;
  }
  if (!dropped) return;
  chunks.setNeedsVersion(chunk, true);
  copyFailed(core, chunk);
}

/** A copy was lost or damaged; an operation that runs on the chunk counts it as failed. */
export function copyFailed(core: ChunkCore, chunk: number): void {
  const operation = core.chunks.operationOf(chunk);
  if (operation !== chunkOperation.none) {
    if (operation !== chunkOperation.replicate) {
      core.chunks.setInterrupted(chunk, true);
      core.chunks.setVanished(chunk, true);
    }
    settle(core, chunk);
  }
  core.jobs.onChunkState(chunk, false);
}

/** The answer of a server to create, set version, duplicate, truncate or duplicate and truncate. */
export function onOperationAnswer(
  core: ChunkCore,
  server: Server,
  answer: { readonly chunkId: number; readonly status: number },
): void {
  if (!server.pending.delete(answer.chunkId)) return;
  const { chunks } = core;
  const chunk = chunks.find(answer.chunkId);
  if (chunk === 0) return;
  refresh(core, chunk);
  const copy = chunks.findCopy(chunk, server.slot);
  if (copy === 0 || !isBusy(chunks.copies.stateOf(copy))) return;
  if (answer.status !== status.NOSPACE) chunks.setOtherAnswer(chunk, true);
  if (answer.status === status.OK) {
    const removal = isOnRemoval(chunks.copies.stateOf(copy));
    const valid = removal ? copyState.removalValid : copyState.valid;
    chunks.setCopy(chunk, copy, valid, chunks.versionOf(chunk));
  } else {
    chunks.setInterrupted(chunk, true);
    markFailed(core, { chunk, copy }, answer.status);
  }
  settle(core, chunk);
}

function markFailed(
  core: ChunkCore,
  { chunk, copy }: { chunk: number; copy: number },
  code: number,
): void {
  const { chunks } = core;
  const operation = chunks.operationOf(chunk);
  chunks.setNeedsVersion(chunk, true);
  if (code !== status.NOTDONE) chunks.setCopy(chunk, copy, copyState.invalid, 0);
  else if (keepsOldVersion(operation)) {
    const removal = isOnRemoval(chunks.copies.stateOf(copy));
    const stale = removal ? copyState.removalWrongVersion : copyState.wrongVersion;
    chunks.setCopy(chunk, copy, stale, chunks.copies.versionOf(copy));
  } else core.removeCopy(chunk, copy);
}

/** Whether an operation that was not even started leaves a copy of the version before. */
function keepsOldVersion(operation: ChunkOperation): boolean {
  return operation === chunkOperation.setVersion || operation === chunkOperation.truncate;
}

/** Ends the operation when no copy is busy any more. */
function settle(core: ChunkCore, chunk: number): void {
  const { chunks } = core;
  const operation = chunks.operationOf(chunk);
  if (operation === chunkOperation.none) return;
  let busy = 0;
  let valid = 0;
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    const state = chunks.copies.stateOf(copy);
    if (isBusy(state)) busy++;
    else if (isValid(state)) valid++;
  }
  if (busy > 0) return;
  if (operation === chunkOperation.replicate) endReplication(core, chunk);
  else if (valid === 0) fail(core, chunk, operation);
  else if (chunks.interruptedOf(chunk)) raiseVersion(core, chunk);
  else {
    chunks.setOperation(chunk, chunkOperation.none);
    chunks.setNeedsVersion(chunk, false);
    core.jobs.onChunkState(chunk, false);
    core.endOperation(chunk, status.OK);
  }
}

/** A copy was made, or could not be: the chunk is free again. */
export function endReplication(core: ChunkCore, chunk: number): void {
  core.chunks.setOperation(chunk, chunkOperation.none);
  core.chunks.setLockedTo(chunk, 0);
  core.announceUnlocked(chunk);
  core.jobs.onChunkState(chunk, false);
}

function fail(core: ChunkCore, chunk: number, operation: ChunkOperation): void {
  const { chunks } = core;
  const code = chunks.otherAnswerOf(chunk) ? status.NOTDONE : status.NOSPACE;
  if (keepsOldVersion(operation)) {
    if (chunks.vanishedOf(chunk) && skipVersion(core, chunk)) {
      core.endOperation(chunk, code);
      return;
    }
    takeVersionBack(core, chunk);
  }
  chunks.setOperation(chunk, chunkOperation.none);
  chunks.setInterrupted(chunk, false);
  chunks.setNeedsVersion(chunk, true);
  core.jobs.onChunkState(chunk, false);
  core.endOperation(chunk, code);
}

/**
 * A copy that vanished may have been raised, and the version must not be given out a second time: its data
 * would pass for the newer ones when it comes back. The copies that are left go past that version before
 * anybody writes. The specification's rule (3.4) takes the version back here. False when none is left.
 */
function skipVersion(core: ChunkCore, chunk: number): boolean {
  const { chunks } = core;
  const chunkId = chunks.idOf(chunk);
  const oldVersion = chunks.versionOf(chunk) - 1;
  const newVersion = oldVersion + 2;
  const left: number[] = [];
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    const isBefore = chunks.copies.versionOf(copy) === oldVersion;
    if (isBefore && isStale(chunks.copies.stateOf(copy))) left.push(copy);
  }
  if (left.length === 0) return false;
  beginOperation(core, chunk, chunkOperation.setVersion);
  core.commit({ op: "SETVERSION", chunk: chunkId, version: newVersion });
  for (const copy of left) {
    command(core, { chunk, copy }, SetChunkVersion, { chunkId, newVersion, oldVersion });
  }
  return true;
}

/** No server raised its copy: those of the version before are right again. */
function takeVersionBack(core: ChunkCore, chunk: number): void {
  const { chunks } = core;
  const before = chunks.versionOf(chunk) - 1;
  let found = false;
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    const state = chunks.copies.stateOf(copy);
    if (!isStale(state) || chunks.copies.versionOf(copy) !== before) continue;
    const valid = withRemoval(copyState.valid, isOnRemoval(state));
    chunks.setCopy(chunk, copy, valid, before);
    found = true;
  }
  if (found) core.commit({ op: "SETVERSION", chunk: chunks.idOf(chunk), version: before });
}

/**
 * Raises the version once more on the copies that are left, so that one that missed a change is known as
 * stale when it comes back. Spec: semantics-master.md 3.6.
 */
function raiseVersion(core: ChunkCore, chunk: number): void {
  const { chunks } = core;
  const chunkId = chunks.idOf(chunk);
  const oldVersion = chunks.versionOf(chunk);
  const newVersion = oldVersion + 1;
  // Answers of the first attempt still count when this one fails: that some server had room.
  chunks.setOperation(chunk, chunkOperation.setVersion);
  chunks.setInterrupted(chunk, false);
  core.commit({ op: "SETVERSION", chunk: chunkId, version: newVersion });
  sendToUsable(core, chunk, SetChunkVersion, { chunkId, newVersion, oldVersion });
}

/** Sends one command for every usable copy. Returns how many. */
export function sendToUsable<T>(
  core: ChunkCore,
  chunk: number,
  packet: Packet<T>,
  value: T,
): number {
  const { chunks } = core;
  let sent = 0;
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    if (!isUsable(chunks.copies.stateOf(copy))) continue;
    command(core, { chunk, copy }, packet, value);
    sent++;
  }
  return sent;
}
