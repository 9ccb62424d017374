// What sessions have open and locked. Spec: wire-admin.md sections 3.15 and 3.16.

import type { Body } from "../../../protocol/packet.ts";
import {
  ListAcquiredLocks,
  ListAcquiredLocksAnswer,
} from "../../../protocol/packets/admin-figures.ts";
import { ListOpenFiles, ListOpenFilesAnswer } from "../../../protocol/packets/admin-settings.ts";
import type { World } from "../store/world.ts";
import { monitorRequest } from "./request.ts";

type Files = Body<typeof ListOpenFilesAnswer>;
type Locks = Body<typeof ListAcquiredLocksAnswer>;
type OpenFile = Extract<Files, { readonly variant: "all" }>["files"][number];
type Lock = Extract<Locks, { readonly variant: "all" }>["locks"][number];

const sharedLock = 1;
const exclusiveLock = 2;

/** LIST_OPEN_FILES: of one session, or of all. */
export const listOpenFiles = monitorRequest(
  ListOpenFiles,
  ListOpenFilesAnswer,
  (core, asked): Files => {
    const { openFiles } = core.world;
    if (asked.sessionId === 0) {
      const files = allOpenFiles(core.world);
      return asked.variant === "plain"
        ? { variant: "all", files }
        : { variant: "numberedAll", messageId: asked.messageId, files };
    }
    const inodes = [...openFiles.inodesOf(asked.sessionId)];
    return asked.variant === "plain"
      ? { variant: "session", inodes }
      : { variant: "numberedSession", messageId: asked.messageId, inodes };
  },
);

/** LIST_ACQUIRED_LOCKS: of one file, or of all; locks of ranges before those of whole files. */
export const listAcquiredLocks = monitorRequest(
  ListAcquiredLocks,
  ListAcquiredLocksAnswer,
  (core, asked): Locks => {
    const { world } = core;
    const { inode } = asked;
    const locks: Lock[] = [];
    for (const each of inode === 0 ? world.posixLocks.inodes() : [inode]) {
      addRangeLocks(world, each, locks);
    }
    for (const each of inode === 0 ? world.flocks.inodes() : [inode]) {
      addFileLocks(world, each, locks);
    }
    if (asked.variant === "plain") return { variant: inode === 0 ? "all" : "inode", locks };
    const variant = inode === 0 ? "numberedAll" : "numberedInode";
    return { variant, messageId: asked.messageId, locks };
  },
);

function allOpenFiles(world: World): readonly OpenFile[] {
  const files: OpenFile[] = [];
  for (const sessionId of world.openFiles.sessions()) {
    for (const inode of world.openFiles.inodesOf(sessionId)) files.push({ sessionId, inode });
  }
  return files;
}

function addRangeLocks(world: World, inode: number, locks: Lock[]): void {
  for (const { session, owner, pid, start, end, exclusive } of world.posixLocks.of(inode).held) {
    const type = typeOf(exclusive);
    locks.push({ inode, sessionId: session, owner, pid, start, end, type });
  }
}

/** A lock of a whole file has neither process nor range. */
function addFileLocks(world: World, inode: number, locks: Lock[]): void {
  for (const { session, owner, exclusive } of world.flocks.of(inode).held) {
    const type = typeOf(exclusive);
    locks.push({ inode, sessionId: session, owner, pid: 0, start: 0n, end: 0n, type });
  }
}

function typeOf(exclusive: boolean): number {
  return exclusive ? exclusiveLock : sharedLock;
}
