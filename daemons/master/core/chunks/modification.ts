// Writing and truncating chunks: what can be done is planned first, then the change is committed by the
// file-system layer, then servers are commanded. Spec: semantics-master.md 4.1 to 4.4.

import {
  CreateChunk,
  DuplicateChunk,
  DuplicateTruncateChunk,
  SetChunkVersion,
  TruncateChunk,
} from "../../../protocol/packets/chunkserver-commands.ts";
import { assert } from "../../../base/assert.ts";
import { status } from "../status.ts";
import { chunkOperation } from "../store/chunks.ts";
import { copyState, isStale, isUsable, isOnRemoval, withRemoval } from "../store/copies.ts";
import type { ChunkCore } from "./chunk-core.ts";
import { beginOperation, command, refresh, sendToUsable } from "./operations.ts";
import type { Server } from "./server.ts";

/** A chunk that is to be written. */
export interface WriteRequest {
  /** The chunk in the file's slot, 0 = none. */
  readonly chunkId: number;
  /** The file's class. */
  readonly classId: number;
  readonly clientIp: number;
  /** The client holds the lock from an earlier attempt. */
  readonly continued: boolean;
}

/** What is going to happen; to be committed, then begun, in the same step. */
export interface ModificationPlan {
  readonly status: 0;
  readonly kind: "create" | "keep" | "raise" | "duplicate";
  /** The chunk that the slot will hold: what the log names. */
  readonly chunkId: number;
  /** The chunk in the slot now (0 = none). */
  readonly oldChunkId: number;
  /** The log's operation flag: the version is raised, or the chunk is new. */
  readonly operationFlag: 0 | 1;
  /** Servers of a new chunk. */
  readonly servers: readonly Server[];
  /** New length within the chunk, for a truncation. */
  readonly truncateTo: number | undefined;
}

/** A refusal: LOCKED and CHUNKBUSY may be waited for. */
export interface Refusal {
  readonly status: number;
}

/** Whether a chunk may be written, and how. Changes nothing. */
export function planWrite(core: ChunkCore, request: WriteRequest): ModificationPlan | Refusal {
  if (request.chunkId === 0) return planCreation(core, request);
  return planChange(core, { ...request, truncateTo: undefined });
}

/** Whether a chunk may be cut to `truncateTo` bytes, and how. Changes nothing. */
export function planTruncate(
  core: ChunkCore,
  request: { readonly chunkId: number; readonly truncateTo: number },
): ModificationPlan | Refusal {
  return planChange(core, { ...request, continued: false });
}

function planCreation(core: ChunkCore, request: WriteRequest): ModificationPlan | Refusal {
  const { rules, settings } = core;
  const { servers, tryAgain } = core.turns.choose(core.servers.connected, core.topology, {
    labels: rules.createLabels(request.classId),
    mode: rules.modeOf(request.classId),
    clientIp: request.clientIp,
    respectTopology: settings.creationsRespectTopology,
    uniqueMode: settings.uniqueMode,
  });
  if (servers.length === 0) {
    if (tryAgain || !core.isComplete) return { status: status.EAGAIN };
    const full = core.servers.usableCount > 0 && core.isSettled;
    return { status: full ? status.NOSPACE : status.NOCHUNKSERVERS };
  }
  return {
    status: 0,
    kind: "create",
    chunkId: core.chunks.nextChunkId,
    oldChunkId: 0,
    operationFlag: 1,
    servers,
    truncateTo: undefined,
  };
}

interface ChangeRequest {
  readonly chunkId: number;
  readonly continued: boolean;
  readonly truncateTo: number | undefined;
}

function planChange(core: ChunkCore, request: ChangeRequest): ModificationPlan | Refusal {
  const { chunks } = core;
  const chunk = chunks.find(request.chunkId);
  const refusal = refuseChange(core, chunk, request.continued);
  if (refusal !== status.OK) return { status: refusal };
  const shared = chunks.referencesOf(chunk) > 1;
  const truncates = request.truncateTo !== undefined;
  const commanded = shared || truncates || chunks.needsVersionOf(chunk);
  if (commanded && chunks.usableCopiesOf(chunk) === 0) {
    return { status: core.isComplete ? status.CHUNKLOST : status.CSNOTPRESENT };
  }
  let kind: ModificationPlan["kind"] = commanded ? "raise" : "keep";
  if (shared) kind = "duplicate";
  return {
    status: 0,
    kind,
    chunkId: shared ? chunks.nextChunkId : request.chunkId,
    oldChunkId: request.chunkId,
    operationFlag: commanded ? 1 : 0,
    servers: [],
    truncateTo: request.truncateTo,
  };
}

function refuseChange(core: ChunkCore, chunk: number, continued: boolean): number {
  const { chunks } = core;
  if (chunk === 0) return status.NOCHUNK;
  refresh(core, chunk);
  if (core.isLocked(chunk) && !continued) return status.LOCKED;
  if (chunks.referencesOf(chunk) === 0) {
    core.events.log(`Structure error: chunk ${chunks.idOf(chunk)} is used and has no references`);
    return status.CHUNKLOST;
  }
  if (chunks.operationOf(chunk) !== chunkOperation.none) return status.CHUNKBUSY;
  // It ended just now, as the copies of a lost server were dropped: who waits for it comes first.
  if (core.hasNews(chunks.idOf(chunk))) return status.CHUNKBUSY;
  if (core.isChanging && countValid(core, chunk) < goalOf(core, chunk)) return status.EAGAIN;
  return status.OK;
}

function goalOf(core: ChunkCore, chunk: number): number {
  return core.rules.goalOf(core.chunks.classOf(chunk), core.chunks.archivedOf(chunk));
}

function countValid(core: ChunkCore, chunk: number): number {
  const { chunks } = core;
  let valid = 0;
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    if (chunks.copies.stateOf(copy) === copyState.valid) valid++;
  }
  return valid;
}

/**
 * Commands the servers after the plan's WRITE or TRUNC was committed. True when the client has to wait for
 * `operationDone`; false when nothing was sent and it is answered at once.
 */
export function beginPlanned(core: ChunkCore, plan: ModificationPlan): boolean {
  const chunk = core.chunks.find(plan.chunkId);
  assert(chunk !== 0, "the committed change made or kept the planned chunk");
  const sent = sendPlanned(core, chunk, plan);
  if (plan.truncateTo === undefined) core.setWriting(chunk, true);
  return sent;
}

function sendPlanned(core: ChunkCore, chunk: number, plan: ModificationPlan): boolean {
  switch (plan.kind) {
    case "create":
      beginCreation(core, chunk, plan.servers);
      return true;
    case "keep":
      return false;
    case "raise":
      beginRaise(core, chunk, plan.truncateTo);
      return true;
    case "duplicate":
      beginDuplicate(core, chunk, plan);
      return true;
    default:
      return plan.kind satisfies never;
  }
}

function beginCreation(core: ChunkCore, chunk: number, servers: readonly Server[]): void {
  const chunkId = core.chunks.idOf(chunk);
  beginOperation(core, chunk, chunkOperation.create);
  for (const server of servers) {
    const copy = core.addCopy(chunk, server.slot, copyState.busy, 1);
    command(core, { chunk, copy }, CreateChunk, { chunkId, version: 1 });
  }
  core.turns.count(core.servers.connected, servers, core.prng);
}

function beginRaise(core: ChunkCore, chunk: number, truncateTo: number | undefined): void {
  const newVersion = core.chunks.versionOf(chunk);
  const change = { chunkId: core.chunks.idOf(chunk), newVersion, oldVersion: newVersion - 1 };
  if (truncateTo === undefined) {
    beginOperation(core, chunk, chunkOperation.setVersion);
    sendToUsable(core, chunk, SetChunkVersion, change);
  } else {
    beginOperation(core, chunk, chunkOperation.truncate);
    sendToUsable(core, chunk, TruncateChunk, { ...change, length: truncateTo });
  }
}

function beginDuplicate(core: ChunkCore, chunk: number, plan: ModificationPlan): void {
  const { chunks } = core;
  const { chunkId: newChunkId, oldChunkId, truncateTo } = plan;
  const old = chunks.find(oldChunkId);
  const change = { newChunkId, newVersion: 1, oldChunkId, oldVersion: chunks.versionOf(old) };
  const { duplicate, duplicateTruncate } = chunkOperation;
  beginOperation(core, chunk, truncateTo === undefined ? duplicate : duplicateTruncate);
  core.originals.keep(newChunkId, oldChunkId);
  for (let source = chunks.firstCopy(old); source !== 0; source = chunks.copies.next(source)) {
    if (!isUsable(chunks.copies.stateOf(source))) continue;
    const slot = chunks.copies.serverOf(source);
    // Busy as on a normal disk, even when the source's disk is marked for removal.
    const copy = core.addCopy(chunk, slot, copyState.busy, 1);
    if (truncateTo === undefined) command(core, { chunk, copy }, DuplicateChunk, change);
    else command(core, { chunk, copy }, DuplicateTruncateChunk, { ...change, length: truncateTo });
  }
}

/** After UNLOCK or ROLLBACK was committed: counters go down, and who waits may go on. */
export function afterUnlock(core: ChunkCore, chunk: number): void {
  core.setWriting(chunk, false);
  core.jobs.onChunkState(chunk, true);
  if (!core.jobs.onChunkUnlocked(chunk)) core.announceUnlocked(chunk);
}

/** What a repair of one slot comes to. Spec: semantics-master.md 4.4. */
export type RepairPlan =
  | { readonly kind: "unchanged" }
  | { readonly kind: "erase" }
  | { readonly kind: "setVersion"; readonly version: number };

/** What can be done for the chunk of a slot. Changes nothing. */
export function planRepair(core: ChunkCore, chunkId: number): RepairPlan {
  if (chunkId === 0) return { kind: "unchanged" };
  const { chunks } = core;
  const chunk = chunks.find(chunkId);
  if (chunk === 0) return { kind: "erase" };
  refresh(core, chunk);
  if (core.isLocked(chunk) || chunks.usableCopiesOf(chunk) > 0) return { kind: "unchanged" };
  let version = 0;
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    if (!isStale(chunks.copies.stateOf(copy))) continue;
    version = Math.max(version, chunks.copies.versionOf(copy));
  }
  return version === 0 ? { kind: "erase" } : { kind: "setVersion", version };
}

/** After the repair's version was committed: copies of that version are right. */
export function adoptVersion(core: ChunkCore, chunk: number): void {
  const { chunks } = core;
  const version = chunks.versionOf(chunk);
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    const state = chunks.copies.stateOf(copy);
    if (!isStale(state) || chunks.copies.versionOf(copy) !== version) continue;
    const valid = withRemoval(copyState.valid, isOnRemoval(state));
    chunks.setCopy(chunk, copy, valid, version);
  }
  chunks.setNeedsVersion(chunk, true);
  core.jobs.onChunkState(chunk, false);
}
