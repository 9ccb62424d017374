// The listening ports: cuts what arrives into frames, hands them to the core, and sends what the core
// answered once per turn, after the changelog has it. No rules of the domain.
// Spec: wire-client-master-1.md sections 1.1, 1.4 and 1.5.

import net from "node:net";

import type { StatusBody } from "../../protocol/answer.ts";
import { writeStatus } from "../../protocol/answer.ts";
import { formatIpv4, parseIpv4 } from "../../protocol/address.ts";
import { Writer } from "../../protocol/bytes.ts";
import { FrameReader } from "../../protocol/frame.ts";
import type { FrameRule } from "../../protocol/frame.ts";
import type { Packet } from "../../protocol/packet.ts";
import { Nop } from "../../protocol/packets/any.ts";
import { ProtocolError } from "../../protocol/protocol-error.ts";
import type { IdlePoll } from "./idle-poll.ts";
import { PeerSocket } from "./peer-socket.ts";

/** A peer that does not read what it asked for is dropped beyond this much. */
const unsentBytesMax = 256 * 1024 * 1024;
/** Each holds a descriptor and may hold half a frame: more than any cluster has on one port. */
const connectionsMax = 16_384;
const quietMs = 1000;
const silentMs = 10_000;
/** A peer that was told to go and does not hang up is cut off after this time. */
const lingerMs = 2000;

/** One kind of peers, and who serves them. */
export interface PortHandler {
  readonly name: string;
  connected(peer: number, ip: number, port: number): void;
  ruleOf(peer: number, type: number): FrameRule;
  /** Throws `ProtocolError` where the peer broke the protocol. */
  frame(peer: number, type: number, body: Uint8Array): void;
  closed(peer: number): void;
  /** Whether this port keeps the connection alive: empty packets when quiet, an end when silent. */
  watches(peer: number): "both" | "silence" | "none";
}

/** What surrounds each turn. */
export interface Turn {
  /** Before the first input. */
  begin(): void;
  /** After the last one: the changelog of the turn is written. */
  end(): void;
  log(level: "info" | "warning" | "error", message: string): void;
}

interface Connection {
  readonly peer: number;
  readonly socket: PeerSocket;
  readonly handler: PortHandler;
  readonly address: string;
  readonly reader: FrameReader;
  writer: Writer;
  closing: string | undefined;
  /** When our end was closed. */
  endedMs: number | undefined;
  dirty: boolean;
  lastReadMs: number;
  lastWriteMs: number;
}

/** All connections of a daemon. */
export class Ports {
  readonly #turn: Turn;
  readonly #clock: () => number;
  readonly #poll: IdlePoll | undefined;
  readonly #connections = new Map<number, Connection>();
  /** Connections with something to write; only the first `#dirtyCount` count. */
  readonly #dirty: (Connection | undefined)[] = [];
  #dirtyCount = 0;
  readonly #servers: net.Server[] = [];
  #nextPeer = 1;
  #inTurn = false;
  #isShutDown = false;
  #lastWatchMs: number | undefined;

  /** `clock` gives milliseconds that never jump. */
  constructor(turn: Turn, clock: () => number, poll?: IdlePoll) {
    this.#turn = turn;
    this.#clock = clock;
    this.#poll = poll;
  }

  get count(): number {
    return this.#connections.size;
  }

  /** Packets and bytes since the start, as the charts show them. */
  readonly traffic = { packetsReceived: 0, bytesReceived: 0, packetsSent: 0, bytesSent: 0 };

  /** Bytes that were sent to a peer but that the kernel has not taken. */
  unsentBytes(peer: number): number {
    const connection = this.#connections.get(peer);
    return connection === undefined ? 0 : connection.socket.unsentBytes + connection.writer.size;
  }

  /** Listens; host "*" means all addresses. Rejects when the address cannot be had. */
  async listen(host: string, port: number, handler: PortHandler): Promise<void> {
    const server = net.createServer({ noDelay: true, pauseOnConnect: true }, (accepted) =>
      this.#accept(accepted, handler),
    );
    server.maxConnections = connectionsMax;
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: host === "*" ? "0.0.0.0" : host, port }, () => {
        server.off("error", reject);
        server.on("error", (error) => this.#turn.log("error", `${handler.name}: ${error.message}`));
        resolve();
      });
    });
  }

  /** Runs inputs that come from no connection (ticks) as a turn of their own; nothing after `shutDown`. */
  run(inputs: () => void): void {
    if (this.#isShutDown) return;
    this.#turn.begin();
    this.#inTurn = true;
    try {
      inputs();
    } finally {
      this.#inTurn = false;
      this.#turn.end();
      this.#flush();
    }
  }

  send<T>(peer: number, packet: Packet<T>, body: T): void {
    const connection = this.#open(peer);
    if (connection === undefined) return;
    packet.encodeTo(connection.writer, body);
    this.traffic.packetsSent++;
  }

  sendStatus(peer: number, answer: Pick<Packet<unknown>, "id">, body: StatusBody): void {
    const connection = this.#open(peer);
    if (connection === undefined) return;
    writeStatus(connection.writer, answer, body);
    this.traffic.packetsSent++;
  }

  /** Ends a connection after what was sent to it in this turn. */
  close(peer: number, reason: string): void {
    const connection = this.#open(peer);
    if (connection !== undefined) connection.closing = reason;
  }

  /** Once a second: empty packets to quiet peers, an end to silent ones and to those that do not hang up. */
  watch(): void {
    const now = this.#clock();
    const pause = now - (this.#lastWatchMs ?? now);
    this.#lastWatchMs = now;
    for (const connection of this.#connections.values()) {
      // A pause of ours is not held against peers.
      if (pause > 2 * quietMs) connection.lastReadMs += pause;
      if (connection.endedMs !== undefined) {
        if (now - connection.endedMs > lingerMs) connection.socket.destroy();
        continue;
      }
      const watched = connection.handler.watches(connection.peer);
      if (watched === "none") continue;
      if (now - connection.lastReadMs > silentMs) this.close(connection.peer, "silent for 10 s");
      else if (watched === "both" && now - connection.lastWriteMs > quietMs) {
        this.send(connection.peer, Nop, { padding: noData });
      }
    }
  }

  /**
   * Stops listening and ends all connections. Sockets report their ends later, when the world may be stored
   * already: nothing is an input any more.
   */
  async shutDown(): Promise<void> {
    this.#isShutDown = true;
    const closed = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    for (const { socket } of this.#connections.values()) socket.destroy();
    await Promise.all(closed);
  }

  #open(peer: number): Connection | undefined {
    const connection = this.#connections.get(peer);
    if (connection === undefined || connection.closing !== undefined) return undefined;
    if (!connection.dirty) {
      connection.dirty = true;
      this.#dirty[this.#dirtyCount++] = connection;
    }
    return connection;
  }

  #accept(accepted: net.Socket, handler: PortHandler): void {
    const { remoteAddress = "", remotePort = 0 } = accepted;
    const ip = parseIpv4(remoteAddress.replace(/^::ffff:/, ""));
    if (ip === undefined) {
      accepted.destroy();
      return;
    }
    const now = this.#clock();
    const peer = this.#nextPeer++;
    const socket = new PeerSocket(accepted, {
      arrived: (piece) => this.#read(connection, piece),
      closed: () => this.#closed(connection),
    });
    const connection: Connection = {
      peer,
      socket,
      handler,
      address: `${formatIpv4(ip)}:${remotePort}`,
      reader: new FrameReader((type) => handler.ruleOf(peer, type)),
      writer: new Writer(),
      closing: undefined,
      endedMs: undefined,
      dirty: false,
      lastReadMs: now,
      lastWriteMs: now,
    };
    this.#connections.set(peer, connection);
    this.run(() => handler.connected(peer, ip, remotePort));
  }

  #read(connection: Connection, piece: Uint8Array): void {
    if (connection.closing !== undefined) return;
    const now = this.#clock();
    connection.lastReadMs = now;
    this.#poll?.requested(now);
    const { peer, handler, reader } = connection;
    this.traffic.bytesReceived += piece.length;
    this.run(() => {
      try {
        reader.push(piece, (frame) => {
          this.traffic.packetsReceived++;
          if (connection.closing === undefined) handler.frame(peer, frame.type, frame.body);
        });
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        this.#refuse(connection, error);
      }
    });
    this.#poll?.answered();
  }

  /** The peer broke the protocol: the connection ends at once, what was queued for it is lost. */
  #refuse(connection: Connection, error: ProtocolError): void {
    const { handler, address } = connection;
    this.#turn.log("warning", `${handler.name} ${address}: closed: ${error.message}`);
    connection.closing = "";
    connection.writer.reset();
    connection.socket.destroy();
  }

  #closed(connection: Connection): void {
    if (!this.#connections.delete(connection.peer)) return;
    if (connection.closing === undefined && connection.reader.midFrame) {
      const { handler, address } = connection;
      this.#turn.log("warning", `${handler.name} ${address}: closed: it hung up inside a packet`);
    }
    connection.closing ??= "";
    this.run(() => connection.handler.closed(connection.peer));
  }

  #flush(): void {
    if (this.#inTurn) return;
    // Not a queue that is emptied: to shorten an array is a call into the runtime.
    for (let at = 0; at < this.#dirtyCount; at++) {
      const connection = this.#dirty[at];
      if (connection === undefined) continue;
      this.#dirty[at] = undefined;
      connection.dirty = false;
      if (!connection.socket.isDestroyed) this.#write(connection);
    }
    this.#dirtyCount = 0;
  }

  #write(connection: Connection): void {
    const { socket, writer, closing } = connection;
    if (writer.size > 0) {
      connection.lastWriteMs = this.#clock();
      this.traffic.bytesSent += writer.size;
      socket.write(writer.view());
      // What the kernel took at once needs its buffer no more.
      if (socket.unsentBytes === 0) writer.reset();
      else connection.writer = new Writer();
      if (socket.unsentBytes > unsentBytesMax) {
        this.#turn.log("warning", `${connection.address}: closed: it does not read its answers`);
        socket.destroy();
      }
    }
    if (closing === undefined) return;
    const { handler, address } = connection;
    if (closing !== "") this.#turn.log("info", `${handler.name} ${address}: closed: ${closing}`);
    connection.endedMs = this.#clock();
    socket.end();
  }
}

const noData = new Uint8Array(4);
