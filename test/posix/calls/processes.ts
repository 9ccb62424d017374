// Calls on locks, sockets and the state of the process itself. They run inside a worker.

import { bytes, native } from "../libc.ts";
import { adopt, closeAll } from "./descriptors.ts";

const flockFd = native("int flock(int fd, int operation)");
const fcntlFd = native("int fcntl(int fd, int command, ...)");
const socketFd = native("int socket(int domain, int type, int protocol)");
const bindFd = native("int bind(int fd, const void *address, uint32_t size)");
const sendto = native(
  "int64_t sendto(int fd, const void *data, size_t size, int flags, const void *address, uint32_t addressSize)",
);
const recv = native("int64_t recv(int fd, void *buffer, size_t size, int flags)");

const unixDomain = 1;
const datagram = 2;
const lockTypes = { read: 0, write: 1, unlock: 2 } as const;
const lockTypeNames = ["read", "write", "unlock"] as const;

/** Kinds of fcntl(2) record locks. */
export type LockType = keyof typeof lockTypes;

/** Who asks for a record lock: the process, or the open file description. */
export type LockOwner = "process" | "description";

const lockCommands = {
  process: { get: 5, set: 6, wait: 7 },
  description: { get: 36, set: 37, wait: 38 },
} as const;

/** A range of a file and what is wanted of it. Length 0 reaches to the end of all. */
export interface RecordLock {
  readonly type: LockType;
  readonly start: number;
  readonly length: number;
  readonly wait?: boolean;
  readonly owner?: LockOwner;
}

function lockRecord(lock: RecordLock): Buffer {
  const buffer = Buffer.alloc(32);
  buffer.writeInt16LE(lockTypes[lock.type], 0);
  buffer.writeBigInt64LE(BigInt(lock.start), 8);
  buffer.writeBigInt64LE(BigInt(lock.length), 16);
  return buffer;
}

function unixAddress(name: string): Buffer {
  const address = Buffer.alloc(110);
  address.writeUInt16LE(unixDomain, 0);
  address.set(bytes(name), 2);
  return address;
}

let base = process.cwd();

/** Where relative names of cases start. */
export function startAt(directory: string): void {
  base = directory;
  process.chdir(directory);
}

/** All calls on locks, sockets and the process. */
export const processCalls = {
  flock: (fd: number, operation: number): number => flockFd(fd, operation),
  lock(fd: number, lock: RecordLock): number {
    const commands = lockCommands[lock.owner ?? "process"];
    const command = lock.wait === true ? commands.wait : commands.set;
    return fcntlFd(fd, command, "void *", lockRecord(lock));
  },
  /** The lock that would be in the way, as F_GETLK tells. */
  conflict(fd: number, lock: RecordLock) {
    const buffer = lockRecord(lock);
    fcntlFd(fd, lockCommands[lock.owner ?? "process"].get, "void *", buffer);
    return {
      type: lockTypeNames[buffer.readInt16LE(0)] ?? "unlock",
      start: Number(buffer.readBigInt64LE(8)),
      length: Number(buffer.readBigInt64LE(16)),
      pid: buffer.readInt32LE(24),
    };
  },
  /** A datagram socket with this name. */
  bindSocket(name: string): number {
    const fd = adopt(socketFd(unixDomain, datagram, 0));
    bindFd(fd, unixAddress(name), 110);
    return fd;
  },
  sendDatagram(name: string, data: string): void {
    const fd = adopt(socketFd(unixDomain, datagram, 0));
    sendto(fd, bytes(data), data.length, 0, unixAddress(name), 110);
  },
  receiveDatagram(fd: number): string {
    const buffer = Buffer.alloc(4096);
    return buffer.toString("latin1", 0, recv(fd, buffer, buffer.length, 0));
  },
  umask: (mask: number): number => process.umask(mask),
  chdir: (name: string): void => process.chdir(name),
  chdirBack: (): void => process.chdir(base),
  /** Forgets what the last case left: descriptors, umask, current directory. */
  reset(): void {
    closeAll();
    process.umask(0);
    process.chdir(base);
  },
};
