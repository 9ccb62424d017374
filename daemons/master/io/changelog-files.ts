// The change log on disk: the lines of one turn are written together before its replies leave, and made
// durable in the background once a second. Spec: changelog.md 3, 5.2.

import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { assert } from "../../base/assert.ts";
import { lastCompleteVersion, lineBytesMax } from "../../metadata/changelog.ts";
import { isMissing, renameIfThere, syncFolder } from "./folder.ts";

/** What the configuration says of the log. */
export interface ChangelogSettings {
  /** CHANGELOG_SAVE_MODE: 0 and 1 write each group before its replies, 2 makes it durable as well. */
  readonly saveMode: number;
  /** BACK_LOGS: older files that are kept. */
  readonly backLogs: number;
}

/** What stands around the files. */
export interface ChangelogOptions {
  readonly folder: string;
  /** Number of the change that comes next. */
  readonly nextVersion: number;
  readonly settings: ChangelogSettings;
  /** Hears of a background failure: whoever gets it must stop acknowledging changes. */
  readonly failed: (error: ChangelogError) => void;
  readonly warn: (text: string) => void;
}

/** The log cannot take or keep a change: nothing may be acknowledged any more. */
export class ChangelogError extends Error {
  override readonly name = "ChangelogError";
  readonly code: "open" | "write" | "sync" | "rotate";

  constructor(code: ChangelogError["code"], file: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`Cannot ${code} change log "${file}": ${why}, expected it to take every change`, {
      cause,
    });
    this.code = code;
  }
}

const noFile = -1;
/** A turn may open millions of files: a group that is longer is written in parts. */
const groupCharsMax = 1 << 20;
/** In the place of a version: the file holds no lines of a change log. */
const notOurs = -1n;

/** `changelog.0.mfs` and its older brothers. */
export class ChangelogFiles {
  readonly #folder: string;
  readonly #failed: (error: ChangelogError) => void;
  #settings: ChangelogSettings;
  #next: number;
  #pending = "";
  /** Opened with the first line after start or rotation: an hour without changes leaves no file. */
  #file = noFile;
  #sizeBytes = 0;
  #isDirty = false;
  /** The file that a background sync works on. */
  #syncing = noFile;
  #closeAfterSync = false;
  /** What was acknowledged may be lost already: nothing more is taken. */
  #failure: ChangelogError | null = null;

  private constructor(options: ChangelogOptions) {
    this.#folder = options.folder;
    this.#failed = options.failed;
    this.#settings = options.settings;
    this.#next = options.nextVersion;
  }

  /**
   * Makes the newest file fit to go on with: a torn tail is cut, for the real recovery would leave out the
   * whole file; a file that does not end with the change before the next one is put in second place.
   */
  static open(options: ChangelogOptions): ChangelogFiles {
    const files = new ChangelogFiles(options);
    const newest = files.#path(0);
    const end = cutTornTail(newest, options.warn);
    if (end !== null && end !== BigInt(options.nextVersion - 1)) files.rotate();
    return files;
  }

  /** A reload: takes effect with the next group. */
  configure(settings: ChangelogSettings): void {
    this.#settings = settings;
  }

  /** Whether lines wait for `flush`. */
  get hasPending(): boolean {
    return this.#pending !== "";
  }

  /** Puts a line (without its number) into the group of this turn. */
  append(version: number, line: string): void {
    assert(version === this.#next, `change ${version} is logged, expected ${this.#next}`);
    this.#next = version + 1;
    this.#pending += `${version}: ${line}\n`;
    if (this.#pending.length >= groupCharsMax) this.#write();
  }

  /** Writes the group; when it returns, replies may leave. Throws when not all of it could be written. */
  flush(): void {
    if (this.#settings.saveMode === 2) this.syncNow();
    else this.#write();
  }

  /** Makes everything written durable before it returns. */
  syncNow(): void {
    this.#write();
    // A background sync that is still going on has promised nothing yet.
    if (this.#file === noFile || !(this.#isDirty || this.#syncing === this.#file)) return;
    try {
      fdatasyncSync(this.#file);
    } catch (error) {
      throw new ChangelogError("sync", this.#path(0), error);
    }
    this.#isDirty = false;
  }

  /** Starts to make everything written durable, unless that is going on already. Call it every second. */
  sync(): void {
    if (!this.#isDirty || this.#syncing !== noFile) return;
    const file = this.#file;
    this.#syncing = file;
    this.#isDirty = false;
    fdatasync(file, (error) => {
      this.#syncing = noFile;
      if (this.#closeAfterSync) closeSync(file);
      this.#closeAfterSync = false;
      if (error === null) return;
      this.#failure = new ChangelogError("sync", this.#path(0), error);
      this.#failed(this.#failure);
    });
  }

  /** Turns the files over: 0 becomes 1, and so on; the oldest one goes. */
  rotate(): void {
    this.close();
    const { backLogs } = this.#settings;
    try {
      for (let age = backLogs; age > 0; age--) renameIfThere(this.#path(age - 1), this.#path(age));
      if (backLogs === 0) rmSync(this.#path(0), { force: true });
      syncFolder(this.#folder);
    } catch (error) {
      throw new ChangelogError("rotate", this.#path(0), error);
    }
  }

  /** Writes what waits, makes it durable and closes the file; the next line opens it again. */
  close(): void {
    this.syncNow();
    if (this.#file === noFile) return;
    if (this.#syncing === this.#file) this.#closeAfterSync = true;
    else closeSync(this.#file);
    this.#file = noFile;
  }

  #path(age: number): string {
    return path.join(this.#folder, `changelog.${age}.mfs`);
  }

  #open(): void {
    try {
      this.#file = openSync(this.#path(0), "a", 0o666);
      this.#sizeBytes = fstatSync(this.#file).size;
      if (this.#sizeBytes === 0) syncFolder(this.#folder);
    } catch (error) {
      throw new ChangelogError("open", this.#path(0), error);
    }
  }

  #write(): void {
    if (this.#pending === "") return;
    if (this.#failure !== null) throw this.#failure;
    const text = this.#pending;
    if (this.#file === noFile) this.#open();
    try {
      // One character is one byte, and a text needs no buffer of ours.
      let at = writeSync(this.#file, text, null, "latin1");
      while (at < text.length) at += writeSync(this.#file, text.slice(at), null, "latin1");
    } catch (error) {
      this.#takeBack();
      throw new ChangelogError("write", this.#path(0), error);
    }
    this.#sizeBytes += text.length;
    this.#pending = "";
    this.#isDirty = true;
  }

  /** Part of a group must not stay: its end would be torn, and nobody was told of it. */
  #takeBack(): void {
    try {
      ftruncateSync(this.#file, this.#sizeBytes);
    } catch {
      // The next start cuts it; the caller hears of the write that failed first.
    }
  }
}

/**
 * Cuts what stands behind the last complete line and returns that line's number; null where there is no line.
 */
function cutTornTail(file: string, warn: (text: string) => void): bigint | null {
  let handle = noFile;
  try {
    handle = openSync(file, "r+");
    const { size } = fstatSync(handle);
    const tail = Buffer.alloc(Math.min(size, 2 * lineBytesMax));
    readSync(handle, tail, 0, tail.length, size - tail.length);
    const end = lastCompleteVersion(tail, tail.length === size);
    if (end === null && tail.includes("\n")) return notOurs;
    if (end?.tornBytes === 0 || size === 0) return end?.version ?? null;
    const tornBytes = end?.tornBytes ?? size;
    ftruncateSync(handle, size - tornBytes);
    fsyncSync(handle);
    warn(`cut ${tornBytes} bytes of an unfinished line off "${file}"`);
    return end?.version ?? null;
  } catch (error) {
    if (isMissing(error)) return null;
    throw new ChangelogError("open", file, error);
  } finally {
    if (handle !== noFile) closeSync(handle);
  }
}
