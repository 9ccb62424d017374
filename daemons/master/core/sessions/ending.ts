// The end of what a session holds: of one open file, or of all of them with the session. Locks go with it,
// and whoever waits for them gets his turn. Spec: changelog.md section 7.4, wire-client-master-2.md 8.3.

import type { Service } from "../service.ts";
import { grantFlocks } from "./flocking.ts";
import { grantPosixLocks } from "./posix-locking.ts";

/** A session has a file open no more. */
export function releaseFile(service: Service, session: number, inode: number): void {
  dropFlocks(service, session, inode);
  service.commit({ op: "RELEASE", session, inode });
  grantWaiting(service, inode);
}

/** A session goes. */
export function endSession(service: Service, session: number): void {
  const inodes = [...service.world.openFiles.inodesOf(session)];
  for (const inode of inodes) dropFlocks(service, session, inode);
  service.commit({ op: "SESDEL", session });
  for (const inode of inodes) grantWaiting(service, inode);
}

/**
 * Locks of whole files are unlocked in the log first, as the real master does it. Those of ranges are not:
 * they go with the file. Grants to others are written behind, so that no replay sees two owners at once.
 */
function dropFlocks(service: Service, session: number, inode: number): void {
  const { flocks } = service.world;
  if (!flocks.has(inode)) return;
  flocks.stopWaiting(inode, (request) => request.session === session);
  for (const { owner, ...held } of flocks.of(inode).held.slice()) {
    if (held.session === session) service.commit({ op: "FLOCK", inode, session, owner, lock: "U" });
  }
}

function grantWaiting(service: Service, inode: number): void {
  const { flocks, posixLocks } = service.world;
  if (flocks.has(inode)) grantFlocks(service, inode);
  if (posixLocks.has(inode)) grantPosixLocks(service, inode);
}
