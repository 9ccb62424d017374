// Checksums of metadata.crc: of each part of an image, the XOR of the CRC-32 of every piece that 3.0.117
// writes at once. Nothing reads the file, but ours is the same as theirs. Spec: metadata-file.md 5.5.
import { crc32 } from "node:zlib";

/** From this size on a native call costs less than a loop here. */
const nativeBytesMin = 96;
const zeros = new Uint8Array(1 << 16);

const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** Collects the checksum of one part after the other. */
export class PieceChecksum {
  #value = 0;
  /** CRC and size of the piece that is not complete yet, and where a long run is cut into pieces. */
  #crc = 0;
  #size = 0;
  #sizeMax = 0;

  /** A piece of its own. */
  piece(bytes: Uint8Array, start: number, end: number): void {
    this.#value ^= crcOf(bytes, start, end, 0);
  }

  /** Starts a long run that is written in pieces of `sizeMax` bytes. */
  beginRun(sizeMax: number): void {
    this.endRun();
    this.#sizeMax = sizeMax;
  }

  run(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end;) {
      const size = Math.min(end - at, this.#sizeMax - this.#size);
      this.#crc = crcOf(bytes, at, at + size, this.#crc);
      this.#grow(size);
      at += size;
    }
  }

  /** Zero bytes of a run: two whole pieces of them cancel out, so a hole costs nothing. */
  runZeros(size: number): void {
    const first = Math.min(size, (this.#sizeMax - this.#size) % this.#sizeMax);
    this.#zeros(first);
    const pieces = Math.floor((size - first) / this.#sizeMax);
    if (pieces % 2 === 1) this.#zeros(this.#sizeMax);
    this.#zeros(size - first - pieces * this.#sizeMax);
  }

  endRun(): void {
    this.#value ^= this.#crc;
    this.#crc = 0;
    this.#size = 0;
  }

  /** The checksum of the part; the next one starts. */
  finish(): number {
    this.endRun();
    const value = this.#value >>> 0;
    this.#value = 0;
    return value;
  }

  #zeros(size: number): void {
    for (let left = size; left > 0; left -= zeros.length) {
      this.run(zeros, 0, Math.min(left, zeros.length));
    }
  }

  #grow(size: number): void {
    this.#size += size;
    if (this.#size === this.#sizeMax) this.endRun();
  }
}

function crcOf(bytes: Uint8Array, start: number, end: number, before: number): number {
  if (end - start >= nativeBytesMin) return crc32(bytes.subarray(start, end), before >>> 0);
  let value = ~before;
  for (let at = start; at < end; at++) {
    // Both indexes are in range: the first by the loop, the second by the mask.
    value = (table[(value ^ (bytes[at] as number)) & 0xff] as number) ^ (value >>> 8);
  }
  return ~value;
}
