// A master with connections that register, lock and close: requests go in, what was sent stands in a list.

import assert from "node:assert/strict";
import type { Client } from "../../../../../daemons/master/core/client.ts";
import type { Operation } from "../../../../../daemons/master/core/ops/operation.ts";
import { Registrar } from "../../../../../daemons/master/core/register.ts";
import type { Newcomer, RegistrarHost } from "../../../../../daemons/master/core/register.ts";
import type { Outbox, Service } from "../../../../../daemons/master/core/service.ts";
import type { ExportsRow } from "../../../../../daemons/master/core/sessions/exports-choice.ts";
import { headerBytes, joinBlocks } from "../../../../../daemons/protocol/packet.ts";
import type { StatusBody } from "../../../../../daemons/protocol/answer.ts";
import type { Packet } from "../../../../../daemons/protocol/packet.ts";
import type {
  Register,
  RegisterAnswer,
} from "../../../../../daemons/protocol/packets/client-register.ts";
import { spokenVersion } from "../../../../../daemons/protocol/version.ts";
import { bytes, TestMaster } from "../ops/test-master.ts";

/** A row that lets everybody mount everything. */
export const openRow: ExportsRow = {
  fromAddress: 0,
  toAddress: 0xffff_ffff,
  minVersion: 0,
  meta: false,
  path: new Uint8Array(0),
  allDirs: true,
  passwordDigest: null,
  rootRedefined: true,
  sessionFlags: 0x08,
  umask: 0,
  rootUid: 0,
  rootGid: 0,
  mapAllUid: 999,
  mapAllGid: 999,
  goalMin: 1,
  goalMax: 9,
  trashTimeMin: 0,
  trashTimeMax: 0xffff_ffff,
  disables: 0,
};

/** A packet or a status on its way to a connection. */
export interface Sent {
  readonly peer: number;
  readonly id: number;
  readonly messageId: number;
  readonly value: unknown;
}

export const homeAddress = 0x0a00_0001;
export const challenge = Uint8Array.from({ length: 32 }, (_, index) => index + 1);

export class SessionHost {
  readonly master = new TestMaster();
  readonly sent: Sent[] = [];
  readonly closed: number[] = [];
  readonly clients = new Map<number, Client>();
  readonly host: RegistrarHost;
  readonly registrar: Registrar;
  exports: readonly ExportsRow[] = [openRow];
  exportsChecksum = 7n;
  #peers = 500;

  constructor() {
    const { service, world } = this.master;
    const startedAt = this.master.now;
    const config = () => ({
      ...service.config,
      exports: this.exports,
      exportsChecksum: this.exportsChecksum,
    });
    const own = {
      outbox: this.#outbox(),
      startedAt,
      randomBytes: () => challenge,
      clients: this.clients,
      acquire: (session: number, inode: number) => {
        if (world.openFiles.has(session, inode)) return;
        this.master.commit({ op: "ACQUIRE", session, inode });
      },
    };
    this.host = Object.assign(Object.create(service) as Service, own);
    Object.defineProperty(this.host, "config", { get: config });
    this.registrar = new Registrar(this.host);
  }

  /** A connection that has not registered. */
  newcomer(ip = homeAddress): Newcomer {
    return { peer: this.#peers++, ip, challenge: undefined };
  }

  /** Registers; the client that the connection became. */
  register(from: Newcomer, asked: Register): Client | undefined {
    const client = this.registrar.unregistered(from, asked);
    if (client !== undefined) this.clients.set(client.peer, client);
    return client;
  }

  /** A mount that has registered. */
  mount(): Client {
    const client = this.register(this.newcomer(), newSession({}));
    assert(client !== undefined);
    return client;
  }

  disconnect(client: Client): void {
    this.clients.delete(client.peer);
    this.registrar.disconnected(client);
  }

  /** The last answer to a registration on this connection. */
  answerTo(from: { readonly peer: number }): RegisterAnswer | undefined {
    const found = this.sent.findLast(({ peer, id }) => peer === from.peer && id === 401);
    return found?.value as RegisterAnswer | undefined;
  }

  request<T>(client: Client, operation: Operation, packet: Packet<T>, body: T): void {
    operation.run(client, joinBlocks(packet.encode(body)).subarray(headerBytes));
  }

  /** What was sent since the last call. */
  takeSent(): readonly Sent[] {
    return this.sent.splice(0);
  }

  #outbox(): Outbox {
    return {
      journal: () => undefined,
      send: (peer, packet, value) => {
        packet.encode(value);
        const { messageId, status } = value as Partial<StatusBody>;
        const shown = messageId === undefined ? value : (status ?? value);
        this.sent.push({ peer, id: packet.id, messageId: messageId ?? 0, value: shown });
      },
      sendStatus: (peer, { id }, { messageId, status }) => {
        this.sent.push({ peer, id, messageId, value: status });
      },
      close: (peer) => void this.closed.push(peer),
      log: () => undefined,
    };
  }
}

type NewSession = Extract<Register, { readonly variant: "newSession" }>;

/** A registration of the whole tree, unless it says otherwise. */
export function newSession(other: Partial<NewSession>): NewSession {
  return {
    variant: "newSession",
    version: spokenVersion,
    info: bytes("/mnt/mfs\0"),
    path: bytes("/\0"),
    rejoin: { variant: "none" },
    ...other,
  };
}

/** The session comes back on a new connection. */
export function reconnect(sessionId: number, metaId: bigint | undefined): Register {
  return { variant: "reconnect", sessionId, version: spokenVersion, metaId };
}
