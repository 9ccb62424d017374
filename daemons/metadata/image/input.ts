// Bytes of an image, pulled from a source piece by piece into one block: a record is made contiguous,
// then its fields are read at known places. Spec: metadata-file.md, conventions and 2.
import { ImageError } from "./image-error.ts";
import type { ImageErrorCode } from "./image-error.ts";

/** Where the bytes of an image come from; the piece that `read` gives lives until the next call. */
export interface ByteSource {
  /** Between 1 and `bytesMax` bytes, or undefined at the end. */
  read(bytesMax: number): Uint8Array | undefined;
  /**
   * Steps over at most `bytesMax` bytes that are known to be zero, such as a hole of a sparse file,
   * and says how many: 0 where the next byte may be another.
   */
  skipZeros?(bytesMax: number): number;
}

/** How reading goes on when a record is wrong. */
export interface ImageInputOptions {
  /** Leave wrong records out instead of refusing the image: the switch `-i` of the master. */
  readonly ignoreErrors?: boolean;
  /** Is told of every record that was left out or mended. */
  readonly report?: (message: string) => void;
}

/** Larger than the longest record: a session of 65535 counters is 513 KiB. */
const blockBytes = 1 << 20;
const wordBytes = 8;
const high = 0x1_0000_0000;
const highMax = 0x1f_ffff;

/** A cursor over the bytes of an image. */
export class ImageInput {
  /** The block; a record lies at the place that `take` returned, until the next `take`. */
  readonly bytes = new Uint8Array(blockBytes);
  readonly view = new DataView(this.bytes.buffer);
  /** Name of the section that is being read, for errors. */
  section = "file";
  readonly #source: ByteSource;
  readonly #ignoreErrors: boolean;
  readonly #report: (message: string) => void;
  #at = 0;
  #limit = 0;
  /** Offset in the file of the block's first byte. */
  #base = 0;

  constructor(source: ByteSource, options: ImageInputOptions = {}) {
    this.#source = source;
    this.#ignoreErrors = options.ignoreErrors ?? false;
    this.#report = options.report ?? (() => {});
  }

  /** Offset in the file of the next byte. */
  get offset(): number {
    return this.#base + this.#at;
  }

  /** Bytes that can be taken without asking the source. */
  get buffered(): number {
    return this.#limit - this.#at;
  }

  /** Makes `size` bytes contiguous, steps over them and returns where they start in `bytes`. */
  take(size: number): number {
    if (size > this.#limit - this.#at) this.#fill(size);
    const at = this.#at;
    this.#at = at + size;
    return at;
  }

  u8(): number {
    return this.view.getUint8(this.take(1));
  }

  u16(): number {
    return this.view.getUint16(this.take(2));
  }

  u32(): number {
    return this.view.getUint32(this.take(4));
  }

  /** A view of the next bytes, valid until the next read. */
  slice(size: number): Uint8Array {
    const at = this.take(size);
    return this.bytes.subarray(at, at + size);
  }

  /** The u64 at a place of the block; -1 where it is beyond 2^53. */
  u53At(at: number): number {
    const upper = this.view.getUint32(at);
    return upper > highMax ? -1 : upper * high + this.view.getUint32(at + 4);
  }

  /** Steps over bytes of any number. */
  skip(size: number): void {
    for (let left = size; left > 0;) {
      const step = Math.min(left, blockBytes);
      this.take(step);
      left -= step;
    }
  }

  /**
   * Steps over words of 8 zero bytes as far as the source can without reading them, at most `wordsMax`,
   * and returns their number: 0 where words have to be read.
   */
  skipZeroWords(wordsMax: number): number {
    if (this.#source.skipZeros === undefined || this.buffered >= wordBytes) return 0;
    const wanted = this.buffered === 0 ? wordsMax * wordBytes : wordBytes - this.buffered;
    const zeros = this.#source.skipZeros(wanted);
    if (zeros === 0) return 0;
    const words = this.buffered === 0 ? Math.floor(zeros / wordBytes) : 0;
    this.#base += words * wordBytes;
    this.#putZeros(zeros - words * wordBytes);
    return words;
  }

  /** True when nothing follows. */
  atEnd(): boolean {
    return this.buffered === 0 && !this.#pull();
  }

  /** The error for what stands before the cursor. */
  error(code: ImageErrorCode, what: string): ImageError {
    return new ImageError({ code, section: this.section, offset: this.offset }, what);
  }

  /** Refuses the image for a wrong record, or reports it when errors are to be ignored. */
  refuse(code: ImageErrorCode, what: string): void {
    const error = this.error(code, what);
    if (!this.#ignoreErrors) throw error;
    this.#report(error.message);
  }

  /** Reports what was mended without being an error. */
  report(what: string): void {
    this.#report(this.error("record", what).message);
  }

  #fill(size: number): void {
    if (size > blockBytes) {
      throw this.error("tooLarge", `${size} bytes in one piece, expected at most ${blockBytes}`);
    }
    while (this.buffered < size) {
      if (!this.#pull()) {
        throw this.error("truncated", `end of file, expected ${size - this.buffered} more bytes`);
      }
    }
  }

  /** Reads one more piece behind what is left; false at the end. */
  #pull(): boolean {
    this.#compact();
    const piece = this.#source.read(blockBytes - this.#limit);
    if (piece === undefined || piece.length === 0) return false;
    this.bytes.set(piece, this.#limit);
    this.#limit += piece.length;
    return true;
  }

  #putZeros(size: number): void {
    this.#compact();
    this.bytes.fill(0, this.#limit, this.#limit + size);
    this.#limit += size;
  }

  #compact(): void {
    this.bytes.copyWithin(0, this.#at, this.#limit);
    this.#base += this.#at;
    this.#limit -= this.#at;
    this.#at = 0;
  }
}
