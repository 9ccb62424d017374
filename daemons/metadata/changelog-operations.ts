// The operations of the change log, declared once: arguments and results in the order of the line.
// Types (changelog-entry.ts), the writer and the reader all come from these rows. Spec: changelog.md 7 and 8.
import {
  absentBelow,
  blob,
  disables,
  exportsChecksum,
  groups,
  lettered,
  lockKind,
  masks,
  name,
  nodeType,
  octalUmask,
  trailing,
  u16,
  u32,
  u53,
  u64,
  u8,
  wholeName,
} from "./changelog-fields.ts";
import type { Field } from "./changelog-fields.ts";

/** Fields in the order of the line. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** Arguments and results of an operation. */
export interface Operation {
  readonly takes: Fields;
  readonly gives: Fields;
}

const allBuckets = 0xffff_ffff;
const dayAndNight = 86_400;

const inodeGiven = { inode: u32 };
const chunkGiven = { chunk: u53 };
const nothing = {};
const counts = { changed: u32, unchanged: u32, denied: u32 };

const session = {
  exportsChecksum,
  rootInode: u32,
  sessionFlags: u8,
  umask: octalUmask,
  rootUid: u32,
  rootGid: u32,
  mapAllUid: u32,
  mapAllGid: u32,
  goalMin: u8,
  goalMax: u8,
  trashTimeMin: u32,
  trashTimeMax: u32,
  disables,
  peerAddress: u32,
  info: blob,
};

const treeOperations = {
  CREATE: {
    takes: {
      parent: u32,
      name,
      type: nodeType,
      mode: u16,
      umask: absentBelow(4, u16, () => 0),
      uid: u32,
      gid: u32,
      rdev: u32,
    },
    gives: inodeGiven,
  },
  SYMLINK: { takes: { parent: u32, name, target: blob, uid: u32, gid: u32 }, gives: inodeGiven },
  LINK: { takes: { inode: u32, parent: u32, name }, gives: nothing },
  UNLINK: { takes: { parent: u32, name }, gives: inodeGiven },
  MOVE: {
    takes: { sourceParent: u32, sourceName: name, targetParent: u32, targetName: name },
    gives: inodeGiven,
  },
  /** Chunk indexes, both inclusive; 0xFFFFFFFF to 0 is the whole file. */
  APPEND: {
    takes: { target: u32, source: u32, from: trailing(u32, 0xffff_ffff), to: trailing(u32, 0) },
    gives: nothing,
  },
  SNAPSHOT: {
    takes: {
      source: u32,
      parent: u32,
      name,
      mode: u8,
      sessionFlags: u8,
      uid: u32,
      groups,
      umask: u16,
    },
    gives: {
      checksum: trailing(u32, 0),
      removed: trailing(u32, 0),
      same: trailing(u32, 0),
      existing: trailing(u32, 0),
      hardLinks: trailing(u32, 0),
      created: trailing(u32, 0),
    },
  },
  UNDEL: { takes: { inode: u32 }, gives: nothing },
  PURGE: { takes: { inode: u32 }, gives: nothing },
  SETPATH: { takes: { inode: u32, path: blob }, gives: nothing },
  EMPTYTRASH: {
    takes: { bucket: trailing(u32, allBuckets) },
    gives: { freed: u32, sustained: u32, checksum: trailing(u32, 0) },
  },
  EMPTYSUSTAINED: {
    takes: { bucket: trailing(u32, allBuckets) },
    gives: { freed: u32, checksum: trailing(u32, 0) },
  },
  FREEINODES: {
    takes: { delay: trailing(u32, dayAndNight) },
    gives: { freed: u32, sustained: trailing(u32, 0), checksum: trailing(u32, 0) },
  },
  RENUMERATEEDGES: { takes: nothing, gives: { nextEdgeId: u64 } },
};

const attributeOperations = {
  /** Shapes of 6 arguments (the mode is the ACL's as well) and 7 (without winattr) are older. */
  ATTR: {
    takes: {
      inode: u32,
      mode: u16,
      uid: u32,
      gid: u32,
      atime: u32,
      mtime: u32,
      winattr: absentBelow(2, u8, () => 0),
      aclMode: absentBelow(1, u16, (earlier) => Number(earlier["mode"])),
    },
    gives: nothing,
  },
  ACCESS: { takes: { inode: u32 }, gives: nothing },
  AMTIME: { takes: { inode: u32, atime: u32, mtime: u32, ctime: u32 }, gives: nothing },
  /** touch: mtime and ctime become the line's time. */
  LENGTH: { takes: { inode: u32, length: u64, touch: trailing(u8, 1) }, gives: nothing },
  SETSCLASS: {
    takes: { inode: u32, uid: u32, sourceClass: u8, targetClass: u8, mode: u8 },
    gives: counts,
  },
  SETTRASHTIME: { takes: { inode: u32, uid: u32, seconds: u32, mode: u8 }, gives: counts },
  SETEATTR: { takes: { inode: u32, uid: u32, eattr: u8, mode: u8 }, gives: counts },
  SETXATTR: { takes: { inode: u32, name: wholeName, value: blob, mode: u8 }, gives: nothing },
  /** acl: six bytes an entry of the named users, then of the named groups. */
  SETACL: {
    takes: {
      inode: u32,
      mode: u16,
      touch: u8,
      type: u8,
      owner: u16,
      group: u16,
      other: u16,
      mask: u16,
      namedUsers: u16,
      namedGroups: u16,
      acl: blob,
    },
    gives: nothing,
  },
  QUOTA: {
    takes: {
      inode: u32,
      exceeded: u8,
      flags: u8,
      softTime: u32,
      softInodes: u32,
      hardInodes: u32,
      softLength: u64,
      hardLength: u64,
      softSize: u64,
      hardSize: u64,
      softRealSize: u64,
      hardRealSize: u64,
      gracePeriod: trailing(u32, 0),
    },
    gives: nothing,
  },
  ARCHCHG: {
    takes: { inode: u32, uid: u32, command: u8 },
    gives: { changed: u53, unchanged: u53, denied: u32 },
  },
};

const chunkOperations = {
  /** opflag: the version was raised, or the chunk is new; touch as in LENGTH. */
  WRITE: {
    takes: { inode: u32, index: u32, opflag: trailing(u8, 1), touch: trailing(u8, 1) },
    gives: chunkGiven,
  },
  TRUNC: { takes: { inode: u32, index: u32 }, gives: chunkGiven },
  UNLOCK: { takes: { chunk: u53 }, gives: nothing },
  ROLLBACK: { takes: { inode: u32, index: u32, previousChunk: u53, chunk: u53 }, gives: nothing },
  SETFILECHUNK: { takes: { inode: u32, index: u32, chunk: u53 }, gives: nothing },
  REPAIR: { takes: { inode: u32, index: u32 }, gives: { version: u32 } },
  SETVERSION: { takes: { chunk: u53, version: u32 }, gives: nothing },
  CHUNKADD: { takes: { chunk: u53, version: u32, lockedTo: u32 }, gives: nothing },
  CHUNKDEL: { takes: { chunk: u53, version: u32 }, gives: nothing },
};

const sessionOperations = {
  SESADD: { takes: session, gives: { session: u32 } },
  SESCHANGED: { takes: { session: u32, ...session }, gives: nothing },
  SESDISCONNECTED: { takes: { session: u32 }, gives: nothing },
  SESDEL: { takes: { session: u32 }, gives: nothing },
  ACQUIRE: { takes: { session: u32, inode: u32 }, gives: nothing },
  RELEASE: { takes: { session: u32, inode: u32 }, gives: nothing },
  FLOCK: { takes: { inode: u32, session: u32, owner: u64, lock: lockKind }, gives: nothing },
  /** The end is exclusive. */
  POSIXLOCK: {
    takes: {
      inode: u32,
      session: u32,
      owner: u64,
      lock: lockKind,
      start: u64,
      end: u64,
      pid: u32,
    },
    gives: nothing,
  },
};

const clusterOperations = {
  CSDBOP: { takes: { action: u8, address: u32, port: u16, argument: u32 }, gives: nothing },
  SCSET: {
    takes: {
      name: wholeName,
      isNew: u8,
      create: lettered("W"),
      keep: lettered("K"),
      archive: lettered("A"),
      mode: u8,
      archiveDelay: u16,
      adminOnly: u8,
      masks,
    },
    gives: { class: u16 },
  },
  SCDUP: {
    takes: { sourceName: wholeName, targetName: wholeName },
    gives: { sourceClass: u16, targetClass: u16 },
  },
  SCREN: { takes: { sourceName: wholeName, targetName: wholeName }, gives: { class: u16 } },
  SCDEL: { takes: { name: wholeName }, gives: { class: u16 } },
  SETMETAID: { takes: { id: u64 }, gives: nothing },
};

/** Read and never written by 3.0.117. */
const oldOperations = {
  IDLE: { takes: nothing, gives: nothing },
  SESSION: { takes: nothing, gives: { session: u32 } },
  INCVERSION: { takes: { chunk: u53 }, gives: nothing },
  NEXTCHUNKID: { takes: { chunk: u53 }, gives: nothing },
};

/** All operations by the name that stands in the line. */
export const operations = {
  ...treeOperations,
  ...attributeOperations,
  ...chunkOperations,
  ...sessionOperations,
  ...clusterOperations,
  ...oldOperations,
} as const satisfies Readonly<Record<string, Operation>>;
