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

const version = 0x03_00_ea;

/** Text as the bytes of a name. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The registration of a new session on the root folder. */
export function newSession(info: string): Register {
  return {
    variant: "newSession",
    version,
    info: bytesOf(info),
    path: bytesOf("/\0"),
    rejoin: { variant: "none" },
  };
}

/** A session of its own; leaving its scope (`using`) cuts the connection. */
export class WireSession implements Disposable {
  readonly id: number;
  readonly #stream: Socket;
  readonly #client: WireClient;

  private constructor(stream: Socket, client: WireClient, id: number) {
    this.#stream = stream;
    this.#client = client;
    this.id = id;
  }

  static async open(cluster: Cluster): Promise<WireSession> {
    const stream = connect(ports.clients, cluster.master.address);
    const client = new WireClient(stream, { name: "the master", timeoutMs: 40_000 });
    const answer = await client.request(Register, newSession("wire session"), RegisterAnswer);
    if (answer.variant === "session") return new WireSession(stream, client, answer.sessionId);
    throw new Error(`Cannot open a session: the answer is "${answer.variant}"`);
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
