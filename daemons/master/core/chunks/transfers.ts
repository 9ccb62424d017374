// Deleting copies and making copies of copies: commands of the job loop and their answers.
// Spec: semantics-master.md 3.5, 8.5, 8.7.

import { DeleteChunk, ReplicateChunk } from "../../../protocol/packets/chunkserver-commands.ts";
import { status } from "../status.ts";
import { chunkOperation } from "../store/chunks.ts";
import { copyState, isBusy, isValid } from "../store/copies.ts";
import type { ChunkCore } from "./chunk-core.ts";
import { chunkLockSeconds } from "./choose-for-write.ts";
import { forgetIfUnused } from "./copy-reports.ts";
import { beginOperation, endReplication, refresh } from "./operations.ts";
import type { Server } from "./server.ts";

/** Has a copy deleted; version 0 = whatever version it has. */
export function deleteCopy(
  core: ChunkCore,
  at: { readonly chunk: number; readonly copy: number },
  version: number,
): void {
  const { chunks } = core;
  const { chunk, copy } = at;
  const server = core.servers.at(chunks.copies.serverOf(copy));
  const chunkId = chunks.idOf(chunk);
  chunks.setNeedsVersion(chunk, true);
  chunks.setCopy(chunk, copy, copyState.deleting, chunks.copies.versionOf(copy));
  server.deletions.add(chunkId);
  core.out.send(server.peer, DeleteChunk, { chunkId, version });
}

/** A server deleted a copy, or could not. */
export function onDeleteAnswer(
  core: ChunkCore,
  server: Server,
  answer: { readonly chunkId: number; readonly status: number },
): void {
  if (!server.deletions.delete(answer.chunkId)) return;
  const done = answer.status === status.OK || answer.status === status.NOCHUNK;
  core.jobs.onDeleteAnswered(answer.chunkId, done);
  const { chunks } = core;
  const chunk = chunks.find(answer.chunkId);
  if (chunk === 0) return;
  refresh(core, chunk);
  const copy = chunks.findCopy(chunk, server.slot);
  if (!done || copy === 0 || chunks.copies.stateOf(copy) !== copyState.deleting) return;
  core.removeCopy(chunk, copy);
  chunks.setNeedsVersion(chunk, true);
  forgetIfUnused(core, chunk);
}

/** A copy that is to be fetched. */
export interface Replication {
  readonly chunk: number;
  readonly source: Server;
  readonly target: Server;
  /** A missing copy: the chunk is locked and the copy counted meanwhile. Without it, only moved. */
  readonly missing: boolean;
}

/** Has a server fetch a copy from another; false when it is already fetching this chunk. */
export function replicate(
  core: ChunkCore,
  { chunk, source, target, missing }: Replication,
): boolean {
  const { chunks } = core;
  const chunkId = chunks.idOf(chunk);
  const version = chunks.versionOf(chunk);
  if (target.replications.has(chunkId)) return false;
  target.replications.set(chunkId, source);
  source.readReplications++;
  chunks.setNeedsVersion(chunk, true);
  if (missing) {
    beginOperation(core, chunk, chunkOperation.replicate);
    chunks.setLockedTo(chunk, core.now + chunkLockSeconds);
    core.addCopy(chunk, target.slot, copyState.busy, version);
  }
  const { ip, port } = source.entry;
  core.out.send(target.peer, ReplicateChunk, { chunkId, version, ip, port });
  return true;
}

/** A server has fetched a copy, or could not. */
export function onReplicateAnswer(
  core: ChunkCore,
  server: Server,
  answer: { readonly chunkId: number; readonly version: number; readonly status: number },
): void {
  const source = server.replications.get(answer.chunkId);
  if (source === undefined) return;
  server.replications.delete(answer.chunkId);
  source.readReplications--;
  const { chunks } = core;
  const chunk = chunks.find(answer.chunkId);
  if (chunk === 0) return;
  refresh(core, chunk);
  if (chunks.operationOf(chunk) === chunkOperation.replicate) {
    fetchedMissing(core, chunk, server, answer);
  } else if (answer.status === status.OK) fetchedSurplus(core, chunk, server, answer.version);
  core.jobs.onChunkState(chunk, false);
}

function fetchedMissing(
  core: ChunkCore,
  chunk: number,
  server: Server,
  answer: { readonly version: number; readonly status: number },
): void {
  const { chunks } = core;
  const copy = chunks.findCopy(chunk, server.slot);
  if (copy === 0 || !isBusy(chunks.copies.stateOf(copy))) {
    // A copy that was moved meanwhile, or whose entry a damage report already changed.
    if (answer.status === status.OK) fetchedSurplus(core, chunk, server, answer.version);
    return;
  }
  const version = chunks.versionOf(chunk);
  if (answer.status !== status.OK) core.removeCopy(chunk, copy);
  else if (answer.version === version) chunks.setCopy(chunk, copy, copyState.valid, version);
  else chunks.setCopy(chunk, copy, copyState.invalid, 0);
  chunks.setNeedsVersion(chunk, true);
  endReplication(core, chunk);
}

/** The answer of a copy that no operation waits for. */
function fetchedSurplus(core: ChunkCore, chunk: number, server: Server, version: number): void {
  const { chunks } = core;
  const right = version === chunks.versionOf(chunk);
  const copy = chunks.findCopy(chunk, server.slot);
  chunks.setNeedsVersion(chunk, true);
  if (copy === 0) {
    const usable = right && !core.isLocked(chunk);
    core.addCopy(
      chunk,
      server.slot,
      usable ? copyState.valid : copyState.invalid,
      usable ? version : 0,
    );
  } else if (isValid(chunks.copies.stateOf(copy)) && !right) {
    chunks.setCopy(chunk, copy, copyState.invalid, 0);
  }
}
