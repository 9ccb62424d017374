// A peer that sends a daemon whatever bytes a test likes, and sees what comes back and when it is cut off.

import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { until } from "../until.ts";

/** Where to, and from which of this side's addresses. */
export interface PeerOptions {
  readonly address: string;
  readonly port: number;
  readonly from?: string;
}

const limitMs = 15_000;

/** One connection. */
export class HostilePeer {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.name = `${socket.localAddress}:${socket.localPort}`;
    socket.on("data", (piece) => (this.#received = Buffer.concat([this.#received, piece])));
    // A reset is an end like any other: what counts is that it ended.
    socket.on("error", () => undefined);
    socket.on("close", () => (this.#isClosed = true));
  }

  static async open({ address, port, from }: PeerOptions): Promise<HostilePeer> {
    const local = from === undefined ? {} : { localAddress: from };
    const socket = connect({ host: address, port, noDelay: true, ...local });
    await once(socket, "connect");
    return new HostilePeer(socket);
  }

  /** As the daemon's log names this peer. */
  readonly name: string;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Everything that came back. */
  get received(): Buffer {
    return this.#received;
  }

  send(...pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) if (!this.#socket.destroyed) this.#socket.write(piece);
  }

  /** Says that nothing more comes. */
  end(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Waits for the other side to hang up. */
  async cutOff(): Promise<void> {
    await until(`the master cuts ${this.name} off`, () => this.#isClosed, { limitMs });
  }

  /** Waits for the next frame of this number and gives its body. */
  async frame(type: number): Promise<Buffer> {
    let found: Buffer | undefined;
    const isThere = (): boolean => this.#isClosed || (found = this.#take(type)) !== undefined;
    await until(`frame ${type} comes`, isThere, { limitMs });
    if (found === undefined) throw new Error(`Cannot wait for frame ${type}: the connection ended`);
    return found;
  }

  /** Waits until the daemon answered this, or hung up. */
  async frameOrEnd(type: number): Promise<Buffer | undefined> {
    let found: Buffer | undefined;
    const isThere = (): boolean => (found = this.#take(type)) !== undefined || this.#isClosed;
    await until(`frame ${type} comes or an end`, isThere, { limitMs });
    return found;
  }

  /** Removes everything up to and with the first frame of this number. */
  #take(type: number): Buffer | undefined {
    for (let at = 0; at + 8 <= this.#received.length;) {
      const end = at + 8 + this.#received.readUInt32BE(at + 4);
      if (end > this.#received.length) return undefined;
      if (this.#received.readUInt32BE(at) === type) {
        const body = Buffer.from(this.#received.subarray(at + 8, end));
        this.#received = this.#received.subarray(end);
        return body;
      }
      at = end;
    }
    return undefined;
  }
}

/** A frame with any number and body; `length` lies about it. */
export function rawFrame(
  type: number,
  body: Uint8Array = new Uint8Array(0),
  length = body.length,
): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(type, 0);
  head.writeUInt32BE(length >>> 0, 4);
  return Buffer.concat([head, body]);
}
