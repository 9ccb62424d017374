// What the command line tools ask a master: reports and changes of nodes and trees.
// Spec: wire-client-master-3.md section 6 (storage classes stand in client-classes.ts).

import { ipv4 } from "../address.ts";
import { answerOf, answersOf, statusAnswer } from "../answer.ts";
import { callerBefore } from "../caller.ts";
import { array, byLength, choice, countOf, counted, records, struct } from "../layout.ts";
import { limits } from "../limits.ts";
import { packet, packetOf } from "../packet.ts";
import type { Body } from "../packet.ts";
import { status } from "../status.ts";
import { bytes32, name8, u16, u32, u53, u64, u8 } from "../wire.ts";

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

/** Asks for the copies of all chunks, counted, or of one chunk, listed. */
export const CheckFile = packetOf(
  "CLTOMA_FUSE_CHECK",
  440,
  byLength({ file: oneInode, chunk: { ...oneInode, index: u32 } }),
);
export type CheckFile = Body<typeof CheckFile>;

export const CheckFileAnswer = packetOf(
  "MATOCL_FUSE_CHECK",
  441,
  answersOf({
    /** Chunks with 0, 1, ... 9, 10 or more copies, then holes. */
    file: { messageId: u32, counts: array(12, u32) },
    /** `kind`: 0 valid, 1 marked for removal, 2 wrong version, 3 both, 4 invalid. */
    chunk: {
      messageId: u32,
      chunkId: u53,
      version: u32,
      copies: records(struct({ ip: ipv4, port: u16, kind: u8 })),
    },
  }),
  { maxBody: limits.locationBytes },
);
export type CheckFileAnswer = Body<typeof CheckFileAnswer>;

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

export const GetDirectoryStats = packet("CLTOMA_FUSE_GETDIRSTATS", 462, oneInode);
export type GetDirectoryStats = Body<typeof GetDirectoryStats>;

const treeBytes = { length: u53, size: u53, realSize: u53 } as const;

/** Mounts get the longer form, tools the shorter. */
export const GetDirectoryStatsAnswer = packetOf(
  "MATOCL_FUSE_GETDIRSTATS",
  463,
  answersOf({
    mount: {
      messageId: u32,
      inodes: u32,
      directories: u32,
      files: u32,
      zeros: array(2, u32),
      chunks: u32,
      moreZeros: array(2, u32),
      ...treeBytes,
    },
    tools: {
      messageId: u32,
      inodes: u32,
      directories: u32,
      files: u32,
      chunks: u32,
      ...treeBytes,
    },
  }),
);
export type GetDirectoryStatsAnswer = Body<typeof GetDirectoryStatsAnswer>;

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

/** Bits of `flags` in quota packets: which limits are meant. */
export const quotaFlags = {
  softInodes: 0x01,
  softLength: 0x02,
  softSize: 0x04,
  softRealSize: 0x08,
  hardInodes: 0x10,
  hardLength: 0x20,
  hardSize: 0x40,
  hardRealSize: 0x80,
} as const;

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

/** Asks for all paths of a node below the session's root. */
export const Paths = packet("CLTOMA_FUSE_PATHS", 486, oneInode);
export type Paths = Body<typeof Paths>;

export const PathsAnswer = packetOf(
  "MATOCL_FUSE_PATHS",
  487,
  answerOf({ paths: records(bytes32()) }),
  { maxBody: limits.fileListBytes },
);
export type PathsAnswer = Body<typeof PathsAnswer>;

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

const nodeInfoFields = { inode: u32, entriesMax: u32, continueId: u64 } as const;

/** Asks for what a directory holds or of which chunks a file is made, piece by piece. */
export const NodeInfo = packetOf(
  "CLTOMA_NODE_INFO",
  546,
  byLength({ numbered: { messageId: u32, ...nodeInfoFields }, plain: nodeInfoFields }),
);
export type NodeInfo = Body<typeof NodeInfo>;

const nodeInfoRows = new Map([
  ["status", struct({ status })],
  ["other", struct({})],
  ["directory", struct({ continueId: u64, inodes: records(u32) })],
  [
    "file",
    struct({
      continueId: u64,
      length: u64,
      chunks: records(struct({ chunkId: u53, size: u32, copies: u8 })),
    }),
  ],
]);
const nodeInfoTags = ["other", "directory", "file"] as const;

/** What a node consists of. `continueId` is for the next request, 0 at the end. */
export type NodeContents =
  | { readonly variant: "status"; readonly status: number }
  | { readonly variant: "other" }
  | {
      readonly variant: "directory";
      readonly continueId: bigint;
      readonly inodes: readonly number[];
    }
  | {
      readonly variant: "file";
      readonly continueId: bigint;
      readonly length: bigint;
      readonly chunks: readonly {
        readonly chunkId: number;
        readonly size: number;
        readonly copies: number;
      }[];
    };

const nodeContents = choice<NodeContents>(nodeInfoRows, {
  min: 1,
  max: Number.POSITIVE_INFINITY,
  step: 1,
  pick(reader) {
    if (reader.left === 1) return "status";
    const tag = reader.u16();
    const name = nodeInfoTags[tag];
    if (name !== undefined) return name;
    throw reader.error("badValue", `node contents ${tag}, expected 0 to 2`);
  },
  writeTag(writer, name) {
    const tag = nodeInfoTags.findIndex((each) => each === name);
    if (tag !== -1) writer.u16(tag);
  },
});

/** Numbered as the request was: name `plain` for one without a message id. */
export const NodeInfoAnswer = packetOf(
  "MATOCL_NODE_INFO",
  547,
  byLength({
    numbered: { messageId: u32, node: nodeContents },
    plain: { node: nodeContents },
  }),
  { maxBody: limits.fileListBytes },
);
export type NodeInfoAnswer = Body<typeof NodeInfoAnswer>;

/** Every row of this file, for tables and for tests that walk them. */
export const clientToolsPackets = [
  AppendSlice,
  AppendSliceAnswer,
  CheckFile,
  CheckFileAnswer,
  GetTrashTime,
  GetTrashTimeAnswer,
  SetTrashTime,
  SetTrashTimeAnswer,
  GetDirectoryStats,
  GetDirectoryStatsAnswer,
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
  Paths,
  PathsAnswer,
  ArchiveControl,
  ArchiveControlAnswer,
  NodeInfo,
  NodeInfoAnswer,
] as const;
