// Records of a metadata image and who takes them, in file order: whoever loads an image and the writer
// of one take the same calls. Spec: metadata-file.md 2.

/** An inode. Only files have a length and chunks, only symlinks a target, only devices a number. */
export interface NodeRecord {
  /** 1 file, 2 directory, 3 symlink, 4 fifo, 5 block, 6 char, 7 socket, 8 trash, 9 sustained. */
  type: number;
  inode: number;
  classId: number;
  extraAttributes: number;
  windowsAttributes: number;
  mode: number;
  uid: number;
  gid: number;
  atime: number;
  mtime: number;
  ctime: number;
  trashHours: number;
  /** The length as two u32: it may be beyond 2^53, and a bigint per file would cost too much. */
  lengthHigh: number;
  lengthLow: number;
  /** Entries of the chunk table; the entries follow with `chunkIds`. */
  chunkCount: number;
  rdev: number;
  target: Uint8Array;
}

/** A name of an inode. Parent 0: a path in the trash, or of a file that is only open. */
export interface EdgeRecord {
  parent: number;
  child: number;
  idHigh: number;
  idLow: number;
  name: Uint8Array;
}

/** A session of a client. */
export interface SessionRecord {
  id: number;
  exportsChecksum: bigint;
  peerIp: number;
  rootInode: number;
  flags: number;
  umask: number;
  goalMin: number;
  goalMax: number;
  trashSecondsMin: number;
  trashSecondsMax: number;
  rootUid: number;
  rootGid: number;
  mapAllUid: number;
  mapAllGid: number;
  disables: number;
  /** 0: was connected when stored. */
  disconnectedAt: number;
  /** Sixteen counters each, of this hour and the last. */
  currentHour: Uint32Array;
  lastHour: Uint32Array;
  info: Uint8Array;
}

/** One label expression: four masks. */
export type LabelMasks = readonly number[];

/** A storage class. */
export interface StorageClassRecord {
  id: number;
  adminOnly: number;
  /** 0 loose, 1 standard, 2 strict. */
  mode: number;
  archiveDays: number;
  create: readonly LabelMasks[];
  keep: readonly LabelMasks[];
  archive: readonly LabelMasks[];
  name: Uint8Array;
}

/** Quota of a directory. */
export interface QuotaRecord {
  inode: number;
  /** -1 in images of old versions: the configured default is meant. */
  graceSeconds: number;
  exceeded: number;
  flags: number;
  exceededAt: number;
  softInodes: number;
  hardInodes: number;
  softLength: bigint;
  hardLength: bigint;
  softSize: bigint;
  hardSize: bigint;
  softRealSize: bigint;
  hardRealSize: bigint;
}

/** One extended attribute. */
export interface XattrRecord {
  inode: number;
  name: Uint8Array;
  value: Uint8Array;
}

/** One entry of an ACL: a named user or group. */
export interface AclEntry {
  readonly id: number;
  readonly permissions: number;
}

/** A POSIX ACL. */
export interface AclRecord {
  inode: number;
  /** 1 access, 2 default. */
  type: number;
  owner: number;
  group: number;
  other: number;
  /** 0xFFFF: none. */
  mask: number;
  users: readonly AclEntry[];
  groups: readonly AclEntry[];
  /** Of version 1.0: a mask of 0 means 7, and owner and other come from the mode of the inode. */
  fromMode: boolean;
}

/** A lock of a whole file. */
export interface FlockRecord {
  inode: number;
  owner: bigint;
  sessionId: number;
  /** 0 shared, 1 exclusive. */
  type: number;
}

/** A lock of a range of bytes. */
export interface PosixLockRecord {
  inode: number;
  owner: bigint;
  sessionId: number;
  pid: number;
  start: bigint;
  /** Exclusive; 2^64-1 is without end. */
  end: bigint;
  /** 1 read, 2 write. */
  type: number;
}

/** A known chunkserver. */
export interface ServerRecord {
  ip: number;
  port: number;
  /** 0: none. */
  id: number;
  /** 0 off, 1 on, 2 temporary. */
  maintenance: number;
  maintenanceUntil: number;
}

/** Names of the sections in the order in which 3.0.117 writes them. */
export const sectionNames = [
  "SESS",
  "SCLA",
  "NODE",
  "EDGE",
  "FREE",
  "QUOT",
  "XATR",
  "PACL",
  "OPEN",
  "FLCK",
  "PLCK",
  "CSDB",
  "CHNK",
] as const;

/** A section of an image. */
export type SectionName = (typeof sectionNames)[number];

/**
 * Takes the records of an image. A record and its byte views are reused: what is to last is copied
 * before the call returns.
 */
export interface ImageRecords {
  beginSection(name: SectionName): void;
  endSection(name: SectionName): void;
  sessionHeader(nextSessionId: number): void;
  session(record: SessionRecord): void;
  storageClass(record: StorageClassRecord): void;
  /** The count is -1 in images of old versions, which do not say. */
  nodeHeader(inodeMax: number, count: number): void;
  node(record: NodeRecord): void;
  /** Entries of a chunk table from an index on, the first `count` of `ids`; those never given are 0. */
  chunkIds(inode: number, firstIndex: number, ids: Float64Array, count: number): void;
  /** Renumber: the ids of the edges that follow are not to be kept. */
  edgeHeader(nextHigh: number, nextLow: number, renumber: boolean): void;
  edge(record: EdgeRecord): void;
  freeHeader(count: number): void;
  free(inode: number, freedAt: number): void;
  quotaHeader(count: number): void;
  quota(record: QuotaRecord): void;
  xattr(record: XattrRecord): void;
  acl(record: AclRecord): void;
  open(sessionId: number, inode: number): void;
  flock(record: FlockRecord): void;
  posixLock(record: PosixLockRecord): void;
  serverHeader(count: number): void;
  server(record: ServerRecord): void;
  chunkHeader(nextChunkId: number): void;
  chunk(id: number, version: number, lockedTo: number, archived: number): void;
}

/** A u64 of two halves. */
export function joinU64(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}
