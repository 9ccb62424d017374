// A connection on the chunkserver port: before and after its registration.
// Spec: wire-chunkserver.md sections 2.1 and 2.3.

import type { PeerId, Server } from "./server.ts";

/** What the master remembers of a connection. */
export class Connection {
  readonly peer: PeerId;
  /** Where it comes from. */
  readonly ip: number;
  timeoutMs: number;
  lastReceivedMs: number;
  /** The bytes of the last password challenge. */
  challenge: Uint8Array | undefined;
  /** The chunkserver, once it was accepted. */
  server: Server | undefined;

  constructor(peer: PeerId, ip: number, at: { nowMs: number; timeoutMs: number }) {
    this.peer = peer;
    this.ip = ip;
    this.timeoutMs = at.timeoutMs;
    this.lastReceivedMs = at.nowMs;
  }
}
