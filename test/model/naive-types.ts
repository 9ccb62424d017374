// The records of the naive file system: plain objects, nothing packed, nothing kept twice.

/** Permissions of an access list; `absent` where one is not set. */
export interface NaiveAcl {
  owner: number;
  group: number;
  other: number;
  mask: number;
  users: readonly NaiveAclEntry[];
  groups: readonly NaiveAclEntry[];
}

export interface NaiveAclEntry {
  readonly id: number;
  readonly permissions: number;
}

/** Stands for a permission that is not set. */
export const absent = 0xffff;

/** Limits of a directory: of each four figures a soft and a hard one. */
export interface NaiveQuota {
  flags: number;
  grace: number;
  softTime: number;
  exceeded: boolean;
  /** Inodes, length, size, real size: soft ones first, in the order of the flags' bits. */
  limits: bigint[];
}

/** A name of a node. */
export interface NaiveName {
  readonly parent: number;
  readonly name: string;
}

export interface NaiveNode {
  readonly inode: number;
  type: number;
  mode: number;
  uid: number;
  gid: number;
  atime: number;
  mtime: number;
  ctime: number;
  storageClass: number;
  trashHours: number;
  extra: number;
  windowsFlags: number;
  /** Names, the newest first. Empty for the root and for removed files. */
  names: NaiveName[];
  /** Directory: entries, the oldest first. */
  entries: Map<string, number>;
  /** Symbolic link. */
  target: string;
  device: number;
  length: bigint;
  /** Chunk ids by index; holes are missing. */
  slots: Map<number, number>;
  /** Slots of the table, holes counted. */
  slotCount: number;
  /** Where a removed file was. */
  path: string;
  xattrs: Map<string, string>;
  accessAcl: NaiveAcl | undefined;
  defaultAcl: NaiveAcl | undefined;
  quota: NaiveQuota | undefined;
}

export interface NaiveChunk {
  readonly id: number;
  version: number;
  copies: number;
  lockedTo: number;
  archived: boolean;
  /** A copy may be old: the next write raises the version first. */
  needsVersion: boolean;
  /** Chunkservers work for it. */
  operation: NaiveOperation | undefined;
}

/** What chunkservers do with a chunk for a client. */
export interface NaiveOperation {
  /** The client's connection, while there is one. */
  peer: number | undefined;
  /** The chunk is new: nothing is left of it when no server makes it. */
  readonly isNew: boolean;
  /** They have answered: the client gets this status, or what it asked for. */
  done(status: number): void;
  /** Gives the slot back what was in it. */
  rollBack(): void;
}

/** Terms of a session as its export gives them. */
export interface NaiveTerms {
  readonly rootInode: number;
  readonly readOnly: boolean;
  readonly ignoreGroups: boolean;
  readonly admin: boolean;
  readonly mapAll: boolean;
  readonly umask: number;
  readonly rootUid: number;
  readonly rootGid: number;
  readonly mapAllUid: number;
  readonly mapAllGid: number;
  readonly goalMin: number;
  readonly goalMax: number;
  readonly trashTimeMin: number;
  readonly trashTimeMax: number;
  readonly disables: number;
}

export interface NaiveSession {
  readonly id: number;
  readonly terms: NaiveTerms;
  readonly open: Set<number>;
  connections: number;
  closed: boolean;
  disconnectedAt: number;
}

/** A connection that has registered. */
export interface NaiveConnection {
  readonly peer: number;
  readonly kind: "mount" | "tools";
  readonly session: NaiveSession;
}

/** A caller after mapping; what he said he was stays beside. */
export interface NaiveCaller {
  readonly uid: number;
  /** All groups, the primary one first. */
  readonly groups: readonly number[];
  readonly saidUid: number;
  readonly saidGid: number;
}

/** Sums over a tree, by counting. */
export interface NaiveSums {
  inodes: number;
  directories: number;
  files: number;
  chunks: number;
  length: bigint;
  size: bigint;
  realSize: bigint;
}

export const kind = {
  file: 1,
  directory: 2,
  symlink: 3,
  fifo: 4,
  block: 5,
  character: 6,
  socket: 7,
  trash: 8,
  sustained: 9,
} as const;

export const extra = {
  noOwner: 0x01,
  noAttributeCache: 0x02,
  noEntryCache: 0x04,
  noDataCache: 0x08,
  snapshot: 0x10,
  undeletable: 0x20,
  appendOnly: 0x40,
  immutable: 0x80,
  protecting: 0xe0,
} as const;

export const chunkBytes = 0x400_0000n;
export const headerBytes = 0x2000n;
