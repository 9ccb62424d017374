// Numbers of Linux that the cases need and Node does not name, and those it names under a longer one.

import { constants } from "node:fs";

const {
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_SYNC,
  O_TRUNC,
  O_WRONLY,
} = constants;

/** Flags of open(2). */
export const O = {
  APPEND: O_APPEND,
  CREAT: O_CREAT,
  DIRECTORY: O_DIRECTORY,
  EXCL: O_EXCL,
  NOFOLLOW: O_NOFOLLOW,
  NONBLOCK: O_NONBLOCK,
  RDONLY: O_RDONLY,
  RDWR: O_RDWR,
  SYNC: O_SYNC,
  TMPFILE: 0o20000000 | O_DIRECTORY,
  TRUNC: O_TRUNC,
  WRONLY: O_WRONLY,
} as const;

/** Where lseek(2) counts from. */
export const SEEK = { SET: 0, CUR: 1, END: 2, DATA: 3, HOLE: 4 } as const;

/** Flags of the calls that take a directory descriptor. */
export const AT = { CWD: -100, NOFOLLOW: 0x100, FOLLOW: 0x400, EMPTY_PATH: 0x1000 } as const;

/** Flags of renameat2(2). */
export const RENAME = { NOREPLACE: 1, EXCHANGE: 2 } as const;

/** Flags of setxattr(2). */
export const XATTR = { CREATE: 1, REPLACE: 2 } as const;

/** Operations of flock(2). */
export const LOCK = { SH: 1, EX: 2, NB: 4, UN: 8 } as const;

/** Bits of access(2). */
export const ACCESS = { F: 0, X: 1, W: 2, R: 4 } as const;

/** Types of inodes, as mknod(2) takes and stat(2) gives them. */
export const S = {
  FIFO: 0o010000,
  CHARACTER: 0o020000,
  DIRECTORY: 0o040000,
  BLOCK: 0o060000,
  FILE: 0o100000,
  SYMLINK: 0o120000,
  SOCKET: 0o140000,
} as const;

/** MooseFS keeps data in chunks of this size and sends it in blocks of that one. */
export const CHUNK = 64 * 1024 * 1024;
export const BLOCK = 64 * 1024;
