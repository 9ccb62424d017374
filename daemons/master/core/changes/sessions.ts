// Changes of sessions and of what they have open. Spec: changelog.md section 7.4 and 8.

import type { EntryOf } from "../../../metadata/changelog-entry.ts";
import { status } from "../status.ts";
import type { Flocks } from "../store/flocks.ts";
import type { OpenFiles } from "../store/open-files.ts";
import type { PosixLocks } from "../store/posix-locks.ts";
import type { Sessions } from "../store/sessions.ts";
import { none } from "./change.ts";
import type { Applied } from "./change.ts";

/** The part of the world that these changes touch. */
export interface SessionWorld {
  readonly sessions: Sessions;
  readonly openFiles: OpenFiles;
  readonly flocks: Flocks;
  readonly posixLocks: PosixLocks;
}

/** Bits that the real master computes for each connection and does not mean to store. */
const internalFlags = 0xc0;

/** SESADD: a session with the next id. */
export function addSession(
  world: SessionWorld,
  _ts: number,
  entry: EntryOf<"SESADD">,
): Applied<"SESADD"> {
  const sessionFlags = entry.sessionFlags & ~internalFlags;
  return { session: world.sessions.create({ ...entry, sessionFlags }).id };
}

/** SESCHANGED: a session registered again under other terms. */
export function changeSession(
  world: SessionWorld,
  _ts: number,
  entry: EntryOf<"SESCHANGED">,
): Applied<"SESCHANGED"> {
  const session = world.sessions.get(entry.session);
  if (session === undefined) return status.MISMATCH;
  session.accept({ ...entry, sessionFlags: entry.sessionFlags & ~internalFlags });
  return none;
}

/** SESDISCONNECTED: the last connection went; from now on the time to come back runs. */
export function disconnectSession(
  world: SessionWorld,
  ts: number,
  entry: EntryOf<"SESDISCONNECTED">,
): Applied<"SESDISCONNECTED"> {
  const session = world.sessions.get(entry.session);
  if (session === undefined) return status.NOTFOUND;
  session.disconnected = ts;
  return none;
}

/** SESDEL: the session goes, and with it what it has open and locked. */
export function removeSession(
  world: SessionWorld,
  _ts: number,
  entry: EntryOf<"SESDEL">,
): Applied<"SESDEL"> {
  const { session } = entry;
  if (!world.sessions.remove(session)) return status.BADSESSIONID;
  for (const inode of Array.from(world.openFiles.inodesOf(session))) close(world, session, inode);
  return none;
}

/** SESSION of old logs: an id was given, and the session itself was kept elsewhere. */
export function countSession(world: SessionWorld): Applied<"SESSION"> {
  return { session: world.sessions.nextSessionId++ };
}

/** ACQUIRE: a session opened a file. The inode need not exist. */
export function acquire(
  world: SessionWorld,
  _ts: number,
  entry: EntryOf<"ACQUIRE">,
): Applied<"ACQUIRE"> {
  return world.openFiles.add(entry.session, entry.inode) ? none : status.MISMATCH;
}

/** RELEASE: a session has a file open no more, so it holds no locks on it either. */
export function release(
  world: SessionWorld,
  _ts: number,
  entry: EntryOf<"RELEASE">,
): Applied<"RELEASE"> {
  return close(world, entry.session, entry.inode) ? none : status.MISMATCH;
}

/** Requests of the session that still wait for a lock on the inode go unanswered. */
function close(world: SessionWorld, session: number, inode: number): boolean {
  if (!world.openFiles.remove(session, inode)) return false;
  const isOwn = (lock: { readonly session: number }) => lock.session === session;
  world.flocks.stopWaiting(inode, isOwn);
  world.flocks.drop(inode, isOwn);
  world.posixLocks.stopWaiting(inode, isOwn);
  world.posixLocks.drop(inode, isOwn);
  return true;
}
