// Calls on files and their descriptors. They run inside a worker and throw CallError when refused.

import { AT, O, SEEK } from "../constants.ts";
import { bytes, native, path } from "../libc.ts";

const openat = native("int openat(int directory, const void *path, int flags, ...)");
const closeFd = native("int close(int fd)");
const readFd = native("int64_t read(int fd, void *buffer, size_t size)");
const preadFd = native("int64_t pread(int fd, void *buffer, size_t size, int64_t offset)");
const writeFd = native("int64_t write(int fd, const void *buffer, size_t size)");
const pwriteFd = native("int64_t pwrite(int fd, const void *buffer, size_t size, int64_t offset)");
const lseek = native("int64_t lseek(int fd, int64_t offset, int whence)");
const ftruncateFd = native("int ftruncate(int fd, int64_t length)");
const truncatePath = native("int truncate(const void *path, int64_t length)");
const fsyncFd = native("int fsync(int fd)");
const fdatasyncFd = native("int fdatasync(int fd)");
const fallocateFd = native("int fallocate(int fd, int mode, int64_t offset, int64_t length)");
const dupFd = native("int dup(int fd)");
const copyRange = native(
  "int64_t copy_file_range(int from, void *fromOffset, int to, void *toOffset, size_t size, uint32_t flags)",
);

const stepSize = 1024 * 1024;
const opened = new Set<number>();

function open(name: string, flags: number = O.RDONLY, mode = 0o644): number {
  const fd = openat(AT.CWD, path(name), flags, "unsigned int", mode);
  opened.add(fd);
  return fd;
}

function close(fd: number): void {
  opened.delete(fd);
  closeFd(fd);
}

/** Closes what a case left open, so that cases need no clean-up of their own. */
export function closeAll(): void {
  for (const fd of opened) {
    close(fd);
  }
}

/** Remembers a descriptor that another call made. */
export function adopt(fd: number): number {
  opened.add(fd);
  return fd;
}

function read(fd: number, size: number): string {
  const buffer = Buffer.alloc(size);
  return buffer.toString("latin1", 0, readFd(fd, buffer, size));
}

function pread(fd: number, size: number, offset: number): string {
  const buffer = Buffer.alloc(size);
  return buffer.toString("latin1", 0, preadFd(fd, buffer, size, offset));
}

function write(fd: number, data: string): number {
  return writeFd(fd, bytes(data), data.length);
}

function pwrite(fd: number, data: string, offset: number): number {
  return pwriteFd(fd, bytes(data), data.length, offset);
}

/** Bytes that tell their own place: a block that lands elsewhere is found. */
function pattern(buffer: Buffer, offset: number, seed: number): void {
  for (let index = 0; index + 8 <= buffer.length; index += 8) {
    buffer.writeUInt32LE(seed, index);
    buffer.writeUInt32LE(((offset + index) / 8) >>> 0, index + 4);
  }
}

/** Writes a pattern of many bytes; offset and length are multiples of eight. */
function fill(fd: number, offset: number, length: number, seed: number): void {
  for (let done = 0; done < length; done += stepSize) {
    const buffer = Buffer.alloc(Math.min(stepSize, length - done));
    pattern(buffer, offset + done, seed);
    for (let sent = 0; sent < buffer.length;) {
      sent += pwriteFd(fd, buffer.subarray(sent), buffer.length - sent, offset + done + sent);
    }
  }
}

/** Where the pattern of fill() is broken, or -1. */
function firstDifference(fd: number, offset: number, length: number, seed: number): number {
  for (let done = 0; done < length; done += stepSize) {
    const size = Math.min(stepSize, length - done);
    const expected = Buffer.alloc(size);
    pattern(expected, offset + done, seed);
    const actual = Buffer.alloc(size);
    const got = preadFd(fd, actual, size, offset + done);
    if (got !== size) {
      return offset + done + got;
    }
    if (!actual.equals(expected)) {
      return offset + done + actual.findIndex((byte, index) => byte !== expected[index]);
    }
  }
  return -1;
}

/** Makes a file with this content in one go. */
function create(name: string, data = "", mode = 0o644): void {
  const fd = open(name, O.CREAT | O.WRONLY | O.TRUNC, mode);
  if (data !== "") {
    write(fd, data);
  }
  close(fd);
}

/** The whole content of a small file. */
function content(name: string): string {
  const fd = open(name);
  let text = "";
  for (let part = read(fd, stepSize); part !== ""; part = read(fd, stepSize)) {
    text += part;
  }
  close(fd);
  return text;
}

/** All calls on descriptors. */
export const descriptorCalls = {
  open,
  close,
  read,
  pread,
  write,
  pwrite,
  fill,
  firstDifference,
  create,
  content,
  /** Appends with a descriptor of its own. */
  append(name: string, data: string): void {
    const fd = open(name, O.WRONLY | O.APPEND);
    write(fd, data);
    close(fd);
  },
  /** Positions of directories can be larger than a number holds. */
  seek: (fd: number, offset: number | bigint, whence: number = SEEK.SET): number =>
    lseek(fd, offset, whence),
  truncate: (name: string, length: number): number => truncatePath(path(name), length),
  ftruncate: (fd: number, length: number): number => ftruncateFd(fd, length),
  fsync: (fd: number): number => fsyncFd(fd),
  fdatasync: (fd: number): number => fdatasyncFd(fd),
  fallocate: (fd: number, mode: number, offset: number, length: number): number =>
    fallocateFd(fd, mode, offset, length),
  dup: (fd: number): number => adopt(dupFd(fd)),
  copyFileRange: (from: number, to: number, size: number): number =>
    copyRange(from, null, to, null, size, 0),
};
