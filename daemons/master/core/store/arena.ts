// Bytes of any length beside the fixed records: names, paths, link targets, attribute values. A reference
// is one 32-bit word: the place in units of eight bytes, so 32 GiB of text can be told apart.

import { assert } from "../../../base/assert.ts";

const unitBytes = 8;
/** A larger place would be cut to 32 bits and lead to another text. */
const placesMax = 2 ** 32;
/** Segments of 1 MiB; a text never crosses one. */
const segmentUnits = 131_072;
/** The longest text: an extended attribute's value (64 KiB) with room to spare. */
const textBytesMax = 131_072;

/** Keeps texts. The owner remembers the length beside the reference. Empty texts have reference 0. */
export class Arena {
  readonly #segments: Uint8Array[] = [];
  /** First free place of each size, in units; a free place holds the next one in its first bytes. */
  readonly #free: number[] = [];
  #end = 1;

  /** Bytes of the segments. */
  get bytes(): number {
    return this.#segments.length * segmentUnits * unitBytes;
  }

  /** Copies a text in. */
  store(text: Uint8Array): number {
    if (text.length === 0) return 0;
    assert(text.length <= textBytesMax, `a text of ${text.length} bytes is longer than any may be`);
    const place = this.#allocate(unitsOf(text.length));
    const segment = this.#segmentOf(place);
    const offset = (place % segmentUnits) * unitBytes;
    if (text.length > 32) segment.set(text, offset);
    else for (let at = 0; at < text.length; at++) segment[offset + at] = text[at] as number;
    return place;
  }

  /** A view: it lives until the text is released. */
  view(place: number, length: number): Uint8Array {
    if (length === 0) return new Uint8Array(0);
    const offset = (place % segmentUnits) * unitBytes;
    return this.#segmentOf(place).subarray(offset, offset + length);
  }

  /** A copy that the caller may keep. */
  copy(place: number, length: number): Uint8Array {
    return Uint8Array.prototype.slice.call(this.view(place, length));
  }

  /** Whether the stored text is this one. */
  equals(place: number, length: number, text: Uint8Array): boolean {
    if (length !== text.length) return false;
    if (length === 0) return true;
    const segment = this.#segmentOf(place);
    const offset = (place % segmentUnits) * unitBytes;
    for (let at = 0; at < length; at++) if (segment[offset + at] !== text[at]) return false;
    return true;
  }

  /** Writes the text into `target`, without making a view. */
  copyTo(place: number, length: number, target: Uint8Array, targetOffset: number): void {
    if (length === 0) return;
    const segment = this.#segmentOf(place);
    const offset = (place % segmentUnits) * unitBytes;
    for (let at = 0; at < length; at++) target[targetOffset + at] = segment[offset + at] as number;
  }

  /** A hash of the stored text that starts from `seed`; equals `hashBytes` of the same bytes. */
  hash(place: number, length: number, seed: number): number {
    if (length === 0) return hashEnd(seed, 0);
    const segment = this.#segmentOf(place);
    return hashRun(segment, (place % segmentUnits) * unitBytes, length, seed);
  }

  release(place: number, length: number): void {
    if (length === 0) return;
    const units = unitsOf(length);
    this.#link(place, this.#free[units] ?? 0);
    this.#free[units] = place;
  }

  #allocate(units: number): number {
    const reused = this.#free[units] ?? 0;
    if (reused !== 0) {
      this.#free[units] = this.#linked(reused);
      return reused;
    }
    const left = segmentUnits - (this.#end % segmentUnits);
    if (left < units && left !== segmentUnits) {
      // The rest of the segment serves a smaller text one day.
      this.#link(this.#end, this.#free[left] ?? 0);
      this.#free[left] = this.#end;
      this.#end += left;
    }
    const place = this.#end;
    this.#end += units;
    assert(
      this.#end <= placesMax,
      "Cannot store a text: 32 GiB of them are all that can be told apart",
    );
    while (this.#segments.length * segmentUnits < this.#end) {
      this.#segments.push(new Uint8Array(new SharedArrayBuffer(segmentUnits * unitBytes)));
    }
    return place;
  }

  #segmentOf(place: number): Uint8Array {
    return this.#segments[Math.floor(place / segmentUnits)] as Uint8Array;
  }

  #link(place: number, next: number): void {
    const segment = this.#segmentOf(place);
    const offset = (place % segmentUnits) * unitBytes;
    for (let byte = 0; byte < 4; byte++) segment[offset + byte] = (next >>> (8 * byte)) & 0xff;
  }

  #linked(place: number): number {
    const segment = this.#segmentOf(place);
    const offset = (place % segmentUnits) * unitBytes;
    let next = 0;
    for (let byte = 3; byte >= 0; byte--) next = next * 256 + (segment[offset + byte] as number);
    return next;
  }
}

/** A hash of bytes that starts from `seed`. */
export function hashBytes(bytes: Uint8Array, seed: number): number {
  return hashRun(bytes, 0, bytes.length, seed);
}

function hashRun(bytes: Uint8Array, offset: number, length: number, seed: number): number {
  let hash = seed | 0;
  for (let at = offset; at < offset + length; at++) {
    hash = Math.imul(hash ^ (bytes[at] as number), 0x0100_0193);
  }
  return hashEnd(hash, length);
}

/** FNV's low bits are weak for a table: one round of mixing. */
function hashEnd(hash: number, length: number): number {
  let mixed = hash ^ length;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function unitsOf(length: number): number {
  return Math.ceil(length / unitBytes);
}
