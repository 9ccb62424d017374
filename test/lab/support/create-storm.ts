// Clients that create files as fast as a master answers, and remember what they asked for and what was acknowledged
// when; and the reader that looks afterwards. No mount in between: no cache can tell of what the master does not have.
// Spec: wire-client-master-2.md 2.9, 2.12, 3.2.

import { once } from "node:events";
import { connect } from "node:net";
import { Register, RegisterAnswer } from "../../../daemons/protocol/packets/client-register.ts";
import {
  Create,
  CreateAnswer,
  directoryEntries,
  MakeDirectory,
  MakeDirectoryAnswer,
  ReadDirectory,
  ReadDirectoryAnswer,
} from "../../../daemons/protocol/packets/client-tree.ts";
import { MfsctlError } from "../../../src/errors.ts";
import { WireClient } from "../../../src/wire/client.ts";

const port = 9421;
const rootInode = 1;
const version = 0x03_00_ea;
const caller = { uid: 0, gid: 0, groups: [] };
const answerLimitMs = 30_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One answer that said that a file was made. */
export interface Acknowledged {
  readonly inode: number;
  /** Of this process's monotonic clock. */
  readonly atMs: number;
}

/** What one client did: files "0", "1", "2" and so on in a folder of its own, one after another. */
export interface Writer {
  readonly folder: string;
  readonly folderInode: number;
  /** How many files it asked for; the last one may have had no answer. */
  asked: number;
  /** By the number of the file. */
  readonly acknowledged: Acknowledged[];
}

/** A session of a client. Leaving its scope (`using`) cuts the connection. */
export class TreeClient implements Disposable {
  readonly #client: WireClient;

  private constructor(client: WireClient) {
    this.#client = client;
  }

  static async open(address: string): Promise<TreeClient> {
    const stream = connect(port, address).setNoDelay();
    await once(stream, "connect");
    const client = new WireClient(stream, { name: address, timeoutMs: answerLimitMs });
    const body = {
      variant: "newSession" as const,
      version,
      info: encoder.encode("create storm"),
      path: encoder.encode("/\0"),
      rejoin: { variant: "none" as const },
    };
    const answer = await client.request(Register, body, RegisterAnswer);
    if (answer.variant === "session") return new TreeClient(client);
    throw new Error(`Cannot open a session: the answer is "${answer.variant}", expected a session`);
  }

  /** Makes a folder in the root and gives its inode. */
  async makeFolder(name: string): Promise<number> {
    const what = { messageId: 1, parent: rootInode, name: encoder.encode(name) };
    const body = { ...what, mode: 0o755, umask: 0, caller, copySgid: 0 };
    return inodeOf(await this.#client.request(MakeDirectory, body, MakeDirectoryAnswer));
  }

  /** Makes a file and gives its inode. */
  async createFile(parent: number, name: string): Promise<number> {
    const body = {
      messageId: 1,
      parent,
      name: encoder.encode(name),
      mode: 0o644,
      umask: 0,
      caller,
    };
    return inodeOf(await this.#client.request(Create, body, CreateAnswer));
  }

  /** The inodes of a folder's entries by their names. */
  async list(inode: number = rootInode): Promise<ReadonlyMap<string, number>> {
    const range = { entriesMax: 0xffff_ffff, nextEdge: 0n };
    const body = { messageId: 1, inode, caller, flags: 0, ...range };
    const answer = await this.#client.request(ReadDirectory, body, ReadDirectoryAnswer);
    if (answer.variant !== "full") throw new Error(`Cannot list ${inode}: status ${answer.status}`);
    const found = new Map<string, number>();
    for (const { name, inode: child } of directoryEntries(answer.entries, false)) {
      const text = decoder.decode(name);
      if (text !== "." && text !== "..") found.set(text, child);
    }
    return found;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** Several clients at once. */
export class CreateStorm {
  readonly writers: readonly Writer[];
  readonly #clients: readonly TreeClient[];
  readonly #ends: Promise<unknown>;
  readonly #startMs = performance.now();
  readonly #watches: { readonly afterMs: number; readonly resolve: () => void }[] = [];

  private constructor(clients: readonly TreeClient[], writers: readonly Writer[]) {
    this.#clients = clients;
    this.writers = writers;
    this.#ends = Promise.all(
      clients.map(async (client, index) => this.#write(client, writers[index] as Writer)),
    );
  }

  /** Makes a folder for each client and lets them go. */
  static async start(address: string, name: string, count: number): Promise<CreateStorm> {
    const clients: TreeClient[] = [];
    const writers: Writer[] = [];
    for (let index = 0; index < count; index++) {
      const client = await TreeClient.open(address);
      const folder = `${name}-${index}`;
      const folderInode = await client.makeFolder(folder);
      clients.push(client);
      writers.push({ folder, folderInode, asked: 0, acknowledged: [] });
    }
    return new CreateStorm(clients, writers);
  }

  /** When the last file was acknowledged. */
  get lastMs(): number {
    return Math.max(...this.writers.map(({ acknowledged }) => acknowledged.at(-1)?.atMs ?? 0));
  }

  get acknowledgedCount(): number {
    return this.writers.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
  }

  /** Resolves with the first acknowledgement that comes so long after the start. */
  async acknowledgedAfter(afterMs: number): Promise<void> {
    const reached = new Promise<void>((resolve) => this.#watches.push({ afterMs, resolve }));
    await Promise.race([reached, this.#ends]);
  }

  /** Ends the connections of a master that is gone. */
  async end(): Promise<void> {
    for (const client of this.#clients) client[Symbol.dispose]();
    await this.#ends;
  }

  async #write(client: TreeClient, writer: Writer): Promise<void> {
    try {
      for (;;) {
        const name = String(writer.asked++);
        const inode = await client.createFile(writer.folderInode, name);
        const atMs = performance.now();
        writer.acknowledged.push({ inode, atMs });
        for (const { afterMs, resolve } of this.#watches) {
          if (atMs - this.#startMs >= afterMs) resolve();
        }
      }
    } catch (error) {
      // The end of the connection is the end of the writer; a refused file is not.
      if (!(error instanceof MfsctlError)) throw error;
    }
  }
}

function inodeOf(answer: { readonly variant: string; readonly inode?: number }): number {
  if (answer.inode !== undefined) return answer.inode;
  throw new Error(`Cannot make a node: the answer is ${JSON.stringify(answer)}`);
}
