// Cuts a byte stream into frames, whatever pieces it arrives in. The length is judged as soon as the
// header is complete, before anything is buffered; memory grows only with bytes that really came.
// Spec: wire-admin.md sections 1.1 and 1.3.

import { headerBytes } from "./packet.ts";
import { ProtocolError } from "./protocol-error.ts";

const firstBufferBytes = 4096;
const noBytes = new Uint8Array(0);

/** One complete frame. `body` is a view that lives until the handler returns. */
export interface Frame {
  readonly type: number;
  readonly body: Uint8Array;
}

/**
 * What to do with a packet type: its name and longest body; `skip` drops the body unseen, whatever its
 * length (NOPs); `undefined` refuses the type.
 */
export type FrameRule =
  | { readonly name: string; readonly maxBody: number }
  | { readonly name: string; readonly skip: true }
  | undefined;

/** Feed it bytes; it calls back once a frame. After an error it refuses everything. */
export class FrameReader {
  readonly #rule: (type: number) => FrameRule;
  readonly #header = new Uint8Array(headerBytes);
  #headerUsed = 0;
  #type = 0;
  #length = 0;
  #skip = false;
  #body: Uint8Array = noBytes;
  #bodyUsed = 0;
  #failure: unknown;

  constructor(rule: (type: number) => FrameRule) {
    this.#rule = rule;
  }

  /** Whether the stream stands inside a frame: an end here is a cut. */
  get midFrame(): boolean {
    return this.#headerUsed > 0;
  }

  /** Takes the next piece. Throws `ProtocolError` on a refused frame, after the frames before it. */
  push(piece: Uint8Array, onFrame: (frame: Frame) => void): void {
    if (this.#failure !== undefined) throw this.#failure;
    let left = piece;
    try {
      while (left.length > 0) {
        left = this.#headerUsed === 0 ? this.#wholeFrames(left, onFrame) : left;
        if (left.length > 0) left = this.#step(left, onFrame);
      }
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  /** Delivers the frames that lie complete at the start of the piece: the usual case, without any copy. */
  #wholeFrames(piece: Uint8Array, onFrame: (frame: Frame) => void): Uint8Array {
    let from = 0;
    while (piece.length - from >= headerBytes) {
      const body = from + headerBytes;
      const type = u32At(piece, from);
      const end = body + u32At(piece, from + 4);
      if (end > piece.length) break;
      this.#open(type, end - body);
      from = end;
      if (!this.#skip) onFrame({ type, body: piece.subarray(body, end) });
    }
    return from === 0 ? piece : piece.subarray(from);
  }

  #step(piece: Uint8Array, onFrame: (frame: Frame) => void): Uint8Array {
    if (this.#headerUsed === headerBytes) return this.#takeBody(piece, onFrame);
    const size = Math.min(headerBytes - this.#headerUsed, piece.length);
    this.#header.set(piece.subarray(0, size), this.#headerUsed);
    this.#headerUsed += size;
    if (this.#headerUsed === headerBytes) this.#openBody(onFrame);
    return piece.subarray(size);
  }

  #openBody(onFrame: (frame: Frame) => void): void {
    this.#open(u32At(this.#header, 0), u32At(this.#header, 4));
    if (this.#length === 0) this.#finish(noBytes, onFrame);
  }

  /** Judges a header. */
  #open(type: number, length: number): void {
    this.#type = type;
    this.#length = length;
    this.#bodyUsed = 0;
    const rule = this.#rule(type);
    if (rule === undefined) {
      const place = { code: "unknownPacket", packet: `type ${type}`, offset: 0 } as const;
      throw new ProtocolError(place, `a body of ${length} bytes, expected another packet`);
    }
    this.#skip = "skip" in rule;
    if ("maxBody" in rule && length > rule.maxBody) {
      const place = { code: "bodyTooLong", packet: rule.name, offset: 0 } as const;
      throw new ProtocolError(place, `${length} bytes, expected at most ${rule.maxBody}`);
    }
  }

  #takeBody(piece: Uint8Array, onFrame: (frame: Frame) => void): Uint8Array {
    const size = Math.min(this.#length - this.#bodyUsed, piece.length);
    const part = piece.subarray(0, size);
    if (!this.#skip && size === this.#length) {
      this.#finish(part, onFrame);
      return piece.subarray(size);
    }
    if (!this.#skip) this.#keep(part);
    this.#bodyUsed += size;
    if (this.#bodyUsed === this.#length) {
      this.#finish(this.#skip ? part : this.#body.subarray(0, this.#length), onFrame);
    }
    return piece.subarray(size);
  }

  #keep(part: Uint8Array): void {
    const needed = this.#bodyUsed + part.length;
    if (needed > this.#body.length || this.#bodyUsed === 0) {
      const size = Math.min(this.#length, Math.max(firstBufferBytes, 2 * needed));
      const grown = new Uint8Array(size);
      grown.set(this.#body.subarray(0, this.#bodyUsed));
      this.#body = grown;
    }
    this.#body.set(part, this.#bodyUsed);
  }

  #finish(body: Uint8Array, onFrame: (frame: Frame) => void): void {
    this.#headerUsed = 0;
    this.#body = noBytes;
    if (!this.#skip) onFrame({ type: this.#type, body });
  }
}

function u32At(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16);
  return (high | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}
