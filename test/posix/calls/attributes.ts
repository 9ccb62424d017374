// Calls on attributes, extended attributes and the file system as a whole. They run inside a worker.

import { AT, S } from "../constants.ts";
import { bytes, native, path } from "../libc.ts";

const statx = native(
  "int statx(int directory, const void *path, int flags, uint32_t mask, void *buffer)",
);
const fchmodat = native("int chmod(const void *path, uint32_t mode)");
const fchmodFd = native("int fchmod(int fd, uint32_t mode)");
const chownPath = native("int chown(const void *path, uint32_t uid, uint32_t gid)");
const lchownPath = native("int lchown(const void *path, uint32_t uid, uint32_t gid)");
const fchownFd = native("int fchown(int fd, uint32_t uid, uint32_t gid)");
const utimensat = native("int utimensat(int fd, const void *path, const void *times, int flags)");
const accessPath = native("int access(const void *path, int mode)");
const statvfsPath = native("int statvfs(const void *path, void *buffer)");
const setxattrPath = native(
  "int setxattr(const void *path, const void *name, const void *value, size_t size, int flags)",
);
const getxattrPath = native(
  "int64_t getxattr(const void *path, const void *name, void *value, size_t size)",
);
const fsetxattrFd = native(
  "int fsetxattr(int fd, const void *name, const void *value, size_t size, int flags)",
);
const fgetxattrFd = native("int64_t fgetxattr(int fd, const void *name, void *value, size_t size)");
const listxattrPath = native("int64_t listxattr(const void *path, void *list, size_t size)");
const removexattrPath = native("int removexattr(const void *path, const void *name)");

const basicStats = 0x7ff;
const xattrSizeMax = 65536;

/** What stat(2) says, with the mode as four octal digits and times in seconds. */
export interface Stat {
  readonly inode: number;
  readonly type: number;
  readonly mode: string;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly blocks: number;
  readonly device: string;
  readonly atime: number;
  readonly mtime: number;
  readonly ctime: number;
  readonly mtimeNanoseconds: number;
}

/** A time for utimens(2): seconds, or one of its two special values. */
export type TimeToSet = number | "now" | "omit";

function statAt(fd: number, name: string, flags: number): Stat {
  const buffer = Buffer.alloc(256);
  statx(fd, path(name), flags, basicStats, buffer);
  const mode = buffer.readUInt16LE(28);
  return {
    inode: Number(buffer.readBigUInt64LE(32)),
    type: mode & 0o170000,
    mode: (mode & 0o7777).toString(8).padStart(4, "0"),
    links: buffer.readUInt32LE(16),
    uid: buffer.readUInt32LE(20),
    gid: buffer.readUInt32LE(24),
    size: Number(buffer.readBigUInt64LE(40)),
    blocks: Number(buffer.readBigUInt64LE(48)),
    device: `${buffer.readUInt32LE(128)}:${buffer.readUInt32LE(132)}`,
    atime: Number(buffer.readBigInt64LE(64)),
    ctime: Number(buffer.readBigInt64LE(96)),
    mtime: Number(buffer.readBigInt64LE(112)),
    mtimeNanoseconds: buffer.readUInt32LE(120),
  };
}

function exists(name: string): boolean {
  try {
    statAt(AT.CWD, name, AT.NOFOLLOW);
    return true;
  } catch {
    return false; // Any refusal means that the name cannot be seen.
  }
}

function times(atime: TimeToSet, mtime: TimeToSet, nanoseconds: number): Buffer {
  const buffer = Buffer.alloc(32);
  for (const [index, time] of [atime, mtime].entries()) {
    if (typeof time === "number") {
      buffer.writeBigInt64LE(BigInt(time), index * 16);
      buffer.writeBigInt64LE(BigInt(nanoseconds), index * 16 + 8);
    } else {
      buffer.writeBigInt64LE(time === "now" ? 0x3fffffffn : 0x3ffffffen, index * 16 + 8);
    }
  }
  return buffer;
}

/** What statvfs(3) says. */
function statvfs(name: string) {
  const buffer = Buffer.alloc(256);
  statvfsPath(path(name), buffer);
  const field = (index: number) => Number(buffer.readBigUInt64LE(index * 8));
  return {
    blockSize: field(0),
    fragmentSize: field(1),
    blocks: field(2),
    blocksFree: field(3),
    blocksAvailable: field(4),
    files: field(5),
    filesFree: field(6),
    nameMax: field(10),
  };
}

/** All calls on attributes. Owner -1 is given as 0xffffffff. */
export const attributeCalls = {
  exists,
  statvfs,
  stat: (name: string): Stat => statAt(AT.CWD, name, 0),
  lstat: (name: string): Stat => statAt(AT.CWD, name, AT.NOFOLLOW),
  fstat: (fd: number): Stat => statAt(fd, "", AT.EMPTY_PATH),
  chmod: (name: string, mode: number): number => fchmodat(path(name), mode),
  fchmod: (fd: number, mode: number): number => fchmodFd(fd, mode),
  chown: (name: string, uid: number, gid: number): number => chownPath(path(name), uid, gid),
  lchown: (name: string, uid: number, gid: number): number => lchownPath(path(name), uid, gid),
  fchown: (fd: number, uid: number, gid: number): number => fchownFd(fd, uid, gid),
  utimes: (name: string, atime: TimeToSet, mtime: TimeToSet, nanoseconds = 0): number =>
    utimensat(AT.CWD, path(name), times(atime, mtime, nanoseconds), 0),
  lutimes: (name: string, atime: TimeToSet, mtime: TimeToSet): number =>
    utimensat(AT.CWD, path(name), times(atime, mtime, 0), AT.NOFOLLOW),
  access: (name: string, mode: number): number => accessPath(path(name), mode),
  setxattr: (name: string, key: string, value: string, flags = 0): number =>
    setxattrPath(path(name), path(key), bytes(value), value.length, flags),
  fsetxattr: (fd: number, key: string, value: string, flags = 0): number =>
    fsetxattrFd(fd, path(key), bytes(value), value.length, flags),
  getxattr(name: string, key: string, size = xattrSizeMax): string {
    const buffer = Buffer.alloc(size);
    return buffer.toString("latin1", 0, getxattrPath(path(name), path(key), buffer, size));
  },
  fgetxattr(fd: number, key: string): string {
    const buffer = Buffer.alloc(xattrSizeMax);
    return buffer.toString("latin1", 0, fgetxattrFd(fd, path(key), buffer, xattrSizeMax));
  },
  /** The size alone, as programs ask before they allocate. */
  getxattrSize: (name: string, key: string): number => getxattrPath(path(name), path(key), null, 0),
  /** Sorted names of the caller's own kinds; the kernel's (security, system) are left out. */
  listxattr(name: string): string[] {
    const buffer = Buffer.alloc(xattrSizeMax);
    const size = listxattrPath(path(name), buffer, xattrSizeMax);
    return buffer
      .toString("latin1", 0, size)
      .split("\0")
      .filter((key) => key.startsWith("user.") || key.startsWith("trusted."))
      .sort();
  },
  removexattr: (name: string, key: string): number => removexattrPath(path(name), path(key)),
  isDirectory: (name: string): boolean => statAt(AT.CWD, name, AT.NOFOLLOW).type === S.DIRECTORY,
};
