// Locks of ranges: who gets one, who waits, whose turn is next. Every change may free any of those who wait,
// so all are tried, in order. Spec: wire-client-master-2.md section 8.2.

import { RangeLockAnswer, rangeLockTypes } from "../../../protocol/packets/client-locks.ts";
import { kindOf } from "../changes/locks.ts";
import { later } from "../ops/operation.ts";
import type { Service } from "../service.ts";
import { status } from "../status.ts";
import type { PosixLock, WaitingPosixLock } from "../store/posix-locks.ts";
import { answerWaiting } from "./lock-answers.ts";

/** A request that sets or frees a range. */
export interface PosixLockRequest extends Omit<PosixLock, "exclusive"> {
  readonly inode: number;
  readonly requestId: number;
  readonly messageId: number;
  readonly type: number;
  /** Does not wait. */
  readonly tries: boolean;
}

/** The answer, or `later` when the request waits. */
export function requestPosixLock(
  service: Service,
  request: PosixLockRequest,
): number | typeof later {
  const { posixLocks, openFiles } = service.world;
  const { inode, session, owner, start, end, pid, type } = request;
  if (type > rangeLockTypes.write) return status.EINVAL;
  if (type === rangeLockTypes.unlocked) return free(service, request);
  if (!openFiles.has(session, inode)) return status.NOTOPENED;
  if (start >= end) return status.EINVAL;
  const wanted = { session, owner, start, end, pid, exclusive: type === rangeLockTypes.write };
  if (posixLocks.conflict(inode, wanted) === undefined) {
    hold(service, inode, wanted);
    grantPosixLocks(service, inode);
    return status.OK;
  }
  if (request.tries) return status.EAGAIN;
  const { requestId, messageId } = request;
  posixLocks.wait(inode, { ...wanted, requestId, messageId });
  return later;
}

/** The waiting request of a session is interrupted: the oldest one with this number. */
export function interruptPosixLock(
  service: Service,
  request: { readonly inode: number; readonly session: number; readonly requestId: number },
): void {
  const { posixLocks } = service.world;
  const { inode, session, requestId } = request;
  const interrupted = posixLocks
    .of(inode)
    .waiting.find((waiting) => waiting.session === session && waiting.requestId === requestId);
  if (interrupted === undefined) return;
  posixLocks.stopWaiting(inode, (waiting) => waiting === interrupted);
  answerWaiting(service, RangeLockAnswer, interrupted, status.EINTR);
}

/** Gives their ranges to those who wait and whom nobody is in the way of. */
export function grantPosixLocks(service: Service, inode: number): void {
  const { posixLocks } = service.world;
  for (;;) {
    const next = posixLocks
      .of(inode)
      .waiting.find((waiting) => posixLocks.conflict(inode, waiting) === undefined);
    if (next === undefined) return;
    grant(service, inode, next);
  }
}

function grant(service: Service, inode: number, next: WaitingPosixLock): void {
  service.world.posixLocks.stopWaiting(inode, (waiting) => waiting === next);
  hold(service, inode, next);
  answerWaiting(service, RangeLockAnswer, next, status.OK);
}

/** Frees a range; without any lock on the file there is nothing to write. */
function free(service: Service, request: PosixLockRequest): number {
  const { inode, session, owner, start, end, pid } = request;
  if (!service.world.posixLocks.has(inode)) return status.OK;
  service.commit({ op: "POSIXLOCK", inode, session, owner, lock: "U", start, end, pid });
  grantPosixLocks(service, inode);
  return status.OK;
}

function hold(service: Service, inode: number, wanted: PosixLock): void {
  const { session, owner, start, end, pid, exclusive } = wanted;
  const lock = kindOf(exclusive);
  service.commit({ op: "POSIXLOCK", inode, session, owner, lock, start, end, pid });
}
