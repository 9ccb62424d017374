// Bounded reading and writing of one packet body, big-endian throughout. The reader never looks
// past its end and hands out views; the writer keeps large byte runs as views too (zero copy).

import { ProtocolError } from "./protocol-error.ts";
import type { ProtocolErrorCode } from "./protocol-error.ts";

/** Byte runs from this size on travel as views instead of being copied. */
const viewBytesMin = 1024;
const firstBlockBytes = 256;

/** A cursor over a body. Every read is checked against the bytes left. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #packet: string;
  #offset = 0;
  #end: number;

  constructor(bytes: Uint8Array, packet: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#packet = packet;
    this.#end = bytes.byteLength;
  }

  /** Bytes between the cursor and the end of the body (or of the enclosing sized part). */
  get left(): number {
    return this.#end - this.#offset;
  }

  /** The error for what stands at the cursor. */
  error(code: ProtocolErrorCode, what: string): ProtocolError {
    return new ProtocolError({ code, packet: this.#packet, offset: this.#offset }, what);
  }

  /** An unsigned number of `size` bytes (1 to 4). */
  unsigned(size: 1 | 2 | 3 | 4): number {
    const at = this.#take(size);
    switch (size) {
      case 1:
        return this.#view.getUint8(at);
      case 2:
        return this.#view.getUint16(at);
      case 3:
        return this.#view.getUint8(at) * 0x1_00_00 + this.#view.getUint16(at + 1);
      case 4:
        return this.#view.getUint32(at);
      default:
        return size satisfies never;
    }
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  /** A view of the next bytes: it lives as long as the caller's buffer. */
  bytes(size: number): Uint8Array {
    const at = this.#take(size);
    return this.#bytes.subarray(at, at + size);
  }

  /** Runs `read` on the next `size` bytes as if the body ended there; it must consume them all. */
  within<T>(size: number, read: () => T): T {
    this.#need(size);
    const outerEnd = this.#end;
    this.#end = this.#offset + size;
    const value = read();
    this.expectEnd();
    this.#end = outerEnd;
    return value;
  }

  /** Refuses bytes that nobody asked for. */
  expectEnd(): void {
    if (this.left === 0) return;
    throw this.error("trailingBytes", `${this.left} bytes follow, expected the end`);
  }

  #need(size: number): void {
    if (size <= this.left) return;
    throw this.error("truncated", `${this.left} bytes are left, expected ${size}`);
  }

  #take(size: number): number {
    this.#need(size);
    const at = this.#offset;
    this.#offset += size;
    return at;
  }
}

/** Collects a body as blocks: small fields in own blocks, large runs as views of the caller's bytes. */
export class Writer {
  readonly #blocks: Uint8Array[] = [];
  #block = new Uint8Array(firstBlockBytes);
  #view = new DataView(this.#block.buffer);
  #used = 0;
  #size = 0;

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  unsigned(size: 1 | 2 | 3 | 4, value: number): void {
    const limit = 2 ** (8 * size);
    if (!Number.isInteger(value) || value < 0 || value >= limit) {
      throw new RangeError(`Cannot encode ${value}: expected an integer from 0 to ${limit - 1}`);
    }
    const at = this.#reserve(size);
    if (size === 1) this.#view.setUint8(at, value);
    else if (size === 2) this.#view.setUint16(at, value);
    else if (size === 4) this.#view.setUint32(at, value);
    else {
      this.#view.setUint8(at, Math.floor(value / 0x1_00_00));
      this.#view.setUint16(at + 1, value % 0x1_00_00);
    }
  }

  u64(value: bigint): void {
    if (value < 0n || value >= 2n ** 64n) {
      throw new RangeError(`Cannot encode ${value}: expected an integer from 0 to 2^64-1`);
    }
    // Reserving may replace the block, so it comes first.
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, value);
  }

  bytes(bytes: Uint8Array): void {
    if (bytes.length < viewBytesMin) {
      const at = this.#reserve(bytes.length);
      this.#block.set(bytes, at);
      return;
    }
    this.#closeBlock();
    this.#blocks.push(bytes);
    this.#size += bytes.length;
  }

  /** A writer for a part whose size must be known before it is written. */
  fork(): Writer {
    return new Writer();
  }

  /** All blocks in order. The writer is done after this. */
  finish(): readonly Uint8Array[] {
    this.#closeBlock();
    return this.#blocks;
  }

  #closeBlock(): void {
    if (this.#used > 0) this.#blocks.push(this.#block.subarray(0, this.#used));
    this.#block = this.#block.subarray(this.#used);
    this.#view = new DataView(this.#block.buffer, this.#block.byteOffset, this.#block.byteLength);
    this.#used = 0;
  }

  #reserve(size: number): number {
    if (this.#used + size > this.#block.length) this.#grow(size);
    const at = this.#used;
    this.#used += size;
    this.#size += size;
    return at;
  }

  #grow(size: number): void {
    const grown = new Uint8Array(Math.max(firstBlockBytes, 2 * (this.#used + size)));
    grown.set(this.#block.subarray(0, this.#used));
    this.#block = grown;
    this.#view = new DataView(grown.buffer);
  }
}
