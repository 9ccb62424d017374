// A metadata image as a file: bytes for its reader and from its writer. Spec: metadata-file.md 1.

import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import type { ByteSource } from "../../metadata/image/input.ts";
import type { ByteSink } from "../../metadata/image/output.ts";
import { nextData, SystemCallError } from "../../runtime/system-calls.ts";

const pieceBytes = 1 << 20;

/** Reads a file from its start. */
export class FileSource implements ByteSource, Disposable {
  readonly #file: number;
  readonly #piece = Buffer.alloc(pieceBytes);
  #offset = 0;

  constructor(path: string) {
    this.#file = openSync(path, "r");
  }

  read(bytesMax: number): Uint8Array | undefined {
    const wanted = Math.min(bytesMax, pieceBytes);
    const size = readSync(this.#file, this.#piece, 0, wanted, this.#offset);
    this.#offset += size;
    return size === 0 ? undefined : this.#piece.subarray(0, size);
  }

  /** A file with one byte far out has gigabytes of empty slots, which were written as a hole. */
  skipZeros(bytesMax: number): number {
    const data = this.#nextData();
    const skipped = Math.min(bytesMax, data - this.#offset);
    this.#offset += skipped;
    return skipped;
  }

  #nextData(): number {
    try {
      return nextData(this.#file, this.#offset) ?? fstatSync(this.#file).size;
    } catch (error) {
      // Not every file system knows holes: what is not skipped is read.
      if (error instanceof SystemCallError) return this.#offset;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

/** Writes a new file, or one that replaces what was there. */
export class FileSink implements ByteSink, Disposable {
  readonly #file: number;
  #offset = 0;

  constructor(path: string) {
    this.#file = openSync(path, "w", 0o666);
  }

  write(bytes: Uint8Array): void {
    writeAll(this.#file, bytes, this.#offset);
    this.#offset += bytes.length;
  }

  hole(size: number): void {
    this.#offset += size;
  }

  patch(offset: number, bytes: Uint8Array): void {
    writeAll(this.#file, bytes, offset);
  }

  /** Gives the file its length, should it end in a hole. */
  finish(): void {
    ftruncateSync(this.#file, this.#offset);
  }

  /** Makes the file durable: what is renamed afterwards is whole. */
  sync(): void {
    fsyncSync(this.#file);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

function writeAll(file: number, bytes: Uint8Array, offset: number): void {
  for (let at = 0; at < bytes.length;) {
    at += writeSync(file, bytes, at, bytes.length - at, offset + at);
  }
}
