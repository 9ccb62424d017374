// The lock that makes a daemon the only one on its data folder, and by which other calls find it.
// An fcntl write lock: the kernel knows the owner, the text in the file is for people and PIDFile=. Spec: config-and-cli.md 2.2.

import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { constants } from "node:fs";
import path from "node:path";
import { assert } from "../base/assert.ts";
import { fileLockOwner, lockKind, setFileLock } from "./system-calls.ts";

/** The name of a daemon's lock file in its data folder. */
export function lockFileName(daemon: string): string {
  return `.${daemon}.lock`;
}

/** The open lock file. Closing any descriptor of it would drop the lock, so a process opens it once. */
export class LockFile {
  static readonly #open = new Set<string>();
  readonly #path: string;
  readonly #fd: number;

  constructor(dataPath: string, daemon: string) {
    this.#path = path.resolve(dataPath, lockFileName(daemon));
    assert(!LockFile.#open.has(this.#path), `"${this.#path}" is opened twice by one process`);
    this.#fd = openSync(this.#path, constants.O_WRONLY | constants.O_CREAT, 0o666);
    LockFile.#open.add(this.#path);
  }

  /** Takes the lock for this process; false when another one has it. */
  tryLock(): boolean {
    return setFileLock(this.#fd, lockKind.write);
  }

  /** The process that holds the lock, or null. It is 0 or less when it cannot be seen from here. */
  owner(): number | null {
    return fileLockOwner(this.#fd);
  }

  /** Writes who we are, for those who read the file. */
  writeProcessId(): void {
    ftruncateSync(this.#fd, 0);
    writeSync(this.#fd, `${process.pid}\n`, 0);
  }

  /** Gives the lock up. */
  close(): void {
    LockFile.#open.delete(this.#path);
    closeSync(this.#fd);
  }
}
