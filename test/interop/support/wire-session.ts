// A mount's conversation with a master without a mount: requests that a kernel would never let through.
// Spec: wire-client-master-1.md section 3, -2.md section 1.

import { connect } from "node:net";
import type { Socket } from "node:net";
import type { Caller } from "../../../daemons/protocol/caller.ts";
import type { Packet } from "../../../daemons/protocol/packet.ts";
import { Register, RegisterAnswer } from "../../../daemons/protocol/packets/client-register.ts";
import { Create, CreateAnswer } from "../../../daemons/protocol/packets/client-tree.ts";
import { Lookup, LookupAnswer } from "../../../daemons/protocol/packets/client-tree.ts";
import {
  MakeDirectory,
  MakeDirectoryAnswer,
} from "../../../daemons/protocol/packets/client-tree.ts";
import { WireClient } from "../../../src/wire/client.ts";
import type { Cluster } from "../cluster.ts";
import { ports } from "../settings.ts";

/** The superuser with his one group. */
export const superuser: Caller = { uid: 0, gid: 0, groups: [] };
export const rootInode = 1;

/** 3.0.117. */
export const ownVersion = 0x03_00_ea;

/** Text as the bytes of a name. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** What a session asks for beyond the usual. */
export interface SessionOptions {
  /** The folder that becomes its root. */
  readonly path?: string;
  /** The client's version as it is sent: the last number doubled. */
  readonly version?: number;
  /** The session that it was before. */
  readonly continues?: { readonly sessionId: number; readonly metaId: bigint };
}

/** The registration of a new session, on the root folder where no other is named. */
export function newSession(info: string, options: SessionOptions = {}): Register {
  const { path = "/", version = ownVersion, continues } = options;
  return {
    variant: "newSession",
    version,
    info: bytesOf(info),
    path: bytesOf(`${path}\0`),
    rejoin: continues === undefined ? { variant: "none" } : { variant: "sessionOf", ...continues },
  };
}

type SessionId = Pick<WireSession, "metaId"> & { readonly sessionId: number };

/** A session of its own; leaving its scope (`using`) cuts the connection. */
export class WireSession implements Disposable {
  readonly id: number;
  readonly metaId: bigint;
  readonly #stream: Socket;
  readonly #client: WireClient;

  private constructor(stream: Socket, client: WireClient, opened: SessionId) {
    this.#stream = stream;
    this.#client = client;
    this.id = opened.sessionId;
    this.metaId = opened.metaId;
  }

  static async open(cluster: Cluster, options: SessionOptions = {}): Promise<WireSession> {
    return WireSession.#register(cluster, newSession("wire session", options));
  }

  /** A session of the meta file system. */
  static async openMeta(cluster: Cluster): Promise<WireSession> {
    const rejoin = { variant: "none" } as const;
    const info = bytesOf("wire meta session");
    const request = { variant: "newMetaSession", version: ownVersion, info, rejoin } as const;
    return WireSession.#register(cluster, request);
  }

  static async #register(cluster: Cluster, request: Register): Promise<WireSession> {
    const stream = connect(ports.clients, cluster.master.address);
    const client = new WireClient(stream, { name: "the master", timeoutMs: 40_000 });
    const answer = await client.request(Register, request, RegisterAnswer);
    if (answer.variant === "session" || answer.variant === "metaSession")
      return new WireSession(stream, client, answer);
    throw new Error(`Cannot open a session: the answer is ${JSON.stringify(answer)}`);
  }

  /** Asks and waits for the answer. */
  async ask<Q, A>(request: Packet<Q>, body: Q, answer: Packet<A>): Promise<A> {
    return this.#client.request(request, body, answer);
  }

  /** Makes a directory and gives its inode. */
  async makeDirectory(parent: number, name: string): Promise<number> {
    const what = { messageId: 1, parent, name: bytesOf(name), mode: 0o755, umask: 0 };
    const body = { ...what, caller: superuser, copySgid: 0 };
    return inodeOf(await this.ask(MakeDirectory, body, MakeDirectoryAnswer));
  }

  /** Makes a file, open for this session, and gives its inode. */
  async create(parent: number, name: string): Promise<number> {
    const what = { messageId: 1, parent, name: bytesOf(name), mode: 0o644, umask: 0 };
    return inodeOf(await this.ask(Create, { ...what, caller: superuser }, CreateAnswer));
  }

  async lookup(parent: number, name: string): Promise<number> {
    const body = { messageId: 1, parent, name: bytesOf(name), caller: superuser };
    return inodeOf(await this.ask(Lookup, body, LookupAnswer));
  }

  /** Sends what has no answer. */
  tell<Q>(notice: Packet<Q>, body: Q): void {
    for (const block of notice.encode(body)) this.#stream.write(block);
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

function inodeOf(answer: { readonly variant: string; readonly inode?: number }): number {
  if (answer.inode !== undefined) return answer.inode;
  throw new Error(`Cannot use a node: the answer is ${JSON.stringify(answer)}`);
}
