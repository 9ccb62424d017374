// Calls on names and directories. They run inside a worker and throw CallError when refused.

import { rmSync } from "node:fs";
import { AT, O } from "../constants.ts";
import { native, path } from "../libc.ts";
import { descriptorCalls } from "./descriptors.ts";

const linkat = native(
  "int linkat(int fromDirectory, const void *from, int toDirectory, const void *to, int flags)",
);
const unlinkPath = native("int unlink(const void *path)");
const mkdirPath = native("int mkdir(const void *path, uint32_t mode)");
const rmdirPath = native("int rmdir(const void *path)");
const renamePath = native("int rename(const void *from, const void *to)");
const renameat2 = native(
  "int renameat2(int fromDirectory, const void *from, int toDirectory, const void *to, uint32_t flags)",
);
const symlinkPath = native("int symlink(const void *target, const void *path)");
const readlinkPath = native("int64_t readlink(const void *path, void *buffer, size_t size)");
const mknodPath = native("int mknod(const void *path, uint32_t mode, uint64_t device)");
const getdents64 = native("int64_t getdents64(int fd, void *buffer, size_t size)");

/** One entry as the kernel gives it. `offset` is where lseek(2) goes on behind it. */
export interface DirectoryEntry {
  readonly name: string;
  readonly inode: number;
  readonly type: number;
  readonly offset: bigint;
}

/** One call of getdents64(2): no entry means the end. */
function getdents(fd: number, size = 32768): DirectoryEntry[] {
  const buffer = Buffer.alloc(size);
  const end = getdents64(fd, buffer, size);
  const entries: DirectoryEntry[] = [];
  for (let at = 0; at < end;) {
    const length = buffer.readUInt16LE(at + 16);
    const name = buffer.toString("latin1", at + 19, buffer.indexOf(0, at + 19));
    entries.push({
      name,
      inode: Number(buffer.readBigUInt64LE(at)),
      type: buffer.readUInt8(at + 18) << 12,
      offset: buffer.readBigInt64LE(at + 8),
    });
    at += length;
  }
  return entries;
}

function entries(name: string): DirectoryEntry[] {
  const fd = descriptorCalls.open(name, O.RDONLY | O.DIRECTORY);
  const all: DirectoryEntry[] = [];
  for (let part = getdents(fd); part.length > 0; part = getdents(fd)) {
    all.push(...part);
  }
  descriptorCalls.close(fd);
  return all;
}

/** All calls on names. */
export const nameCalls = {
  getdents,
  entries,
  /** Sorted names of a directory without "." and "..". */
  list: (name: string): string[] =>
    entries(name)
      .map((entry) => entry.name)
      .filter((entry) => entry !== "." && entry !== "..")
      .sort(),
  link: (from: string, to: string, flags = 0): number =>
    linkat(AT.CWD, path(from), AT.CWD, path(to), flags),
  unlink: (name: string): number => unlinkPath(path(name)),
  mkdir: (name: string, mode = 0o755): number => mkdirPath(path(name), mode),
  rmdir: (name: string): number => rmdirPath(path(name)),
  rename: (from: string, to: string): number => renamePath(path(from), path(to)),
  renameat2: (from: string, to: string, flags: number): number =>
    renameat2(AT.CWD, path(from), AT.CWD, path(to), flags),
  symlink: (target: string, name: string): number => symlinkPath(path(target), path(name)),
  readlink(name: string, size = 8192): string {
    const buffer = Buffer.alloc(size);
    return buffer.toString("latin1", 0, readlinkPath(path(name), buffer, size));
  },
  mknod: (name: string, mode: number, major = 0, minor = 0): number =>
    mknodPath(path(name), mode, (major << 8) | minor),
  /** Empty files `prefix0`, `prefix1`... in one request to the worker. */
  createMany(directory: string, prefix: string, count: number): void {
    for (let index = 0; index < count; index++) {
      nameCalls.mknod(`${directory}/${prefix}${index}`, 0o100644);
    }
  },
  /** Removes a directory with all that is inside, if it is there. */
  removeTree: (name: string): void => rmSync(name, { recursive: true, force: true }),
  unlinkMany(directory: string, names: readonly string[]): void {
    for (const name of names) {
      nameCalls.unlink(`${directory}/${name}`);
    }
  },
};
