// What the command line tools change, and ask about settings of nodes and trees.
// Spec: wire-client-master-3.md section 6 (classes stand in client-classes.ts, reports in client-reports.ts).

import { answerOf, answersOf, statusAnswer } from "../answer.ts";
import { callerBefore } from "../caller.ts";
import { byLength, countOf, counted, struct } from "../layout.ts";
import { limits } from "../limits.ts";
import { packet, packetOf } from "../packet.ts";
import type { Body } from "../packet.ts";
import { name8, u16, u32, u53, u64, u8 } from "../wire.ts";

const oneInode = { messageId: u32, inode: u32 } as const;
/** `recursive`: 0 this node, 1 the tree. */
const nodeOrTree = { ...oneInode, recursive: u8 } as const;
/** What a change of a node or tree did, in nodes. */
const changeCounts = answerOf({ changed: u32, unchanged: u32, notPermitted: u32 });

/** Appends chunks [from, to) of a file to another; flag 1: `from` counts from the end, 2: `to` does. */
export const AppendSlice = packet("CLTOMA_FUSE_APPEND_SLICE", 438, {
  messageId: u32,
  flags: u8,
  target: u32,
  source: u32,
  from: u32,
  to: u32,
  caller: callerBefore(0),
});
export type AppendSlice = Body<typeof AppendSlice>;

export const AppendSliceAnswer = statusAnswer("MATOCL_FUSE_APPEND_SLICE", 439);

export const GetTrashTime = packet("CLTOMA_FUSE_GETTRASHTIME", 442, nodeOrTree);
export type GetTrashTime = Body<typeof GetTrashTime>;

const trashTimeUse = struct({ seconds: u32, count: u32 });

/** Ascending. */
export const GetTrashTimeAnswer = packetOf(
  "MATOCL_FUSE_GETTRASHTIME",
  443,
  answerOf({
    fileTimes: countOf("files", u32),
    directoryTimes: countOf("directories", u32),
    files: counted(trashTimeUse),
    directories: counted(trashTimeUse),
  }),
  { maxBody: limits.trashTimesBytes },
);
export type GetTrashTimeAnswer = Body<typeof GetTrashTimeAnswer>;

/** `mode`: 0 set, 1 increase, 2 decrease; 4 more for recursive. */
export const SetTrashTime = packet("CLTOMA_FUSE_SETTRASHTIME", 444, {
  ...oneInode,
  uid: u32,
  seconds: u32,
  mode: u8,
});
export type SetTrashTime = Body<typeof SetTrashTime>;

export const SetTrashTimeAnswer = packetOf("MATOCL_FUSE_SETTRASHTIME", 445, changeCounts);
export type SetTrashTimeAnswer = Body<typeof SetTrashTimeAnswer>;

/** Gives up chunks of which nothing is left, takes older versions where they are all there is. */
export const Repair = packet("CLTOMA_FUSE_REPAIR", 466, { ...oneInode, caller: callerBefore(0) });
export type Repair = Body<typeof Repair>;

export const RepairAnswer = packetOf(
  "MATOCL_FUSE_REPAIR",
  467,
  answerOf({ unchanged: u32, erased: u32, repaired: u32 }),
);
export type RepairAnswer = Body<typeof RepairAnswer>;

/** Bits of a snapshot's request. */
export const snapshotModes = {
  canOverwrite: 0x01,
  copyLikeAttributes: 0x02,
  forceRemoval: 0x04,
  preserveHardLinks: 0x08,
  delete: 0x80,
} as const;

export const Snapshot = packet("CLTOMA_FUSE_SNAPSHOT", 468, {
  messageId: u32,
  source: u32,
  parent: u32,
  name: name8,
  caller: callerBefore(3),
  mode: u8,
  umask: u16,
});
export type Snapshot = Body<typeof Snapshot>;

export const SnapshotAnswer = statusAnswer("MATOCL_FUSE_SNAPSHOT", 469);

export const GetExtraAttributes = packet("CLTOMA_FUSE_GETEATTR", 472, nodeOrTree);
export type GetExtraAttributes = Body<typeof GetExtraAttributes>;

const extraAttributesUse = struct({ extraAttributes: u8, count: u32 });

/** `files` are all nodes that are no directories. */
export const GetExtraAttributesAnswer = packetOf(
  "MATOCL_FUSE_GETEATTR",
  473,
  answerOf({
    fileKinds: countOf("files", u8),
    directoryKinds: countOf("directories", u8),
    files: counted(extraAttributesUse),
    directories: counted(extraAttributesUse),
  }),
  { maxBody: 7 + 2 * 255 * 5 },
);
export type GetExtraAttributesAnswer = Body<typeof GetExtraAttributesAnswer>;

/** `mode`: 0 set exactly, 1 add, 2 remove; 4 more for recursive. */
export const SetExtraAttributes = packet("CLTOMA_FUSE_SETEATTR", 474, {
  ...oneInode,
  uid: u32,
  extraAttributes: u8,
  mode: u8,
});
export type SetExtraAttributes = Body<typeof SetExtraAttributes>;

export const SetExtraAttributesAnswer = packetOf("MATOCL_FUSE_SETEATTR", 475, changeCounts);
export type SetExtraAttributesAnswer = Body<typeof SetExtraAttributesAnswer>;

const quotaLimits = {
  flags: u8,
  graceSeconds: u32,
  softInodes: u32,
  softLength: u64,
  softSize: u64,
  softRealSize: u64,
  hardInodes: u32,
  hardLength: u64,
  hardSize: u64,
  hardRealSize: u64,
} as const;

/** `remove` without flags only asks. */
export const QuotaControl = packetOf(
  "CLTOMA_FUSE_QUOTACONTROL",
  476,
  byLength({ remove: { ...oneInode, flags: u8 }, set: { ...oneInode, ...quotaLimits } }),
);
export type QuotaControl = Body<typeof QuotaControl>;

export const QuotaControlAnswer = packetOf(
  "MATOCL_FUSE_QUOTACONTROL",
  477,
  answerOf({
    ...quotaLimits,
    currentInodes: u32,
    currentLength: u64,
    currentSize: u64,
    currentRealSize: u64,
  }),
);
export type QuotaControlAnswer = Body<typeof QuotaControlAnswer>;

/** Asks about (`command` 2), or sets (1) and clears (0), the archive state of a tree's chunks. */
export const ArchiveControl = packetOf(
  "CLTOMA_FUSE_ARCHCTL",
  496,
  byLength({
    get: { ...oneInode, command: u8 },
    change: { ...oneInode, command: u8, uid: u32 },
  }),
);
export type ArchiveControl = Body<typeof ArchiveControl>;

export const ArchiveControlAnswer = packetOf(
  "MATOCL_FUSE_ARCHCTL",
  497,
  answersOf({
    get: {
      messageId: u32,
      archivedChunks: u53,
      otherChunks: u53,
      archivedFiles: u32,
      partlyArchivedFiles: u32,
      otherFiles: u32,
    },
    change: { messageId: u32, changed: u53, unchanged: u53, notPermittedFiles: u32 },
  }),
);
export type ArchiveControlAnswer = Body<typeof ArchiveControlAnswer>;

/** Every row of this file, for tables and for tests that walk them. */
export const clientToolsPackets = [
  AppendSlice,
  AppendSliceAnswer,
  GetTrashTime,
  GetTrashTimeAnswer,
  SetTrashTime,
  SetTrashTimeAnswer,
  Repair,
  RepairAnswer,
  Snapshot,
  SnapshotAnswer,
  GetExtraAttributes,
  GetExtraAttributesAnswer,
  SetExtraAttributes,
  SetExtraAttributesAnswer,
  QuotaControl,
  QuotaControlAnswer,
  ArchiveControl,
  ArchiveControlAnswer,
] as const;
