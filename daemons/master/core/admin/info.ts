// The master's general figures, and what its tables weigh. Spec: wire-admin.md sections 3.1 and 3.18.

import { Info, InfoAnswer } from "../../../protocol/packets/admin.ts";
import { MemoryInfo, MemoryInfoAnswer } from "../../../protocol/packets/admin-settings.ts";
import type { Body } from "../../../protocol/packet.ts";
import { spokenVersion } from "../../../protocol/version.ts";
import { spaceOf } from "../statfs.ts";
import { nodeType } from "../store/nodes.ts";
import { sourcesOf } from "./providers.ts";
import { monitorRequest, shownSum } from "./request.ts";

type Figures = Body<typeof InfoAnswer>;

/** The four bytes of a master that has no others beside it: with any other value `mfscli` finds no leader. */
const alone = { state: 0xff, nextState: 0xff, stable: 0xff, synchronized: 0xff } as const;

/** INFO. */
export const info = monitorRequest(Info, InfoAnswer, (core): Figures => {
  const { world } = core;
  const { nodes, chunks, statistics } = world;
  const sources = sourcesOf(core);
  const process = sources.process();
  const save = sources.lastSave();
  const space = spaceOf(core.chunkCore);
  const trashFiles = nodes.countOf(nodeType.trash);
  const sustainedFiles = nodes.countOf(nodeType.sustained);
  return {
    variant: "current",
    version: spokenVersion,
    memoryBytes: process.residentBytes,
    systemCpu: process.systemCpu,
    userCpu: process.userCpu,
    totalBytes: shownSum(space.totalBytes),
    availableBytes: shownSum(space.availableBytes),
    freeBytes: shownSum(space.freeBytes),
    trashBytes: shownSum(statistics.trashLength),
    trashFiles,
    sustainedBytes: shownSum(statistics.sustainedLength),
    sustainedFiles,
    nodes: nodes.countOf(),
    directories: nodes.countOf(nodeType.directory),
    files: nodes.countOf(nodeType.file) + trashFiles + sustainedFiles,
    chunks: chunks.count,
    chunkCopies: chunks.usableCopies,
    regularChunkCopies: chunks.regularCopies,
    lastSaveTime: save.time,
    lastSaveDurationMs: save.durationMs,
    lastSaveStatus: save.status,
    ...alone,
    leaderIp: 0,
    stateChangeTime: 0,
    metaVersion: BigInt(world.metaVersion),
    exportsChecksum: core.config.exportsChecksum,
    localTimeUs: core.nowMicroseconds,
    lastChangeTime: 0,
  };
});

const bucketBytes = 4;

/** MEMORY_INFO: tables as they are here. The one of inodes needs no index; names' index stands with them. */
export const memoryInfo = monitorRequest(MemoryInfo, MemoryInfoAnswer, (core) => {
  const { world } = core;
  const { nodes, chunks, slots, edges, arena, quotas } = world;
  const copies = chunks.copies;
  const index = chunks.buckets * bucketBytes;
  const same = (bytes: number) => ({ allocatedBytes: bytes, usedBytes: bytes });
  const nothing = same(0);
  return {
    chunkHash: same(index),
    chunks: {
      allocatedBytes: chunks.bytes - copies.bytes - index,
      usedBytes: chunks.count * chunkRecordBytes,
    },
    chunkserverLists: { allocatedBytes: copies.bytes, usedBytes: copies.count * copyRecordBytes },
    edgeHash: nothing,
    edges: { allocatedBytes: edges.bytes, usedBytes: edges.used * edgeRecordBytes },
    nodeHash: nothing,
    nodes: {
      allocatedBytes: nodes.bytes + world.statistics.bytes,
      usedBytes: nodes.countOf() * nodes.words * 4,
    },
    deletedNodes: {
      allocatedBytes: world.numbers.bytes,
      usedBytes: world.numbers.waiting * freeInodeBytes,
    },
    chunkTables: same(slots.bytes),
    symlinks: same(arena.bytes),
    quotas: same(quotas.size * quotaBytes),
  };
});

/** Bytes of a record with its place in the index; tables say only what they weigh as a whole. */
const chunkRecordBytes = 32;
const copyRecordBytes = 12;
const edgeRecordBytes = 48;
const freeInodeBytes = 8;
/** An estimate: quotas are few, and objects. */
const quotaBytes = 200;
