// Cuts a byte stream into frames, whatever pieces it arrives in. The length is judged as soon as the
// header is complete, before anything is buffered; memory grows only with bytes that really came.
// Spec: wire-admin.md sections 1.1 and 1.3.

import { headerBytes } from "./packet.ts";
import { ProtocolError } from "./protocol-error.ts";

const firstBufferBytes = 4096;

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
  #body: Uint8Array = new Uint8Array(0);
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
      while (left.length > 0) left = this.#step(left, onFrame);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
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
    const view = new DataView(this.#header.buffer);
    this.#type = view.getUint32(0);
    this.#length = view.getUint32(4);
    this.#bodyUsed = 0;
    const rule = this.#rule(this.#type);
    if (rule === undefined) {
      const place = { code: "unknownPacket", packet: `type ${this.#type}`, offset: 0 } as const;
      throw new ProtocolError(place, `a body of ${this.#length} bytes, expected another packet`);
    }
    this.#skip = "skip" in rule;
    if ("maxBody" in rule && this.#length > rule.maxBody) {
      const place = { code: "bodyTooLong", packet: rule.name, offset: 0 } as const;
      throw new ProtocolError(place, `${this.#length} bytes, expected at most ${rule.maxBody}`);
    }
    if (this.#length === 0) this.#finish(new Uint8Array(0), onFrame);
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
    this.#body = new Uint8Array(0);
    if (!this.#skip) onFrame({ type: this.#type, body });
  }
}
