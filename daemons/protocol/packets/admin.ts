// Monitoring and administration of the master: cluster figures, lists, commands. No registration is
// needed for any of them. Spec: wire-admin.md section 3.

import { ipv4 } from "../address.ts";
import { array, byLength, optional, records, sized, struct } from "../layout.ts";
import { limits } from "../limits.ts";
import { packet, packetOf } from "../packet.ts";
import type { Body } from "../packet.ts";
import { status } from "../status.ts";
import { version24, version32 } from "../version.ts";
import { restOf, str32, u16, u32, u53, u64, u8 } from "../wire.ts";

/** Asks the master for its general figures. */
export const Info = packet("CLTOMA_INFO", 510, {});

/** 149 bytes from masters of our generation; 4.x masters send longer ones, of which only the version is read. */
export const InfoAnswer = packetOf(
  "MATOCL_INFO",
  511,
  byLength({
    current: {
      version: version32,
      memoryBytes: u53,
      /** Billionths of one core, over the last minute. */
      systemCpu: u53,
      userCpu: u53,
      totalBytes: u53,
      availableBytes: u53,
      freeBytes: u53,
      trashBytes: u53,
      trashFiles: u32,
      sustainedBytes: u53,
      sustainedFiles: u32,
      nodes: u32,
      directories: u32,
      files: u32,
      chunks: u32,
      chunkCopies: u32,
      regularChunkCopies: u32,
      /** Unix seconds; 0 = not saved since the start. */
      lastSaveTime: u32,
      lastSaveDurationMs: u32,
      /** 0 in the background, 1 downloaded from another master, 2 in the foreground. */
      lastSaveStatus: u8,
      /** These four are 255 in the free edition, and only there. */
      state: u8,
      nextState: u8,
      stable: u8,
      synchronized: u8,
      leaderIp: ipv4,
      stateChangeTime: u32,
      metaVersion: u64,
      exportsChecksum: u64,
      localTimeUs: u53,
      lastChangeTime: u32,
    },
    newer: { version: version32, unread: restOf([169, 177, 189, 201]) },
  }),
);
export type InfoAnswer = Body<typeof InfoAnswer>;

/** Asks for every chunkserver that the master knows, connected or not. */
export const ChunkserverList = packet("CLTOMA_CSERV_LIST", 500, {});

/** Bits of a listed chunkserver. */
export const chunkserverFlags = {
  disconnected: 1,
  maintenance: 2,
  temporaryMaintenance: 4,
} as const;

export const ChunkserverListAnswer = packet(
  "MATOCL_CSERV_LIST",
  501,
  {
    chunkservers: records(
      struct({
        flags: u8,
        version: version24,
        ip: ipv4,
        port: u16,
        chunkserverId: u16,
        usedBytes: u53,
        totalBytes: u53,
        chunks: u32,
        removalUsedBytes: u53,
        removalTotalBytes: u53,
        removalChunks: u32,
        errors: u32,
        load: u32,
        /** Seconds, or 0xC0000000 overloaded, 0x80000000 rebalancing. */
        graceSeconds: u32,
        /** Bit 0 is label A. */
        labelMask: u32,
        /** 0 unknown, 1 copies still leave disks marked for removal, 2 they may be removed. */
        removalStatus: u8,
      }),
    ),
  },
  { maxBody: limits.chunkserverListBytes },
);
export type ChunkserverListAnswer = Body<typeof ChunkserverListAnswer>;

/** Asks for sessions; `mode` 4 is the fullest form and the only one that the answer here reads. */
export const SessionList = packet("CLTOMA_SESSION_LIST", 508, { mode: optional(u8) });
export type SessionList = Body<typeof SessionList>;

const operationCounters = 16;

export const SessionListAnswer = packet(
  "MATOCL_SESSION_LIST",
  509,
  {
    counters: u16,
    sessions: records(
      struct({
        sessionId: u32,
        ip: ipv4,
        version: version32,
        openFiles: u32,
        sockets: u8,
        /** Seconds until the session is forgotten; 0xFFFFFFFF while it is connected. */
        expireSeconds: u32,
        info: str32(),
        path: str32(),
        flags: u8,
        umask: u16,
        rootUid: u32,
        rootGid: u32,
        mapAllUid: u32,
        mapAllGid: u32,
        goalMin: u8,
        goalMax: u8,
        trashSecondsMin: u32,
        trashSecondsMax: u32,
        disables: u32,
        currentHour: array(operationCounters, u32),
        lastHour: array(operationCounters, u32),
      }),
    ),
  },
  { maxBody: limits.sessionListBytes },
);
export type SessionListAnswer = Body<typeof SessionListAnswer>;

/** `command` 0 removes a session that has no connection. */
export const SessionCommand = packet("CLTOMA_SESSION_COMMAND", 526, {
  command: u8,
  sessionId: u32,
});
export type SessionCommand = Body<typeof SessionCommand>;

export const SessionCommandAnswer = packet("MATOCL_SESSION_COMMAND", 527, { status });
export type SessionCommandAnswer = Body<typeof SessionCommandAnswer>;

/** What a chunkserver command does. */
export const chunkserverCommands = {
  remove: 0,
  backToWork: 1,
  maintenanceOn: 2,
  maintenanceOff: 3,
} as const;

/** A command about one chunkserver; the legacy form is `remove` and gets an empty answer. */
export const ChunkserverCommand = packetOf(
  "CLTOMA_CSSERV_COMMAND",
  524,
  byLength({
    command: { command: u8, ip: ipv4, port: u16 },
    legacy: { ip: ipv4, port: u16 },
  }),
);
export type ChunkserverCommand = Body<typeof ChunkserverCommand>;

export const ChunkserverCommandAnswer = packetOf(
  "MATOCL_CSSERV_COMMAND",
  525,
  byLength({ command: { status }, legacy: {} }),
);
export type ChunkserverCommandAnswer = Body<typeof ChunkserverCommandAnswer>;

/** Asks for both matrices, or with an id for one. */
export const ChunksMatrix = packet("CLTOMA_CHUNKS_MATRIX", 516, { matrixId: optional(u8) });
export type ChunksMatrix = Body<typeof ChunksMatrix>;

/** Rows are goals, columns are valid copies, 10 means ten or more. */
const matrix = array(11, array(11, u32));

export const ChunksMatrixAnswer = packetOf(
  "MATOCL_CHUNKS_MATRIX",
  517,
  byLength({
    /** Progress 0: the counters are exact. */
    both: { progress: u8, all: matrix, regular: matrix },
    one: { matrix },
  }),
);
export type ChunksMatrixAnswer = Body<typeof ChunksMatrixAnswer>;

/** Asks what the last complete chunk loop did. */
export const ChunksTestInfo = packet("CLTOMA_CHUNKSTEST_INFO", 514, {});

export const ChunksTestInfoAnswer = packet("MATOCL_CHUNKSTEST_INFO", 515, {
  loopStart: u32,
  loopEnd: u32,
  deletedInvalid: u32,
  notDeletedInvalid: u32,
  deletedUnused: u32,
  notDeletedUnused: u32,
  deletedDiskClean: u32,
  notDeletedDiskClean: u32,
  deletedOverGoal: u32,
  notDeletedOverGoal: u32,
  copiedUnderGoal: u32,
  notCopiedUnderGoal: u32,
  copiedWrongLabels: u32,
  notCopiedWrongLabels: u32,
  copiedRebalance: u32,
  labelsDoNotMatch: u32,
  lockedUnused: u32,
  lockedUsed: u32,
});
export type ChunksTestInfoAnswer = Body<typeof ChunksTestInfoAnswer>;

/** Asks what the last complete loop over all files found; the byte's value does not matter. */
export const FilesTestInfo = packet("CLTOMA_FSTEST_INFO", 512, { mode: optional(u8) });
export type FilesTestInfo = Body<typeof FilesTestInfo>;

const filesTestHead = {
  loopStart: u32,
  loopEnd: u32,
  files: u32,
  underGoalFiles: u32,
  missingFiles: u32,
} as const;
const filesTestTail = {
  chunks: u32,
  underGoalChunks: u32,
  missingChunks: u32,
  messages: str32(),
} as const;

/** The request's form decides: `full` for one with a byte (assumed), `legacy` for an empty one. */
export const FilesTestInfoAnswer = packetOf(
  "MATOCL_FSTEST_INFO",
  513,
  byLength({
    full: {
      ...filesTestHead,
      missingTrashFiles: u32,
      missingSustainedFiles: u32,
      ...filesTestTail,
    },
    legacy: { ...filesTestHead, ...filesTestTail },
  }),
);
export type FilesTestInfoAnswer = Body<typeof FilesTestInfoAnswer>;

/** Asks for chunks that the last file loop missed; mode 1 adds why. */
export const MissingChunks = packet("CLTOMA_MISSING_CHUNKS", 544, { mode: optional(u8) });
export type MissingChunks = Body<typeof MissingChunks>;

const missingChunk = { chunkId: u64, inode: u32, index: u32 } as const;

/** The request's mode decides: name `typed` or `plain`. */
export const MissingChunksAnswer = packetOf(
  "MATOCL_MISSING_CHUNKS",
  545,
  byLength({
    /** `reason`: 0 no copy, 1 only invalid copies, 2 only wrong versions. */
    typed: { chunks: records(struct({ ...missingChunk, reason: u8 })) },
    plain: { chunks: records(struct(missingChunk)) },
  }),
  { maxBody: limits.fileListBytes },
);
export type MissingChunksAnswer = Body<typeof MissingChunksAnswer>;

/** Asks for the paths of inodes; zeros are skipped by the master. */
export const MassResolvePaths = packet(
  "CLTOMA_MASS_RESOLVE_PATHS",
  536,
  { inodes: records(u32) },
  { maxBody: limits.requestBytes },
);
export type MassResolvePaths = Body<typeof MassResolvePaths>;

export const MassResolvePathsAnswer = packet(
  "MATOCL_MASS_RESOLVE_PATHS",
  537,
  { nodes: records(struct({ inode: u32, paths: sized(u32, records(str32())) })) },
  { maxBody: limits.fileListBytes },
);
export type MassResolvePathsAnswer = Body<typeof MassResolvePathsAnswer>;

/** Asks for the metaloggers that are connected. */
export const MetaloggerList = packet("CLTOMA_MLOG_LIST", 522, {});

export const MetaloggerListAnswer = packet(
  "MATOCL_MLOG_LIST",
  523,
  { metaloggers: records(struct({ version: version32, ip: ipv4 })) },
  { maxBody: limits.metaloggerListBytes },
);
export type MetaloggerListAnswer = Body<typeof MetaloggerListAnswer>;

/** Every row of this file, for tables and for tests that walk them. */
export const adminPackets = [
  Info,
  InfoAnswer,
  ChunkserverList,
  ChunkserverListAnswer,
  SessionList,
  SessionListAnswer,
  SessionCommand,
  SessionCommandAnswer,
  ChunkserverCommand,
  ChunkserverCommandAnswer,
  ChunksMatrix,
  ChunksMatrixAnswer,
  ChunksTestInfo,
  ChunksTestInfoAnswer,
  FilesTestInfo,
  FilesTestInfoAnswer,
  MissingChunks,
  MissingChunksAnswer,
  MassResolvePaths,
  MassResolvePathsAnswer,
  MetaloggerList,
  MetaloggerListAnswer,
] as const;
