// Advisory locks of whole files and of ranges. Answers may come much later, or on another connection.
// Spec: wire-client-master-2.md section 8.

import { answerOf, statusAnswer } from "../answer.ts";
import { packet, packetOf } from "../packet.ts";
import type { Body } from "../packet.ts";
import { u32, u64, u8 } from "../wire.ts";

/** What a request about a whole file does. */
export const fileLockCommands = {
  unlock: 0,
  tryShared: 1,
  lockShared: 2,
  tryExclusive: 3,
  lockExclusive: 4,
  interrupt: 5,
  release: 6,
} as const;

export const FileLock = packet("CLTOMA_FUSE_FLOCK", 492, {
  messageId: u32,
  inode: u32,
  requestId: u32,
  owner: u64,
  command: u8,
});
export type FileLock = Body<typeof FileLock>;

export const FileLockAnswer = statusAnswer("MATOCL_FUSE_FLOCK", 493);

/** What a request about a range does. */
export const rangeLockCommands = { get: 0, set: 1, try: 2, interrupt: 3 } as const;

/** Kinds of range locks. */
export const rangeLockTypes = { unlocked: 0, read: 1, write: 2 } as const;

/** The range is [start, end); 2^64-1 is the end of the file. */
export const RangeLock = packet("CLTOMA_FUSE_POSIX_LOCK", 494, {
  messageId: u32,
  inode: u32,
  requestId: u32,
  owner: u64,
  pid: u32,
  command: u8,
  type: u8,
  start: u64,
  end: u64,
});
export type RangeLock = Body<typeof RangeLock>;

/** `full` answers only a `get`: the first lock in the way, all zeros for none. */
export const RangeLockAnswer = packetOf(
  "MATOCL_FUSE_POSIX_LOCK",
  495,
  answerOf({ pid: u32, type: u8, start: u64, end: u64 }),
);
export type RangeLockAnswer = Body<typeof RangeLockAnswer>;

/** Every row of this file, for tables and for tests that walk them. */
export const clientLocksPackets = [FileLock, FileLockAnswer, RangeLock, RangeLockAnswer] as const;
