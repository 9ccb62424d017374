// What the command line tools ask a master about nodes: copies of chunks, sums of trees, paths, contents.
// Spec: wire-client-master-3.md sections 6.1 and 6.5 to 6.7.

import { ipv4 } from "../address.ts";
import { answerOf, answersOf } from "../answer.ts";
import { array, byLength, choice, records, struct } from "../layout.ts";
import { limits } from "../limits.ts";
import { packet, packetOf } from "../packet.ts";
import type { Body } from "../packet.ts";
import { status } from "../status.ts";
import { bytes32, u16, u32, u53, u64, u8 } from "../wire.ts";

const oneInode = { messageId: u32, inode: u32 } as const;

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

export const GetDirectoryStats = packet("CLTOMA_FUSE_GETDIRSTATS", 462, oneInode);
export type GetDirectoryStats = Body<typeof GetDirectoryStats>;

const treeBytes = { length: u64, size: u64, realSize: u64 } as const;

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
export const clientReportsPackets = [
  CheckFile,
  CheckFileAnswer,
  GetDirectoryStats,
  GetDirectoryStatsAnswer,
  Paths,
  PathsAnswer,
  NodeInfo,
  NodeInfoAnswer,
] as const;
