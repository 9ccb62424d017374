// Locks of whole files: who gets one, who waits, whose turn is next. A lock asked for behind somebody who
// waits has to wait too, so that writers get their turn. Spec: wire-client-master-2.md section 8.1.

import { FileLockAnswer, fileLockCommands } from "../../../protocol/packets/client-locks.ts";
import { kindOf } from "../changes/locks.ts";
import { later } from "../ops/operation.ts";
import type { Service } from "../service.ts";
import { status } from "../status.ts";
import { sameOwner } from "../store/flocks.ts";
import type { Flock, FlockMessage, LockOwner } from "../store/flocks.ts";
import { answerWaiting } from "./lock-answers.ts";

/** A request about the lock of a whole file. */
export interface FlockRequest extends LockOwner, FlockMessage {
  readonly inode: number;
  readonly command: number;
}

const commandMax = fileLockCommands.release;

/** The answer, or `later` when the request waits. */
export function requestFlock(service: Service, request: FlockRequest): number | typeof later {
  const { inode, session, command } = request;
  if (command === fileLockCommands.interrupt) {
    cancel(service, request, {
      status: status.EINTR,
      fits: (message) => message.requestId === request.requestId,
    });
    grantFlocks(service, inode);
    return status.OK;
  }
  if (command === fileLockCommands.release) return unlock(service, request);
  if (!service.world.openFiles.has(session, inode)) return status.NOTOPENED;
  if (command > commandMax) return status.EINVAL;
  if (command === fileLockCommands.unlock) return unlock(service, request);
  return lock(service, request, {
    exclusive:
      command === fileLockCommands.tryExclusive || command === fileLockCommands.lockExclusive,
    tries: command === fileLockCommands.tryShared || command === fileLockCommands.tryExclusive,
  });
}

/** Gives the lock to those in front of the queue whom nobody is in the way of. */
export function grantFlocks(service: Service, inode: number): void {
  const { flocks } = service.world;
  for (;;) {
    const next = flocks.of(inode).waiting[0];
    if (next === undefined || isExcluded(service, inode, next)) return;
    flocks.stopWaiting(inode, (waiting) => waiting === next);
    hold(service, inode, next);
    answerAll(service, next.session, next.messages, status.OK);
  }
}

function lock(
  service: Service,
  request: FlockRequest,
  wish: { readonly exclusive: boolean; readonly tries: boolean },
): number | typeof later {
  const { flocks } = service.world;
  const { inode } = request;
  const { exclusive, tries } = wish;
  if (flocks.waitingOf(inode, request) !== undefined) {
    return tries ? status.EAGAIN : wait(service, request, exclusive);
  }
  const held = flocks.heldBy(inode, request);
  if (held !== undefined) {
    if (held.exclusive === exclusive) return status.OK;
    if (tries) return convert(service, request, exclusive);
    release(service, request);
    grantFlocks(service, inode);
  }
  const { session, owner } = request;
  const wanted = { session, owner, exclusive };
  if (flocks.of(inode).waiting.length === 0 && !isExcluded(service, inode, wanted)) {
    hold(service, inode, wanted);
    return status.OK;
  }
  return tries ? status.EAGAIN : wait(service, request, exclusive);
}

/** The lock never becomes free in between, so nobody else can take it. */
function convert(service: Service, request: FlockRequest, exclusive: boolean): number {
  const { inode, session, owner } = request;
  if (exclusive && service.world.flocks.of(inode).held.length > 1) return status.EAGAIN;
  release(service, request);
  hold(service, inode, { session, owner, exclusive });
  grantFlocks(service, inode);
  return status.OK;
}

function unlock(service: Service, request: FlockRequest): number {
  cancel(service, request, { status: status.ECANCELED, fits: () => true });
  if (service.world.flocks.heldBy(request.inode, request) !== undefined) release(service, request);
  grantFlocks(service, request.inode);
  return status.OK;
}

/** An owner that wants the other kind now gets it at its place in the queue. */
function wait(service: Service, request: FlockRequest, exclusive: boolean): typeof later {
  const { flocks } = service.world;
  const { inode, session, owner, requestId, messageId } = request;
  const before = flocks.waitingOf(inode, request);
  const isSame = before?.exclusive === exclusive;
  const kept = isSame ? before.messages.filter((other) => other.requestId !== requestId) : [];
  const messages = [...kept, { requestId, messageId }];
  flocks.wait(inode, { session, owner, exclusive, messages });
  if (before !== undefined && !isSame) {
    answerAll(service, session, before.messages, status.ECANCELED);
    grantFlocks(service, inode);
  }
  return later;
}

function cancel(
  service: Service,
  request: FlockRequest,
  how: { readonly status: number; readonly fits: (message: FlockMessage) => boolean },
): void {
  const { flocks } = service.world;
  const { inode } = request;
  const before = flocks.waitingOf(inode, request);
  if (before === undefined) return;
  const messages = before.messages.filter((message) => !how.fits(message));
  if (messages.length === 0) flocks.stopWaiting(inode, (waiting) => waiting === before);
  else flocks.wait(inode, { ...before, messages });
  answerAll(service, before.session, before.messages.filter(how.fits), how.status);
}

function answerAll(
  service: Service,
  session: number,
  messages: readonly FlockMessage[],
  answer: number,
): void {
  for (const { messageId } of messages) {
    answerWaiting(service, FileLockAnswer, { session, messageId }, answer);
  }
}

function isExcluded(service: Service, inode: number, wanted: Flock): boolean {
  return service.world.flocks
    .of(inode)
    .held.some((held) => (held.exclusive || wanted.exclusive) && !sameOwner(held, wanted));
}

function hold(service: Service, inode: number, { session, owner, exclusive }: Flock): void {
  service.commit({ op: "FLOCK", inode, session, owner, lock: kindOf(exclusive) });
}

function release(service: Service, { inode, session, owner }: FlockRequest): void {
  service.commit({ op: "FLOCK", inode, session, owner, lock: "U" });
}
