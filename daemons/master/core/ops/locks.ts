// FLOCK and POSIX_LOCK: the requests; the rules stand in core/sessions. Spec: wire-client-master-2.md
// section 8.

import {
  FileLock,
  FileLockAnswer,
  RangeLock,
  RangeLockAnswer,
  rangeLockCommands,
  rangeLockTypes,
} from "../../../protocol/packets/client-locks.ts";
import type { Client } from "../client.ts";
import { requestFlock } from "../sessions/flocking.ts";
import { interruptPosixLock, requestPosixLock } from "../sessions/posix-locking.ts";
import { status } from "../status.ts";
import { later, operation } from "./operation.ts";
import type { Outcome } from "./operation.ts";

export const fileLock = operation(FileLock, FileLockAnswer, (client, request) => {
  const session = client.session.id;
  const { messageId } = request;
  const answer = requestFlock(client.service, { ...request, session });
  return answer === later ? later : { messageId, status: answer };
});

export const rangeLock = operation(RangeLock, RangeLockAnswer, (client, request) => {
  const session = client.session.id;
  switch (request.command) {
    case rangeLockCommands.get:
      return conflictOf(client, request);
    case rangeLockCommands.set:
    case rangeLockCommands.try: {
      const tries = request.command === rangeLockCommands.try;
      return requestPosixLock(client.service, { ...request, session, tries });
    }
    case rangeLockCommands.interrupt:
      interruptPosixLock(client.service, { ...request, session });
      return status.OK;
    default:
      return status.EINVAL;
  }
});

/** What is in the way of a lock. Processes of other sessions run on other machines: they are not named. */
function conflictOf(client: Client, request: RangeLock): Outcome<RangeLockAnswer> {
  const session = client.session.id;
  const { messageId, inode, owner, start, end, type } = request;
  const exclusive = type === rangeLockTypes.write;
  const { posixLocks } = client.service.world;
  const { unlocked } = rangeLockTypes;
  const found =
    type === unlocked
      ? undefined
      : posixLocks.conflict(inode, { session, owner, start, end, exclusive });
  if (found === undefined) {
    return { variant: "full" as const, messageId, pid: 0, type: unlocked, start: 0n, end: 0n };
  }
  return {
    variant: "full" as const,
    messageId,
    pid: found.session === session ? found.pid : 0,
    type: found.exclusive ? rangeLockTypes.write : rangeLockTypes.read,
    start: found.start,
    end: found.end,
  };
}
