// A standing SSH connection. It is held by each channel that runs on it, and retired when a program was
// given up: sshd keeps that session (MaxSessions) until the program ends, which may be never.

import { once } from "node:events";
import type { Client, ClientChannel } from "ssh2";

import { goodbyeMs } from "./limits.ts";

export class Link {
  readonly client: Client;
  /** The verified host key in wire form. */
  readonly hostKey: Buffer;
  /** Aborts with an `unreachable` error when the connection ends, however it ends. */
  readonly lost: AbortSignal;
  readonly #retiring = new AbortController();
  #holds = 0;

  constructor(parts: { client: Client; hostKey: Buffer; lost: AbortSignal }) {
    this.client = parts.client;
    this.hostKey = parts.hostKey;
    this.lost = parts.lost;
  }

  /** Aborts when no new channel shall be opened here. */
  get retired(): AbortSignal {
    return this.#retiring.signal;
  }

  /** Keeps the connection until the returned function is called. */
  hold(): () => void {
    this.#holds += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holds -= 1;
      this.#endIfIdle();
    };
  }

  /** Takes no more channels, and ends once the last one that is held has finished. */
  retire(): void {
    this.#retiring.abort();
    this.#endIfIdle();
  }

  /**
   * Opens a stream to an address as the far side sees it. The stream holds the connection; `closed` is called when
   * it ends, which may be before the caller sees it.
   */
  async forward(
    to: { address: string; port: number },
    closed: () => void = () => undefined,
  ): Promise<ClientChannel> {
    const release = this.hold();
    try {
      return await new Promise<ClientChannel>((resolve, reject) => {
        this.client.forwardOut("127.0.0.1", 0, to.address, to.port, (error, channel) => {
          if (error !== undefined) return reject(error);
          channel.once("close", release);
          channel.once("close", closed);
          resolve(channel);
        });
      });
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Ends the connection and waits until it is closed. */
  async end(): Promise<void> {
    if (this.lost.aborted) return;
    const ended = once(this.lost, "abort");
    this.client.end();
    const timer = setTimeout(() => this.client.destroy(), goodbyeMs);
    await ended;
    clearTimeout(timer);
  }

  #endIfIdle(): void {
    if (this.#retiring.signal.aborted && this.#holds === 0) this.client.end();
  }
}
