// A master without connections: requests go in as bytes, answers come out as values, the changelog as lines.
// The tree is made through the changelog, as everywhere.

import assert from "node:assert/strict";
import { Prng } from "../../../../../daemons/base/prng.ts";
import { attributesBytes, decodeAttributes } from "../../../../../daemons/protocol/attributes.ts";
import type { Caller } from "../../../../../daemons/protocol/caller.ts";
import type { Packet } from "../../../../../daemons/protocol/packet.ts";
import { headerBytes, joinBlocks } from "../../../../../daemons/protocol/packet.ts";
import { spokenVersion } from "../../../../../daemons/protocol/version.ts";
import type {
  EntryOf,
  OperationName,
  ResultOf,
} from "../../../../../daemons/metadata/changelog-entry.ts";
import { ChunkCore } from "../../../../../daemons/master/core/chunks/chunk-core.ts";
import { defaultChunkSettings } from "../../../../../daemons/master/core/chunks/settings.ts";
import { defaultJobSettings } from "../../../../../daemons/master/core/jobs/settings.ts";
import { Client } from "../../../../../daemons/master/core/client.ts";
import { Counters } from "../../../../../daemons/master/core/counters.ts";
import { DataCache } from "../../../../../daemons/master/core/data-cache.ts";
import { Journal } from "../../../../../daemons/master/core/journal.ts";
import type { Operation } from "../../../../../daemons/master/core/ops/operation.ts";
import type { Service } from "../../../../../daemons/master/core/service.ts";
import type { CopyState } from "../../../../../daemons/master/core/store/copies.ts";
import { nodeType } from "../../../../../daemons/master/core/store/nodes.ts";
import type { SessionTerms } from "../../../../../daemons/master/core/store/sessions.ts";
import { emptyWorld } from "../../../../../daemons/master/core/store/world.ts";
import { WaitingRequests } from "../../../../../daemons/master/core/waiting.ts";

const start = 1_795_000_000;
const text = new TextEncoder();
const rootDirectory = 1;

/** The super-user with one group. */
export const root: Caller = { uid: 0, gid: 0, groups: [] };
/** Somebody else. */
export const user: Caller = { uid: 1000, gid: 100, groups: [] };

/** What was sent to a connection. */
export interface SentPacket {
  readonly peer: number;
  readonly name: string;
  readonly value: unknown;
}

/** A name, or any text, as bytes. */
export function bytes(name: string): Uint8Array {
  return text.encode(name);
}

/** The master: its state, what it sent, what it logged. */
export class TestMaster {
  readonly world = emptyWorld(start);
  readonly lines: string[] = [];
  readonly sent: SentPacket[] = [];
  readonly chunkCore: ChunkCore;
  readonly service: Service;
  now = start + 100;
  #peers = 100;

  constructor() {
    const { world, sent, lines } = this;
    const journal = new Journal(
      world,
      (_version, line) => lines.push(line.slice(line.indexOf("|") + 1)),
      () => this.now,
    );
    const send = <T>(peer: number, packet: Packet<T>, value: T): void => {
      // Encoding proves that the value is one of the packet's.
      packet.encode(value);
      sent.push({ peer, name: packet.name, value: shown(value) });
    };
    this.chunkCore = new ChunkCore({
      chunks: world.chunks,
      book: world.servers,
      rules: world.classes,
      prng: new Prng(1),
      out: { send, close: () => undefined },
      commit: journal.commit,
      events: {
        operationDone: () => undefined,
        chunkUnlocked: () => undefined,
        invalidateClientCaches: () => undefined,
        serverLost: () => undefined,
        log: () => undefined,
      },
      metaId: () => 1n,
      randomBytes: (count) => new Uint8Array(count),
    });
    this.chunkCore.setTime(this.now, 0);
    const clients = new Map<number, Client>();
    const currentTime = () => this.now;
    this.service = {
      world,
      commit: journal.commit,
      outbox: {
        journal: () => undefined,
        send,
        sendStatus: (peer, answer, body) =>
          sent.push({ peer, name: `status of ${answer.id}`, value: body.status }),
        close: () => undefined,
        log: () => undefined,
      },
      config: {
        atimeMode: 0,
        hardLinksMax: 32_767,
        inodeReuseDelay: 86_400,
        sessionSustainSeconds: 86_400,
        exportsChecksum: 0n,
        exports: [],
        topology: [],
        chunks: defaultChunkSettings,
        jobs: defaultJobSettings,
        option: () => "",
      },
      chunkCore: this.chunkCore,
      counters: new Counters(),
      dataCache: new DataCache(),
      waiting: new WaitingRequests(),
      get now() {
        return currentTime();
      },
      get nowMicroseconds() {
        return currentTime() * 1_000_000;
      },
      reservations: new Map(),
      clients,
      acquire: (session, inode) => {
        journal.commit({ op: "ACQUIRE", session, inode });
      },
      awaitOperation: () => undefined,
      finish: () => true,
      unlockChunk: () => 0,
      tellOthers: (from, inode, packet, value) => {
        for (const client of clients.values()) {
          const open = world.openFiles.has(client.session.id, inode);
          if (client !== from && client.kind === "mount" && open) client.send(packet, value);
        }
      },
    };
    this.#clients = clients;
  }

  readonly #clients: Map<number, Client>;

  /** A registered connection with a session of its own. */
  connect(kind: Client["kind"] = "mount", terms: Partial<SessionTerms> = {}): Client {
    const { session: id } = this.commit({
      op: "SESADD",
      exportsChecksum: 0n,
      rootInode: rootDirectory,
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
      peerAddress: 0x0a00_0001,
      info: bytes("/mnt"),
      ...terms,
    });
    const session = this.world.sessions.get(id);
    assert(session !== undefined);
    const peer = this.#peers++;
    const connection = { peer, ip: 0x0a00_0001, version: spokenVersion, kind, session };
    const client = new Client(this.service, connection);
    this.#clients.set(peer, client);
    return client;
  }

  /** Commits a change that must be possible. */
  commit<O extends OperationName>(entry: EntryOf<O>): ResultOf<O> {
    const done = this.service.commit(entry);
    if (typeof done === "number") assert.fail(`${entry.op} answers ${done}`);
    return done;
  }

  /** Asks: the answer is a status, or a record without its message id, attributes decoded. */
  ask(client: Client, operation: Operation, request: object): unknown {
    const asked = { messageId: 7, ...request };
    const frame = joinBlocks(operation.request.encode(asked));
    const before = this.sent.length;
    operation.run(client, frame.subarray(headerBytes));
    const answers = this.sent.slice(before).filter(({ name }) => isAnswer(name, operation));
    assert.equal(answers.length, 1, "every request has one answer");
    return answers[0]?.value;
  }

  /** Lines of the changelog since the last call, without their times. */
  takeLines(): readonly string[] {
    return this.lines.splice(0);
  }

  directory(parent: number, name: string, owner: Caller = root, mode = 0o755): number {
    return this.#make(nodeType.directory, parent, name, { owner, mode });
  }

  file(parent: number, name: string, owner: Caller = root, mode = 0o644): number {
    return this.#make(nodeType.file, parent, name, { owner, mode });
  }

  fifo(parent: number, name: string): number {
    return this.#make(nodeType.fifo, parent, name, { owner: root, mode: 0o644 });
  }

  link(inode: number, parent: number, name: string): void {
    this.commit({ op: "LINK", inode, parent, name: bytes(name) });
  }

  remove(parent: number, name: string): void {
    this.commit({ op: "UNLINK", parent, name: bytes(name) });
  }

  /** Sets extra attribute bits. */
  mark(inode: number, eattr: number): void {
    this.commit({ op: "SETEATTR", inode, uid: 0, eattr, mode: 1 });
  }

  /** Writes a new chunk into a slot; the file is `length` bytes long then. Returns the chunk's id. */
  write(inode: number, index: number, length: bigint): number {
    const { chunk } = this.commit({ op: "WRITE", inode, index, opflag: 1, touch: 0 });
    this.commit({ op: "LENGTH", inode, length, touch: 0 });
    this.commit({ op: "UNLOCK", chunk });
    return chunk;
  }

  /** A chunkserver that has registered; its slot. Its address is 10.0.1.`id`:9422. */
  chunkserver(id: number): number {
    const entry = this.world.servers.add(0x0a00_0100 + id, 9422, id);
    const server = this.chunkCore.servers.add(1000 + id, entry, spokenVersion);
    this.world.servers.connect(entry, server.slot);
    this.chunkCore.servers.endRegistration(server);
    return server.slot;
  }

  addCopy(chunkId: number, slot: number, state: CopyState, version = 1): void {
    this.chunkCore.addCopy(this.world.chunks.find(chunkId), slot, state, version);
  }

  #make(
    type: number,
    parent: number,
    name: string,
    { owner, mode }: { readonly owner: Caller; readonly mode: number },
  ): number {
    const { uid, gid } = owner;
    const made = { op: "CREATE", parent, name: bytes(name), type, mode, umask: 0 } as const;
    return this.commit({ ...made, uid, gid, rdev: 0 }).inode;
  }
}

function isAnswer(name: string, { answer }: Operation): boolean {
  return name === answer.name || name === `status of ${answer.id}`;
}

/** A copy of an answer that later ones cannot change: without its message id, with attributes decoded. */
function shown(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([name]) => name !== "messageId");
  return Object.fromEntries(fields.map(([name, field]) => [name, shownField(name, field)]));
}

function shownField(name: string, field: unknown): unknown {
  if (!(field instanceof Uint8Array)) return field;
  const copy = field.slice();
  return name === "attributes" && copy.length === attributesBytes ? decodeAttributes(copy) : copy;
}
