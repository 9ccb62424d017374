// Bytes of an image on their way to a sink: one block that is handed over when it is full, and the
// checksums of metadata.crc, which depend on the pieces in which 3.0.117 writes. Spec: metadata-file.md 1, 5.5.
import assert from "node:assert/strict";
import { PieceChecksum } from "./checksum.ts";

/** Where the bytes of an image go; the bytes of one `write` live until it returns. */
export interface ByteSink {
  write(bytes: Uint8Array): void;
  /** Lets so many zero bytes follow; without it they are written. */
  hole?(size: number): void;
  /** Overwrites bytes written before. Without it sections say that their length is unknown. */
  patch?(offset: number, bytes: Uint8Array): void;
}

const blockBytes = 1 << 20;
const headerBytes = 16;
/** Smaller holes are not worth a call. */
const holeBytesMin = 1 << 16;

/** A block of bytes in front of a sink. */
export class ImageOutput {
  readonly bytes = new Uint8Array(blockBytes);
  readonly view = new DataView(this.bytes.buffer);
  /** Checksums by part: `HEAD`, the sections, `TAIL`; none unless asked for. */
  readonly checksums: Map<string, number> = new Map();
  readonly #sink: ByteSink;
  readonly #checksum: PieceChecksum | null;
  #at = 0;
  #base = 0;
  #sectionOffset = 0;

  constructor(sink: ByteSink, withChecksums: boolean) {
    this.#sink = sink;
    this.#checksum = withChecksums ? new PieceChecksum() : null;
  }

  /** Offset in the file of the next byte. */
  get offset(): number {
    return this.#base + this.#at;
  }

  /** Makes room for `size` bytes and returns where they go in `bytes`: fill all of them. */
  reserve(size: number): number {
    if (this.#at + size > blockBytes) this.flush();
    assert(size <= blockBytes);
    const at = this.#at;
    this.#at = at + size;
    return at;
  }

  /** Ends a piece: what was reserved from `at` on. */
  piece(at: number): void {
    this.#checksum?.piece(this.bytes, at, this.#at);
  }

  /** A piece made of bytes as they are. */
  put(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.bytes.set(bytes, at);
    this.piece(at);
  }

  /** A piece of so many zero bytes, as the ends of lists are. */
  putZeros(size: number): void {
    const at = this.reserve(size);
    this.bytes.fill(0, at, at + size);
    this.piece(at);
  }

  /** A piece of four bytes. */
  putU32(value: number): void {
    const at = this.reserve(4);
    this.view.setUint32(at, value);
    this.piece(at);
  }

  /** Starts a run of bytes that counts as pieces of `sizeMax`; it lasts until the next one. */
  beginRun(sizeMax: number): void {
    this.#checksum?.beginRun(sizeMax);
  }

  /** Bytes of a run: what was reserved from `at` on. */
  run(at: number): void {
    this.#checksum?.run(this.bytes, at, this.#at);
  }

  /** Zero bytes of a run, as a hole where the sink has holes and the run is worth one. */
  runZeros(size: number): void {
    this.#checksum?.runZeros(size);
    if (this.#sink.hole !== undefined && size >= holeBytesMin) {
      this.flush();
      this.#base += size;
      return this.#sink.hole(size);
    }
    for (let left = size; left > 0; left -= holeBytesMin) {
      const step = Math.min(left, holeBytesMin);
      const at = this.reserve(step);
      this.bytes.fill(0, at, at + step);
    }
  }

  /** Writes a section's header; its length follows with `endSection`. */
  beginSection(name: string, version: number): void {
    this.#sectionOffset = this.offset;
    const at = this.reserve(headerBytes);
    const text = `${name} ${version >> 4}.${version & 15}`;
    for (let index = 0; index < 8; index++) this.bytes[at + index] = text.charCodeAt(index);
    this.bytes.fill(0xff, at + 8, at + headerBytes);
    this.piece(at);
  }

  endSection(name: string): void {
    const length = new Uint8Array(8);
    const bodyBytes = this.offset - this.#sectionOffset - headerBytes;
    new DataView(length.buffer).setBigUint64(0, BigInt(bodyBytes));
    this.#checksum?.piece(length, 0, 8);
    this.#patch(this.#sectionOffset + 8, length);
    this.endPart(name);
  }

  /** Closes the checksum of a part of the file. */
  endPart(name: string): void {
    if (this.#checksum !== null) this.checksums.set(name, this.#checksum.finish());
  }

  /** Hands everything over. */
  flush(): void {
    if (this.#at > 0) this.#sink.write(this.bytes.subarray(0, this.#at));
    this.#base += this.#at;
    this.#at = 0;
  }

  #patch(offset: number, bytes: Uint8Array): void {
    if (this.#sink.patch === undefined) return;
    if (offset >= this.#base) return this.bytes.set(bytes, offset - this.#base);
    this.flush();
    this.#sink.patch(offset, bytes);
  }
}
