// The socket of one peer, past Node's streams in both directions: a request and its answer of some fifty bytes each
// cost less than the streams they would go through, and what runs after the answer delays the peer as well.

import { writeSync } from "node:fs";
import net from "node:net";

/** All connections read into this one, as much as Node itself reads at once; Node would take it anew each time. */
const landing = Buffer.alloc(64 * 1024);

const noDescriptor = -1;

/** A server cannot be told how its sockets read: only a socket made by hand can, from the kernel's handle. */
interface HandleHolder {
  _handle: (NonNullable<net.SocketConstructorOpts["handle"]> & { readonly fd: number }) | null;
}

/** Who hears of the socket. */
export interface PeerEvents {
  /** The bytes are the receiver's own. */
  arrived(bytes: Uint8Array): void;
  /** Once, whatever ended it. */
  closed(): void;
}

/** A connection that a server with `pauseOnConnect` accepted; the server counts it until it is closed. */
export class PeerSocket {
  readonly #stream: net.Socket;
  /** Valid while the stream is not destroyed. */
  readonly #descriptor: number;

  constructor(accepted: net.Socket, events: PeerEvents) {
    const holder = accepted as unknown as HandleHolder;
    const handle = holder._handle;
    const callback = (count: number): boolean => {
      // The core may keep a request that waits: small copies come from one pool.
      const bytes = Buffer.allocUnsafe(count);
      landing.copy(bytes, 0, 0, count);
      events.arrived(bytes);
      return true;
    };
    this.#descriptor = handle?.fd ?? noDescriptor;
    if (handle === null) this.#stream = accepted;
    else {
      holder._handle = null;
      this.#stream = new net.Socket({ handle, onread: { buffer: landing, callback } });
    }
    this.#stream.on("error", () => undefined);
    this.#stream.once("close", () => {
      accepted.destroy();
      events.closed();
    });
    // Also the end of the stream wants a reader.
    this.#stream.resume();
  }

  get isDestroyed(): boolean {
    return this.#stream.destroyed;
  }

  /** Bytes that the kernel has not taken; until they are gone, nobody may change what was given to `write`. */
  get unsentBytes(): number {
    return this.#stream.writableLength;
  }

  /** Gives the kernel what it takes at once; the rest goes when it can. */
  write(bytes: Uint8Array): void {
    const sent = this.unsentBytes === 0 ? this.#writeNow(bytes) : 0;
    if (sent < bytes.length) this.#stream.write(sent === 0 ? bytes : bytes.subarray(sent));
  }

  /** Ends our side after what was written. */
  end(): void {
    this.#stream.end();
  }

  destroy(): void {
    this.#stream.destroy();
  }

  /** How many bytes the kernel took. A socket that fails says so again to the stream, which ends it then. */
  #writeNow(bytes: Uint8Array): number {
    const { destroyed, writableEnded } = this.#stream;
    if (destroyed || writableEnded || this.#descriptor < 0) return 0;
    try {
      return writeSync(this.#descriptor, bytes);
    } catch {
      return 0;
    }
  }
}
