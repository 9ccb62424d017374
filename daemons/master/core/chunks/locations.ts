// Where a chunk can be read, and what is shown of its copies. Spec: semantics-master.md 5.

import { locationsMax } from "../../../protocol/packets/client-location.ts";
import { status } from "../status.ts";
import { chunkOperation } from "../store/chunks.ts";
import { copyState, isUsable } from "../store/copies.ts";
import type { CopyState } from "../store/copies.ts";
import type { ChunkCore } from "./chunk-core.ts";
import { refresh } from "./operations.ts";
import type { CopyLocation } from "./server.ts";

/** Whether a chunk can be read now: OK, NOCHUNK, LOCKED or CHUNKBUSY. */
export function readStatus(core: ChunkCore, chunkId: number): number {
  const chunk = core.chunks.find(chunkId);
  if (chunk === 0) return status.NOCHUNK;
  refresh(core, chunk);
  if (core.isLocked(chunk)) return status.LOCKED;
  const busy = core.chunks.operationOf(chunk) !== chunkOperation.none;
  return busy ? status.CHUNKBUSY : status.OK;
}

/**
 * Usable copies, nearest to the client first, equal distances in random order. When there is none, the
 * answer is CHUNKLOST if `core.isComplete`, else OK without copies.
 */
export function locationsOf(
  core: ChunkCore,
  chunk: number,
  clientIp: number,
): readonly CopyLocation[] {
  refresh(core, chunk);
  const { chunks } = core;
  const found: CopyLocation[] = [];
  const keys: number[] = [];
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    if (!isUsable(chunks.copies.stateOf(copy))) continue;
    const { location } = core.servers.at(chunks.copies.serverOf(copy));
    const key = core.topology.distance(location.ip, clientIp) + core.prng.fraction();
    let place = found.length;
    while (place > 0 && (keys[place - 1] ?? 0) > key) place--;
    found.splice(place, 0, location);
    keys.splice(place, 0, key);
  }
  if (found.length > locationsMax) found.length = locationsMax;
  return found;
}

/** A copy as file check and file info show it. */
export interface CopyCheck {
  readonly ip: number;
  readonly port: number;
  /** 0 valid, 1 marked for removal, 2 wrong version, 3 both, 4 invalid. */
  readonly type: number;
}

/** All copies but those being deleted. */
export function checkCopies(core: ChunkCore, chunk: number): readonly CopyCheck[] {
  refresh(core, chunk);
  const { chunks } = core;
  const checks: CopyCheck[] = [];
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    const state = chunks.copies.stateOf(copy);
    if (state === copyState.deleting) continue;
    const { ip, port } = core.servers.at(chunks.copies.serverOf(copy)).entry;
    checks.push({ ip, port, type: checkType(state) });
  }
  return checks;
}

/** How many copies are listed by `checkCopies`. */
export function countListed(core: ChunkCore, chunk: number): number {
  refresh(core, chunk);
  const { chunks } = core;
  let count = 0;
  for (let copy = chunks.firstCopy(chunk); copy !== 0; copy = chunks.copies.next(copy)) {
    if (chunks.copies.stateOf(copy) !== copyState.deleting) count++;
  }
  return count;
}

function checkType(state: CopyState): number {
  switch (state) {
    case copyState.valid:
    case copyState.busy:
      return 0;
    case copyState.removalValid:
    case copyState.removalBusy:
      return 1;
    case copyState.wrongVersion:
      return 2;
    case copyState.removalWrongVersion:
      return 3;
    case copyState.invalid:
    case copyState.deleting:
      return 4;
    default:
      return state satisfies never;
  }
}
