// Bounded reading and writing of packet bodies, big-endian throughout. The reader never looks past its
// end and hands out views; the writer is one growing buffer, reusable from frame to frame, that can keep
// large byte runs as views of the caller's bytes (zero copy). Both are on the path of every request.

import { ProtocolError } from "./protocol-error.ts";
import type { ProtocolErrorCode } from "./protocol-error.ts";

/** Byte runs from this size on travel as views where the writer is told to keep views. */
export const viewBytesMin = 1024;
const firstBufferBytes = 256;
/** A reused buffer that grew beyond this is given back. */
const keptBufferBytesMax = 1_048_576;
/** Below this a loop copies faster than `set`, which costs a call into the runtime. */
const loopCopyBytesMax = 40;
const twoTo32 = 0x1_0000_0000;
const twoTo64 = 2n ** 64n;
const noBytes = new Uint8Array(0);

/** The largest number of each size in bytes. */
const largest = [0, 0xff, 0xffff, 0xff_ffff, 0xffff_ffff] as const;

/** How many bytes an unsigned number takes. */
export type UnsignedSize = 1 | 2 | 3 | 4;

/** A cursor over a body. Every read is checked against the bytes left. */
export class Reader {
  #bytes: Uint8Array = noBytes;
  #packet = "";
  #offset = 0;
  #end = 0;

  constructor(bytes: Uint8Array = noBytes, packet = "") {
    this.reset(bytes, packet);
  }

  /** Starts anew on another body. */
  reset(bytes: Uint8Array, packet: string): void {
    this.#bytes = bytes;
    this.#packet = packet;
    this.#offset = 0;
    this.#end = bytes.length;
  }

  /** Bytes between the cursor and the end of the body (or of the enclosing sized part). */
  get left(): number {
    return this.#end - this.#offset;
  }

  /** The error for what stands at the cursor. */
  error(code: ProtocolErrorCode, what: string): ProtocolError {
    return new ProtocolError({ code, packet: this.#packet, offset: this.#offset }, what);
  }

  u8(): number {
    const at = this.#take(1);
    return this.#bytes[at] ?? 0;
  }

  u16(): number {
    const at = this.#take(2);
    const bytes = this.#bytes;
    return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  }

  u24(): number {
    const at = this.#take(3);
    const bytes = this.#bytes;
    return ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
  }

  u32(): number {
    const at = this.#take(4);
    const bytes = this.#bytes;
    const high = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16);
    return (high | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
  }

  /** An unsigned number of `size` bytes. */
  unsigned(size: UnsignedSize): number {
    switch (size) {
      case 1:
        return this.u8();
      case 2:
        return this.u16();
      case 3:
        return this.u24();
      case 4:
        return this.u32();
      default:
        return size satisfies never;
    }
  }

  u64(): bigint {
    this.#need(8);
    const high = this.u32();
    const low = this.u32();
    // One bigint instead of four wherever a number is exact, which is nearly always.
    if (high < 0x20_0000) return BigInt(high * twoTo32 + low);
    return (BigInt(high) << 32n) | BigInt(low);
  }

  /** Eight bytes that must be a safe integer; refused beyond. */
  u53(): number {
    this.#need(8);
    const high = this.u32();
    const low = this.u32();
    if (high < 0x20_0000) return high * twoTo32 + low;
    this.#offset -= 8;
    const value = (BigInt(high) << 32n) | BigInt(low);
    throw this.error("valueTooLarge", `the number is ${value}, expected at most 2^53-1`);
  }

  /** A view of the next bytes: it lives as long as the caller's buffer. */
  bytes(size: number): Uint8Array {
    const at = this.#take(size);
    return this.#bytes.subarray(at, at + size);
  }

  /** Steps over bytes that mean nothing to us. */
  skip(size: number): void {
    this.#take(size);
  }

  /** Lets the body end after `size` more bytes; `leave` takes the number that this gives back. */
  enter(size: number): number {
    this.#need(size);
    const outerEnd = this.#end;
    this.#end = this.#offset + size;
    return outerEnd;
  }

  /** Ends a part begun with `enter`: it must have been consumed to its last byte. */
  leave(outerEnd: number): void {
    this.expectEnd();
    this.#end = outerEnd;
  }

  /** Refuses bytes that nobody asked for. */
  expectEnd(): void {
    if (this.#end === this.#offset) return;
    throw this.error("trailingBytes", `${this.left} bytes follow, expected the end`);
  }

  #need(size: number): void {
    if (size <= this.#end - this.#offset) return;
    throw this.error("truncated", `${this.left} bytes are left, expected ${size}`);
  }

  #take(size: number): number {
    this.#need(size);
    const at = this.#offset;
    this.#offset = at + size;
    return at;
  }
}

/**
 * Collects frames. As it comes it copies everything into one buffer that can be reused for ever
 * (`view`, `reset`); given a size it keeps byte runs from that size on as views (`finish`).
 */
export class Writer {
  #buffer = new Uint8Array(firstBufferBytes);
  #used = 0;
  readonly #viewsFrom: number;
  /** Kept runs, each with the offset in the buffer before which it stands. */
  readonly #views: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  #viewsSize = 0;

  constructor(viewsFrom: number = Number.POSITIVE_INFINITY) {
    this.#viewsFrom = viewsFrom;
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#used + this.#viewsSize;
  }

  u8(value: number): void {
    if ((value & 0xff) !== value) throw unsignedError(1, value);
    const at = this.#reserve(1);
    this.#buffer[at] = value;
  }

  u16(value: number): void {
    if ((value & 0xffff) !== value) throw unsignedError(2, value);
    const at = this.#reserve(2);
    this.#buffer[at] = value >>> 8;
    this.#buffer[at + 1] = value;
  }

  u32(value: number): void {
    if (value >>> 0 !== value) throw unsignedError(4, value);
    this.#put32(this.#reserve(4), value);
  }

  unsigned(size: UnsignedSize, value: number): void {
    this.patch(this.hole(size), size, value);
  }

  u64(value: bigint): void {
    if (value < 0n || value >= twoTo64) {
      throw new RangeError(`Cannot encode ${value}: expected an integer from 0 to 2^64-1`);
    }
    const at = this.#reserve(8);
    const number = Number(value);
    if (number <= Number.MAX_SAFE_INTEGER) this.#put53(at, number);
    else {
      this.#put32(at, Number(value >> 32n));
      this.#put32(at + 4, Number(BigInt.asUintN(32, value)));
    }
  }

  u53(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`Cannot encode ${value}: expected an integer from 0 to 2^53-1`);
    }
    this.#put53(this.#reserve(8), value);
  }

  bytes(bytes: Uint8Array): void {
    const size = bytes.length;
    if (size >= this.#viewsFrom) {
      this.#views.push({ at: this.#used, bytes });
      this.#viewsSize += size;
      return;
    }
    const at = this.#reserve(size);
    const buffer = this.#buffer;
    if (size > loopCopyBytesMax) buffer.set(bytes, at);
    else for (let index = 0; index < size; index++) buffer[at + index] = bytes[index] ?? 0;
  }

  /** Leaves room for a number that is known only later; gives the place to `patch`. */
  hole(size: number): number {
    return this.#reserve(size);
  }

  /** Fills a hole. */
  patch(at: number, size: UnsignedSize, value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > largest[size]) {
      throw unsignedError(size, value);
    }
    let rest = value;
    for (let index = size - 1; index >= 0; index--) {
      this.#buffer[at + index] = rest & 0xff;
      rest = Math.floor(rest / 256);
    }
  }

  /** Takes back what was written since the hole at `at`: a frame that could not be finished. */
  takeBack(at: number): void {
    this.#used = at;
    while ((this.#views.at(-1)?.at ?? -1) > at) {
      this.#viewsSize -= this.#views.pop()?.bytes.length ?? 0;
    }
  }

  /** Everything written, as a view that lives until the next call; for writers without kept views. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#used);
  }

  /** Starts anew in the same buffer: nothing given out by `view` or `finish` may be in use any more. */
  reset(): void {
    this.#used = 0;
    this.#views.length = 0;
    this.#viewsSize = 0;
    if (this.#buffer.length > keptBufferBytesMax) this.#buffer = new Uint8Array(firstBufferBytes);
  }

  /** All blocks in order, kept views among them. */
  finish(): readonly Uint8Array[] {
    if (this.#views.length === 0) return [this.view()];
    const blocks: Uint8Array[] = [];
    let from = 0;
    for (const { at, bytes } of this.#views) {
      if (at > from) blocks.push(this.#buffer.subarray(from, at));
      blocks.push(bytes);
      from = at;
    }
    if (this.#used > from) blocks.push(this.#buffer.subarray(from, this.#used));
    return blocks;
  }

  #put32(at: number, value: number): void {
    const buffer = this.#buffer;
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
  }

  #put53(at: number, value: number): void {
    this.#put32(at, Math.floor(value / twoTo32));
    this.#put32(at + 4, value >>> 0);
  }

  #reserve(size: number): number {
    const at = this.#used;
    if (at + size > this.#buffer.length) this.#grow(at + size);
    this.#used = at + size;
    return at;
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(2 * needed);
    grown.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = grown;
  }
}

function unsignedError(size: UnsignedSize, value: number): RangeError {
  return new RangeError(`Cannot encode ${value}: expected an integer from 0 to ${largest[size]}`);
}
