// The chunkserver port without its sockets: packets in, packets out, time by ticks. Connections that break
// the protocol or stay silent are closed. Spec: wire-chunkserver.md sections 2.1 to 2.7.

import type { Packet } from "../../../protocol/packet.ts";
import { ProtocolError } from "../../../protocol/protocol-error.ts";
import * as any from "../../../protocol/packets/any.ts";
import { forEachChunk, forEachChunkId } from "../../../protocol/packets/chunkserver-chunk-list.ts";
import * as commands from "../../../protocol/packets/chunkserver-commands.ts";
import * as registration from "../../../protocol/packets/chunkserver-register.ts";
import * as reports from "../../../protocol/packets/chunkserver-reports.ts";
import { spokenVersion } from "../../../protocol/version.ts";
import type { ChunkCore } from "./chunk-core.ts";
import { Connection } from "./connection.ts";
import { onCopyDamaged, onCopyFound, onCopyLost } from "./copy-reports.ts";
import { onOperationAnswer } from "./operations.ts";
import { onRegister } from "./registration.ts";
import { everySecond, forgetUnusedServers, onLoad, onServerGone, Sweep } from "./server-upkeep.ts";
import type { PeerId, Server } from "./server.ts";
import { onDeleteAnswer, onReplicateAnswer } from "./transfers.ts";

const nothing = new Uint8Array(0);
const versionText = "3.0.117-1";
/** A longer pause of ours is not held against peers. */
const stallMs = 1000;
const unusedCheckSeconds = 600;

/** Serves chunkservers. All else about chunks is done with the core. */
export class Chunkservers {
  readonly #core: ChunkCore;
  readonly #configValue: (name: string) => string;
  readonly #connections = new Map<PeerId, Connection>();
  readonly #sweep = new Sweep();
  #lastTickMs: number | undefined;
  #lastSecond = 0;
  #unusedCheckAt = 0;

  /** `configValue` is the text of an option in the master's configuration file. */
  constructor(core: ChunkCore, configValue: (name: string) => string = () => "") {
    this.#core = core;
    this.#configValue = configValue;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#connections.size;
  }

  onConnected(peer: PeerId, ip: number): void {
    const at = { nowMs: this.#core.nowMs, timeoutMs: this.#core.settings.timeoutSeconds * 1000 };
    this.#connections.set(peer, new Connection(peer, ip, at));
  }

  /** Throws `ProtocolError` for what cannot be read: the connection is to be closed then. */
  onPacket(peer: PeerId, type: number, body: Uint8Array): void {
    const connection = this.#connections.get(peer);
    if (connection === undefined) return;
    this.#receive(connection, type, body);
    this.#core.deliver();
  }

  #receive(connection: Connection, type: number, body: Uint8Array): void {
    connection.lastReceivedMs = this.#core.nowMs;
    if (this.#onAnyPacket(connection, type, body)) return;
    if (type === registration.RegisterChunkserver.id) {
      const step = registration.RegisterChunkserver.decode(body);
      const reason = onRegister(this.#core, connection, step);
      if (reason !== undefined) this.#close(connection, reason);
      return;
    }
    const { server } = connection;
    if (server === undefined) throw unknownPacket(type);
    if (!this.#onAnswer(server, type, body)) this.#onReport(server, type, body);
  }

  /** The connection is gone. */
  onClosed(peer: PeerId): void {
    const connection = this.#connections.get(peer);
    if (connection === undefined) return;
    this.#connections.delete(peer);
    if (connection.server !== undefined) onServerGone(this.#core, connection.server);
    this.#core.deliver();
  }

  /** Fifty times a second, after `core.setTime`. */
  tick(): void {
    const core = this.#core;
    this.#forgiveStall();
    for (const connection of this.#connections.values()) this.#watch(connection);
    this.#sweep.tick(core);
    this.#everySecond();
    core.deliver();
  }

  #everySecond(): void {
    const core = this.#core;
    if (core.now === this.#lastSecond) return;
    this.#lastSecond = core.now;
    everySecond(core);
    if (core.now < this.#unusedCheckAt) return;
    this.#unusedCheckAt = core.now + unusedCheckSeconds;
    forgetUnusedServers(core);
  }

  #forgiveStall(): void {
    const { nowMs } = this.#core;
    const pause = nowMs - (this.#lastTickMs ?? nowMs);
    this.#lastTickMs = nowMs;
    if (pause <= stallMs) return;
    for (const connection of this.#connections.values()) connection.lastReceivedMs += pause;
  }

  #watch(connection: Connection): void {
    const { nowMs } = this.#core;
    if (nowMs - connection.lastReceivedMs > connection.timeoutMs) {
      this.#close(connection, "was silent for too long");
      return;
    }
    // Before the registration's first answer a NOP would dead-lock a stock chunkserver.
    const { server } = connection;
    if (server === undefined || nowMs - server.lastSentMs <= connection.timeoutMs / 3) return;
    this.#core.out.send(connection.peer, any.Nop, { padding: nothing });
  }

  #close(connection: Connection, reason: string): void {
    this.#core.out.close(connection.peer, reason);
    this.onClosed(connection.peer);
  }

  #onAnyPacket({ peer }: Connection, type: number, body: Uint8Array): boolean {
    switch (type) {
      case any.Nop.id:
      case any.UnknownCommand.id:
      case any.BadCommandSize.id:
        return true;
      case any.GetVersion.id: {
        const request = any.GetVersion.decode(body);
        const version = { version: spokenVersion, text: versionText };
        this.#core.out.send(peer, any.Version, { ...request, ...version });
        return true;
      }
      case any.GetConfig.id: {
        const { messageId, name } = any.GetConfig.decode(body);
        this.#core.out.send(peer, any.ConfigValue, { messageId, value: this.#configValue(name) });
        return true;
      }
      default:
        return false;
    }
  }

  #onAnswer(server: Server, type: number, body: Uint8Array): boolean {
    const row = operationAnswers.get(type);
    if (row !== undefined) {
      onOperationAnswer(this.#core, server, row.decode(body));
      return true;
    }
    switch (type) {
      case commands.DeleteChunkAnswer.id:
        onDeleteAnswer(this.#core, server, commands.DeleteChunkAnswer.decode(body));
        return true;
      case commands.ReplicateChunkAnswer.id:
        onReplicateAnswer(this.#core, server, commands.ReplicateChunkAnswer.decode(body));
        return true;
      case commands.ChunkChecksumAnswer.id:
        commands.ChunkChecksumAnswer.decode(body);
        return true;
      default:
        return false;
    }
  }

  #onReport(server: Server, type: number, body: Uint8Array): void {
    const core = this.#core;
    switch (type) {
      case reports.ChunkserverSpace.id:
        server.space = reports.ChunkserverSpace.decode(body);
        return;
      case reports.ChunkserverLoad.id:
        onLoad(core, server, reports.ChunkserverLoad.decode(body));
        return;
      case registration.ChunkserverLabels.id:
        server.labelMask = registration.ChunkserverLabels.decode(body).labelMask;
        return;
      case reports.DiskError.id:
        reports.DiskError.decode(body);
        server.errors++;
        return;
      case reports.ChunksDamaged.id:
        forEachChunkId(reports.ChunksDamaged.decode(body).ids, (chunkId) =>
          onCopyDamaged(core, server, chunkId),
        );
        return;
      case reports.ChunksLost.id:
        forEachChunkId(reports.ChunksLost.decode(body).ids, (chunkId) =>
          onCopyLost(core, server, chunkId),
        );
        return;
      case reports.ChunksFound.id:
        forEachChunk(reports.ChunksFound.decode(body).entries, (chunkId, version, removal) =>
          onCopyFound(core, server, chunkId, version, removal),
        );
        return;
      default:
        throw unknownPacket(type);
    }
  }
}

const answerRows = [
  commands.CreateChunkAnswer,
  commands.SetChunkVersionAnswer,
  commands.DuplicateChunkAnswer,
  commands.TruncateChunkAnswer,
  commands.DuplicateTruncateChunkAnswer,
] as const;
const operationAnswers = new Map<number, Packet<commands.CreateChunkAnswer>>(
  answerRows.map((row) => [row.id, row]),
);

function unknownPacket(type: number): ProtocolError {
  const place = { code: "unknownPacket", packet: `type ${type}`, offset: 0 } as const;
  return new ProtocolError(place, "not accepted on this connection now");
}
