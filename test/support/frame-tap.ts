// A TCP proxy between two programs that speak the protocol: hands on every byte and shows every frame.
// By hand: `./bin/node test/support/frame-tap.ts 10.99.1.1:9420 10.99.1.2:9420` prints one line a frame
// (connection, direction, type, hex of the whole frame). Frames: wire-admin.md section 1.1.

import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { FrameReader } from "../../daemons/protocol/frame.ts";
import { headerBytes } from "../../daemons/protocol/packet.ts";

/** Longest body that any 3.0.117 program accepts. */
const bodyBytesMax = 500_000_000;

/** One frame that passed. */
export interface TappedFrame {
  /** Connections are numbered from 1 in the order in which they came. */
  readonly connection: number;
  readonly direction: "request" | "answer";
  readonly type: number;
  /** The whole frame, header first: an own copy. */
  readonly bytes: Uint8Array;
}

/** A host and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What a tap needs to know. */
export interface TapOptions {
  /** Where programs connect to; port 0 takes any free one. */
  readonly listen: Endpoint;
  /** Where the server behind it listens. */
  readonly target: Endpoint;
  /** Address that the server sees; `peer` repeats the connecting program's own (needs one machine). */
  readonly source?: string;
  readonly onFrame: (frame: TappedFrame) => void;
  /** Called when a connection is over, whoever ended it. */
  readonly onClose?: (connection: number) => void;
}

/** A running proxy. */
export class FrameTap {
  readonly #options: TapOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #connections = 0;

  private constructor(options: TapOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#open(client));
  }

  /** Listens; resolves once programs can connect. */
  static async listen(options: TapOptions): Promise<FrameTap> {
    const tap = new FrameTap(options);
    tap.#server.listen(options.listen.port, options.listen.host);
    await once(tap.#server, "listening");
    return tap;
  }

  /** The port taken, for `listen.port` 0. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Cuts all connections and stops listening. */
  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #open(client: Socket): void {
    const { target, source, onClose } = this.#options;
    const connection = ++this.#connections;
    const localAddress = source === "peer" ? client.remoteAddress : source;
    const server = connect({
      ...target,
      allowHalfOpen: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    this.#relay({ connection, direction: "request", from: client, to: server });
    this.#relay({ connection, direction: "answer", from: server, to: client });
    client.once("close", () => onClose?.(connection));
  }

  #relay(way: {
    connection: number;
    direction: "request" | "answer";
    from: Socket;
    to: Socket;
  }): void {
    const { connection, direction, from, to } = way;
    const reader = new FrameReader((type) => ({ name: `type ${type}`, maxBody: bodyBytesMax }));
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on("data", (piece) => {
      // The receiver decides what it thinks of an oversized frame; the tap only stops showing.
      try {
        reader.push(piece, ({ type, body }) => {
          this.#options.onFrame({ connection, direction, type, bytes: frameOf(type, body) });
        });
      } catch (error) {
        process.stderr.write(`frame-tap: connection ${connection}: ${String(error)}\n`);
      }
      if (!to.write(piece)) from.pause();
    });
    to.on("drain", () => from.resume());
    from.on("end", () => to.end());
    from.on("error", () => to.destroy());
    from.once("close", () => {
      this.#sockets.delete(from);
      to.end();
    });
  }
}

function frameOf(type: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headerBytes + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type);
  view.setUint32(4, body.length);
  bytes.set(body, headerBytes);
  return bytes;
}

function endpointOf(text: string | undefined): Endpoint {
  const [host, port] = text?.split(":") ?? [];
  if (host !== undefined && /^\d+$/.test(port ?? "")) return { host, port: Number(port) };
  throw new Error(`Cannot tap "${text ?? ""}": expected HOST:PORT for the listener and the target`);
}

if (import.meta.main) {
  const [listen, target, source] = process.argv.slice(2);
  await FrameTap.listen({
    listen: endpointOf(listen),
    target: endpointOf(target),
    ...(source === undefined ? {} : { source }),
    onFrame({ connection, direction, type, bytes }) {
      const hex = Buffer.from(bytes).toString("hex");
      process.stdout.write(`${connection} ${direction} ${type} ${hex}\n`);
    },
  });
}
