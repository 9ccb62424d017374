// The model behind the fake master: a cluster as a plain object, and the records that the protocol makes of
// it. What a test does not mention is healthy. Spec: wire-admin.md sections 3 and 5.

import { parseIpv4 } from "../../daemons/protocol/address.ts";
import { chunkserverFlags } from "../../daemons/protocol/packets/admin.ts";
import { diskFlags } from "../../daemons/protocol/packets/chunkserver-admin.ts";
import { spokenVersion } from "../../daemons/protocol/version.ts";

/** A chunkserver as the test describes it; what is left out is healthy and empty. */
export interface FakeChunkserver {
  ip: string;
  port?: number;
  id?: number;
  connected?: boolean;
  maintenance?: boolean;
  chunks?: number;
  usedBytes?: number;
  totalBytes?: number;
  removalChunks?: number;
  removalUsedBytes?: number;
  removalTotalBytes?: number;
  /** 0 unknown, 1 not ready, 2 ready. */
  removalStatus?: number;
  /** Bit 0 is label A. */
  labelMask?: number;
}

/** A mount as the test describes it. */
export interface FakeSession {
  id: number;
  ip: string;
  /** The mount point. */
  info?: string;
  path?: string;
  openFiles?: number;
  /** Seconds until it is forgotten: gives a session without a connection. */
  expireSeconds?: number;
}

/** A disk as a chunkserver shows it. */
export interface FakeDisk {
  /** With a slash at its end. */
  path: string;
  markedForRemoval?: boolean;
  damaged?: boolean;
  invalid?: boolean;
  /** Percent done while the disk is scanned. */
  scanPercent?: number;
  chunks?: number;
  usedBytes?: number;
  totalBytes?: number;
  errorTime?: number;
}

/** How many chunks have this goal and this many copies. */
export interface FakeChunks {
  goal: number;
  copies: number;
  count: number;
  /** Copies on disks that stay; all of them unless given. */
  regularCopies?: number;
}

/** The whole cluster. Change it between requests: each answer is made anew. */
export interface FakeClusterModel {
  version: number;
  metaId: bigint;
  metaVersion: bigint;
  exportsChecksum: bigint;
  lastSaveTime: number;
  totalBytes: number;
  freeBytes: number;
  chunkservers: FakeChunkserver[];
  /** Addresses of connected metaloggers. */
  metaloggers: string[];
  sessions: FakeSession[];
  chunks: FakeChunks[];
  /** 0: the matrix is exact. */
  matrixProgress: number;
  /** Unix seconds, both 0 before the first complete loop. */
  chunkLoop: { start: number; end: number };
  /** The disks that a stream shows when it stands for a chunkserver, in the order of its file. */
  disks: FakeDisk[];
  /** `chunkserver` makes the stream one to port 9422: only its packets are answered. */
  role: "master" | "chunkserver";
}

const gibibyte = 1_073_741_824;

/** A small healthy cluster, changed by what the test gives. */
export function fakeCluster(changes: Partial<FakeClusterModel> = {}): FakeClusterModel {
  return {
    version: spokenVersion,
    metaId: 0x6b02_cdb2_efd7_9791n,
    metaVersion: 1000n,
    exportsChecksum: 0xffcc_fd8a_defb_e2den,
    lastSaveTime: 1_795_345_000,
    totalBytes: 300 * gibibyte,
    freeBytes: 200 * gibibyte,
    chunkservers: [
      { ip: "10.0.0.11", id: 1 },
      { ip: "10.0.0.12", id: 2 },
      { ip: "10.0.0.13", id: 3 },
    ],
    metaloggers: ["10.0.0.2"],
    sessions: [{ id: 1, ip: "10.0.0.11", info: "/home/work/share" }],
    chunks: [{ goal: 2, copies: 2, count: 100 }],
    matrixProgress: 0,
    chunkLoop: { start: 1_795_345_000, end: 1_795_345_300 },
    disks: [{ path: "/data/d1/" }, { path: "/data/d2/" }],
    role: "master",
    ...changes,
  };
}

/** The general figures, summed from the model. */
export function infoOf(model: FakeClusterModel) {
  const chunks = model.chunks.reduce((sum, cell) => sum + cell.count, 0);
  const copies = model.chunks.reduce((sum, cell) => sum + cell.count * cell.copies, 0);
  return {
    variant: "current" as const,
    version: model.version,
    memoryBytes: 207_106_048,
    systemCpu: 0,
    userCpu: 0,
    totalBytes: model.totalBytes,
    availableBytes: model.freeBytes,
    freeBytes: model.freeBytes,
    trashBytes: 0,
    trashFiles: 0,
    sustainedBytes: 0,
    sustainedFiles: 0,
    nodes: 1,
    directories: 1,
    files: 0,
    chunks,
    chunkCopies: copies,
    regularChunkCopies: copies,
    lastSaveTime: model.lastSaveTime,
    lastSaveDurationMs: 5,
    lastSaveStatus: 0,
    state: 255,
    nextState: 255,
    stable: 255,
    synchronized: 255,
    leaderIp: 0,
    stateChangeTime: 0,
    metaVersion: model.metaVersion,
    exportsChecksum: model.exportsChecksum,
    localTimeUs: 1_795_345_832_000_000,
    lastChangeTime: 0,
  };
}

/** A server as the list shows it. */
export function listedServer(server: FakeChunkserver, model: FakeClusterModel) {
  const connected = server.connected ?? true;
  return {
    flags:
      (connected ? 0 : chunkserverFlags.disconnected) +
      (server.maintenance === true ? chunkserverFlags.maintenance : 0),
    version: connected ? model.version : 0,
    ip: numberOf(server.ip),
    port: server.port ?? 9422,
    chunkserverId: server.id ?? 0,
    usedBytes: server.usedBytes ?? 10 * gibibyte,
    totalBytes: server.totalBytes ?? 100 * gibibyte,
    chunks: server.chunks ?? 0,
    removalUsedBytes: server.removalUsedBytes ?? 0,
    removalTotalBytes: server.removalTotalBytes ?? 0,
    removalChunks: server.removalChunks ?? 0,
    errors: 0,
    load: 0,
    graceSeconds: 0,
    labelMask: connected ? (server.labelMask ?? 0) : 0,
    removalStatus: server.removalStatus ?? 0,
  };
}

/** A session as the list shows it. */
export function listedSession(session: FakeSession, model: FakeClusterModel) {
  const connected = session.expireSeconds === undefined;
  const zeros = Array.from({ length: 16 }, () => 0);
  return {
    sessionId: session.id,
    ip: numberOf(session.ip),
    version: model.version,
    openFiles: session.openFiles ?? 0,
    sockets: connected ? 1 : 0,
    expireSeconds: session.expireSeconds ?? 0xffff_ffff,
    info: session.info ?? "/mnt/mfs",
    path: session.path ?? "/",
    flags: 8,
    umask: 0,
    rootUid: 0,
    rootGid: 0,
    mapAllUid: 999,
    mapAllGid: 999,
    goalMin: 1,
    goalMax: 9,
    trashSecondsMin: 0,
    trashSecondsMax: 0xffff_ffff,
    disables: 0,
    currentHour: zeros,
    lastHour: zeros,
  };
}

/** A disk as its chunkserver shows it. */
export function listedDisk(disk: FakeDisk) {
  const flags =
    (disk.markedForRemoval === true ? diskFlags.markedForRemoval : 0) |
    (disk.damaged === true ? diskFlags.damaged : 0) |
    (disk.invalid === true ? diskFlags.invalid | diskFlags.damaged : 0) |
    (disk.scanPercent === undefined ? 0 : diskFlags.scanning);
  const errorTime = disk.errorTime ?? 0;
  return {
    path: disk.path,
    flags,
    errorChunkId: errorTime === 0 ? 0n : 1n,
    errorTime,
    usedBytes: disk.scanPercent ?? disk.usedBytes ?? 10 * gibibyte,
    totalBytes: disk.scanPercent === undefined ? (disk.totalBytes ?? 100 * gibibyte) : 0,
    chunks: disk.chunks ?? 0,
    lastMinute: idleStatistics,
    lastHour: idleStatistics,
    lastDay: idleStatistics,
  };
}

/** The chunk matrix, counting the copies that `copiesOf` says. */
export function matrixOf(
  model: FakeClusterModel,
  copiesOf: (cell: FakeChunks) => number,
): number[][] {
  const matrix = Array.from({ length: 11 }, () => Array.from({ length: 11 }, () => 0));
  for (const cell of model.chunks) {
    const row = matrix[Math.min(cell.goal, 10)];
    const column = Math.min(copiesOf(cell), 10);
    if (row !== undefined) row[column] = (row[column] ?? 0) + cell.count;
  }
  return matrix;
}

/** The address as it travels. */
export function numberOf(ip: string): number {
  const number = parseIpv4(ip);
  if (number === undefined) throw new RangeError(`Cannot use "${ip}" as an IPv4 address`);
  return number;
}

const idleStatistics = {
  readBytes: 0,
  writtenBytes: 0,
  readUs: 0,
  writeUs: 0,
  fsyncUs: 0,
  reads: 0,
  writes: 0,
  fsyncs: 0,
  readUsMax: 0,
  writeUsMax: 0,
  fsyncUsMax: 0,
};

/** A chunk loop that found nothing to do. */
export const idleLoop = {
  deletedInvalid: 0,
  notDeletedInvalid: 0,
  deletedUnused: 0,
  notDeletedUnused: 0,
  deletedDiskClean: 0,
  notDeletedDiskClean: 0,
  deletedOverGoal: 0,
  notDeletedOverGoal: 0,
  copiedUnderGoal: 0,
  notCopiedUnderGoal: 0,
  copiedWrongLabels: 0,
  notCopiedWrongLabels: 0,
  copiedRebalance: 0,
  labelsDoNotMatch: 0,
  lockedUnused: 0,
  lockedUsed: 0,
};
