// Administration of the master, second part: exports, storage classes, open files and memory.
// Spec: wire-admin.md sections 3.11, 3.14, 3.15 and 3.18.

import { ipv4 } from "../address.ts";
import { array, byLength, countOf, counted, optional, records, struct } from "../layout.ts";
import { limits } from "../limits.ts";
import { packet, packetOf } from "../packet.ts";
import type { Body } from "../packet.ts";
import { str32, str8, u16, u32, u53, u8 } from "../wire.ts";

/** Asks for the exports in force; `mode` 3 is the fullest form and the only one that is read here. */
export const ExportsInfo = packet("CLTOMA_EXPORTS_INFO", 520, { mode: optional(u8) });
export type ExportsInfo = Body<typeof ExportsInfo>;

export const ExportsInfoAnswer = packet(
  "MATOCL_EXPORTS_INFO",
  521,
  {
    exports: records(
      struct({
        fromIp: ipv4,
        toIp: ipv4,
        /** `.` for the meta file system. */
        path: str32(),
        /** As written in the file: its last number is not doubled, unlike in every other version. */
        minVersion: u32,
        /** 1 all directories, 2 password needed. */
        extraFlags: u8,
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
      }),
    ),
  },
  { maxBody: limits.exportsBytes },
);
export type ExportsInfoAnswer = Body<typeof ExportsInfoAnswer>;

/** Asks for the storage classes; goals 1 to 9 are the first nine. */
export const StorageClassInfo = packet("CLTOMA_SCLASS_INFO", 542, {});

/** Up to four alternatives of label sets; all zero means any server. */
const labels = struct({ masks: array(4, u32), matchingServers: u16 });

export const StorageClassInfoAnswer = packet(
  "MATOCL_SCLASS_INFO",
  543,
  {
    usableServers: u16,
    classes: records(
      struct({
        classId: u8,
        name: str8,
        files: u32,
        directories: u32,
        keepUnder: u53,
        archiveUnder: u53,
        keepExact: u53,
        archiveExact: u53,
        keepOver: u53,
        archiveOver: u53,
        adminOnly: u8,
        /** 0 loose, 1 standard, 2 strict. */
        mode: u8,
        archiveDelayDays: u16,
        /** 3 yes, 2 only by overloaded servers, 1 only by full ones, 0 no. */
        createFulfilled: u8,
        createCount: countOf("createLabels", u8),
        keepFulfilled: u8,
        keepCount: countOf("keepLabels", u8),
        archiveFulfilled: u8,
        archiveCount: countOf("archiveLabels", u8),
        createLabels: counted(labels),
        keepLabels: counted(labels),
        archiveLabels: counted(labels),
      }),
    ),
  },
  { maxBody: limits.storageClassesBytes },
);
export type StorageClassInfoAnswer = Body<typeof StorageClassInfoAnswer>;

/** Asks for open files: of one session, or with session id 0 of all. */
export const ListOpenFiles = packetOf(
  "CLTOMA_LIST_OPEN_FILES",
  532,
  byLength({ plain: { sessionId: u32 }, numbered: { messageId: u32, sessionId: u32 } }),
);
export type ListOpenFiles = Body<typeof ListOpenFiles>;

const openFile = struct({ sessionId: u32, inode: u32 });

/** The request decides which variant it is: name it when decoding, `all` is assumed. */
export const ListOpenFilesAnswer = packetOf(
  "MATOCL_LIST_OPEN_FILES",
  533,
  byLength({
    all: { files: records(openFile) },
    session: { inodes: records(u32) },
    numberedAll: { messageId: u32, files: records(openFile) },
    numberedSession: { messageId: u32, inodes: records(u32) },
  }),
  { maxBody: limits.fileListBytes },
);
export type ListOpenFilesAnswer = Body<typeof ListOpenFilesAnswer>;

/** Asks what the master's tables weigh. */
export const MemoryInfo = packet("CLTOMA_MEMORY_INFO", 528, {});

const memory = struct({ allocatedBytes: u53, usedBytes: u53 });

export const MemoryInfoAnswer = packet("MATOCL_MEMORY_INFO", 529, {
  chunkHash: memory,
  chunks: memory,
  chunkserverLists: memory,
  edgeHash: memory,
  edges: memory,
  nodeHash: memory,
  nodes: memory,
  deletedNodes: memory,
  chunkTables: memory,
  symlinks: memory,
  quotas: memory,
});
export type MemoryInfoAnswer = Body<typeof MemoryInfoAnswer>;

/** Every row of this file, for tables and for tests that walk them. */
export const adminSettingsPackets = [
  ExportsInfo,
  ExportsInfoAnswer,
  StorageClassInfo,
  StorageClassInfoAnswer,
  ListOpenFiles,
  ListOpenFilesAnswer,
  MemoryInfo,
  MemoryInfoAnswer,
] as const;
