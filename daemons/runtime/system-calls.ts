// The system calls that Node lacks, by FFI. Declared once, loaded at the first use; for runtime and io only.
// Structures are those of Linux on 64-bit machines. Spec: config-and-cli.md 2.

import { getSystemErrorName } from "node:util";
import koffi from "koffi";
import type { TypeObject } from "koffi";

/** A system call that failed. The message has the form that the daemons print: `EACCES (Permission denied)`. */
export class SystemCallError extends Error {
  override readonly name = "SystemCallError";
  readonly call: string;
  readonly errno: number;

  constructor(call: string, errno: number) {
    super(describeErrno(errno));
    this.call = call;
    this.errno = errno;
  }
}

/** Kind of a file lock, as the kernel counts them. */
export const lockKind = { read: 0, write: 1, none: 2 } as const;

const flockBytes = 32;
const commands = { setDescriptorFlags: 2, getLock: 5, setLock: 6 } as const;
const closeOnExec = 1;
const socketKind = { unix: 1, datagram: 2, closeOnExec: 0o2000000, nonBlocking: 0o4000 } as const;
const sendFlags = { dontWait: 0x40, noSignal: 0x4000 } as const;
const setDumpable = 4;
const seekData = 3;
/** Only pages that were touched: V8 reserves far more addresses than it uses. */
const lockAllPages = { current: 1, future: 2, onFault: 4 } as const;

/** Resources of setrlimit. */
export const resource = { coreBytes: 4, openFiles: 7, lockedBytes: 8 } as const;

/** "No limit" for setrlimit. */
export const unlimited = 0xffff_ffff_ffff_ffffn;

type Call = (...args: readonly unknown[]) => number;

interface Calls {
  readonly fcntl: Call;
  readonly dup2: Call;
  readonly lseek: Call;
  readonly socket: Call;
  readonly sendto: Call;
  readonly setrlimit: Call;
  readonly getrlimit: Call;
  readonly mlockall: Call;
  readonly prctl: Call;
  readonly strerror: (errno: number) => string;
  readonly getpwnam: (name: string) => unknown;
  readonly getpwuid: (id: number) => unknown;
  readonly getgrnam: (name: string) => unknown;
  readonly passwd: TypeObject;
  readonly group: TypeObject;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

const calls = once((): Calls => {
  const library = koffi.load(null);
  const passwd = koffi.struct({ name: "str", secret: "str", uid: "uint32", gid: "uint32" });
  const group = koffi.struct({ name: "str", secret: "str", gid: "uint32" });
  return {
    fcntl: library.func("int fcntl(int fd, int command, ...)"),
    dup2: library.func("int dup2(int from, int to)"),
    lseek: library.func("long lseek(int fd, long offset, int whence)"),
    socket: library.func("int socket(int domain, int kind, int protocol)"),
    sendto: library.func(
      "long sendto(int fd, void *data, size_t size, int flags, void *address, uint32 addressSize)",
    ),
    setrlimit: library.func("int setrlimit(int resource, void *limits)"),
    getrlimit: library.func("int getrlimit(int resource, void *limits)"),
    mlockall: library.func("int mlockall(int flags)"),
    prctl: library.func("int prctl(int option, ulong a, ulong b, ulong c, ulong d)"),
    strerror: library.func("const char *strerror(int errno)"),
    getpwnam: library.func("getpwnam", koffi.pointer(passwd), ["str"]),
    getpwuid: library.func("getpwuid", koffi.pointer(passwd), ["uint32"]),
    getgrnam: library.func("getgrnam", koffi.pointer(group), ["str"]),
    passwd,
    group,
  };
});

/** `EACCES (Permission denied)`: the symbolic name, then the C library's text. */
export function describeErrno(errno: number): string {
  return `${errnoName(errno)} (${calls().strerror(errno)})`;
}

function errnoName(errno: number): string {
  const name = getSystemErrorName(-errno);
  return name.startsWith("Unknown") ? String(errno) : name;
}

/** The same text for an error that node:fs or node:process threw; others give their message. */
export function describeError(error: unknown): string {
  if (error instanceof SystemCallError) return error.message;
  const errno = (error as NodeJS.ErrnoException | null)?.errno;
  if (typeof errno === "number") return describeErrno(Math.abs(errno));
  return error instanceof Error ? error.message : String(error);
}

function check(call: string, result: number): number {
  if (result < 0) throw new SystemCallError(call, koffi.errno());
  return result;
}

/** Asks for a lock of the whole file. False: another process holds one. */
export function setFileLock(fd: number, kind: number): boolean {
  const request = Buffer.alloc(flockBytes);
  request.writeInt16LE(kind, 0);
  if (calls().fcntl(fd, commands.setLock, "void *", request) === 0) return true;
  const errno = koffi.errno();
  if (errno === koffi.os.errno["EAGAIN"] || errno === koffi.os.errno["EACCES"]) return false;
  throw new SystemCallError("fcntl", errno);
}

/** The process whose lock stands in the way of a write lock; null: none. */
export function fileLockOwner(fd: number): number | null {
  const request = Buffer.alloc(flockBytes);
  request.writeInt16LE(lockKind.write, 0);
  check("fcntl", calls().fcntl(fd, commands.getLock, "void *", request));
  return request.readInt16LE(0) === lockKind.none ? null : request.readInt32LE(24);
}

/** Makes one descriptor a copy of another. */
export function duplicateDescriptor(from: number, to: number): void {
  check("dup2", calls().dup2(from, to));
}

/** Keeps an inherited descriptor from the processes that we start. */
export function keepFromChildren(fd: number): void {
  check("fcntl", calls().fcntl(fd, commands.setDescriptorFlags, "int", closeOnExec));
}

/** Where the next bytes that are no hole begin; null: only a hole follows. Moves the file's own offset. */
export function nextData(fd: number, offset: number): number | null {
  const found = calls().lseek(fd, offset, seekData);
  if (found >= 0) return found;
  const errno = koffi.errno();
  if (errno === koffi.os.errno["ENXIO"]) return null;
  throw new SystemCallError("lseek", errno);
}

/** A datagram socket of the local machine that never waits. */
export function openDatagramSocket(): number {
  const kind = socketKind.datagram | socketKind.closeOnExec | socketKind.nonBlocking;
  return check("socket", calls().socket(socketKind.unix, kind, 0));
}

/** Sends one datagram to a socket path; a leading "@" means the abstract name space. */
export function sendDatagram(fd: number, path: string, data: Uint8Array): void {
  const abstract = path.startsWith("@");
  const name = Buffer.from(abstract ? `\0${path.slice(1)}` : `${path}\0`);
  const address = Buffer.concat([Buffer.from([socketKind.unix, 0]), name]);
  const flags = sendFlags.dontWait | sendFlags.noSignal;
  check("sendto", calls().sendto(fd, data, data.length, flags, address, address.length));
}

/** Soft and hard limit of a resource. */
export interface ResourceLimit {
  readonly soft: bigint;
  readonly hard: bigint;
}

export function resourceLimit(which: number): ResourceLimit {
  const both = Buffer.alloc(16);
  check("getrlimit", calls().getrlimit(which, both));
  return { soft: both.readBigUInt64LE(0), hard: both.readBigUInt64LE(8) };
}

export function setResourceLimit(which: number, { soft, hard }: ResourceLimit): void {
  const both = Buffer.alloc(16);
  both.writeBigUInt64LE(soft, 0);
  both.writeBigUInt64LE(hard, 8);
  check("setrlimit", calls().setrlimit(which, both));
}

/** Keeps the process in memory: what is mapped now and later, as it is touched. */
export function lockMemory(): void {
  const flags = lockAllPages.current | lockAllPages.future | lockAllPages.onFault;
  check("mlockall", calls().mlockall(flags));
}

/** A process that changed its user gives no core and hides its /proc files until it says so. */
export function allowCoreDump(): void {
  check("prctl", calls().prctl(setDumpable, 1, 0, 0, 0));
}

/** A row of the user database, whatever serves it. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export function findUser(name: string): Account | null {
  return readAccount(calls().getpwnam(name));
}

export function findUserById(uid: number): Account | null {
  return readAccount(calls().getpwuid(uid));
}

export function findGroup(name: string): number | null {
  const found = calls().getgrnam(name);
  return found === null ? null : (koffi.decode(found, calls().group) as { gid: number }).gid;
}

function readAccount(found: unknown): Account | null {
  if (found === null) return null;
  const { uid, gid } = koffi.decode(found, calls().passwd) as Account;
  return { uid, gid };
}
