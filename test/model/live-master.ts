// The real master core for the model test: requests go in as bytes, what it sends is collected, chunkservers
// answer every command at once, the clock is driven by hand.

import { Prng } from "../../daemons/base/prng.ts";
import { headerBytes, joinBlocks } from "../../daemons/protocol/packet.ts";
import type { Packet } from "../../daemons/protocol/packet.ts";
import * as commands from "../../daemons/protocol/packets/chunkserver-commands.ts";
import { RegisterChunkserver } from "../../daemons/protocol/packets/chunkserver-register.ts";
import { Register, RegisterAnswer } from "../../daemons/protocol/packets/client-register.ts";
import { ReadDirectoryAnswer } from "../../daemons/protocol/packets/client-tree.ts";
import { requestsOf } from "../../daemons/protocol/packets/client-requests.ts";
import { spokenVersion } from "../../daemons/protocol/version.ts";
import { defaultChunkSettings } from "../../daemons/master/core/chunks/settings.ts";
import { MasterCore } from "../../daemons/master/core/core.ts";
import { defaultJobSettings } from "../../daemons/master/core/jobs/settings.ts";
import type { Settings } from "../../daemons/master/core/settings.ts";
import type { Outbox } from "../../daemons/master/core/service.ts";
import { emptyWorld } from "../../daemons/master/core/store/world.ts";
import type { NaiveEvent } from "./naive-fs.ts";
import { plain } from "./plain.ts";

const gigabyte = 1024 ** 3;
const never = 2 ** 31;
const chunkserverPeers = [1, 2, 3] as const;
const chunkserverPort = 9422;
const chunkserverNetwork = 0x0a00_0100;
/** Names of answers by their number. */
const answerNames = new Map<number, string>();
for (const exchanges of [requestsOf.mount, requestsOf.tools]) {
  for (const { answer } of exchanges.values()) {
    if (answer !== undefined) answerNames.set(answer.id, answer.name);
  }
}

/** A command that a chunkserver has not answered. */
interface Command {
  readonly peer: number;
  readonly packet: Packet<{ chunkId: number; status: number }>;
  readonly chunkId: number;
}

/** Exports, and what else the model decides. */
export type LiveSettings = Pick<Settings, "exports" | "inodeReuseDelay" | "sessionSustainSeconds">;

/** The core under test. */
export class LiveMaster {
  readonly core: MasterCore;
  /** Lines of the changelog, with their times. */
  readonly lines: string[] = [];
  readonly servers = chunkserverPeers.length;
  events: NaiveEvent[] = [];
  closed: number[] = [];
  now: number;
  #commands: Command[] = [];
  #listings = new Map<number, boolean>();
  #registered: RegisterAnswer | undefined;
  #ms = 0;

  constructor(now: number, settings: LiveSettings) {
    this.now = now;
    const prng = new Prng(now);
    this.core = new MasterCore({
      world: emptyWorld(now),
      outbox: this.#outbox(),
      settings: {
        ...settings,
        atimeMode: 2,
        hardLinksMax: 32_767,
        exportsChecksum: 1n,
        topology: [],
        chunks: { ...defaultChunkSettings, timeoutSeconds: 60_000 },
        jobs: { ...defaultJobSettings, startDelaySeconds: never },
        option: () => "",
      },
      prng,
      randomBytes: (count) => prng.bytes(count),
      nowMicroseconds: now * 1_000_000,
    });
    this.core.setTime(now * 1_000_000, 0);
    for (const peer of chunkserverPeers) this.#join(peer);
    this.#tick();
  }

  /** One second passes, with one tick at its end. */
  passSecond(): void {
    this.now++;
    this.#ms += 1000;
    this.#tick();
  }

  #tick(): void {
    // The test of all files clears slots in its own time, which the naive side does not know: it is put off.
    this.core.fileTest.serverLost();
    this.core.setTime(this.now * 1_000_000, this.#ms);
    this.core.tick();
    // Nobody is to be taken for dead.
    for (const peer of chunkserverPeers) this.core.frame(peer, 0, new Uint8Array(0));
  }

  /** Connects and registers; the session's id, or the status that refused it. */
  register(peer: number, ip: number, asked: Register): number | { readonly sessionId: number } {
    this.core.clientConnected(peer, ip);
    this.#registered = undefined;
    this.send(peer, Register, asked);
    const answer = this.#registered as RegisterAnswer | undefined;
    if (answer === undefined) throw new Error("Cannot register: no answer came");
    if ("sessionId" in answer) return { sessionId: answer.sessionId };
    return "status" in answer ? answer.status : -1;
  }

  send<T>(peer: number, packet: Packet<T>, body: T): void {
    const frame = joinBlocks(packet.encode(body));
    this.core.frame(peer, packet.id, frame.subarray(headerBytes));
  }

  /** A request of a client; listings have to be read as they were asked for. */
  request(peer: number, packet: Packet<unknown>, body: { readonly messageId?: number }): void {
    const { messageId = 0 } = body;
    if ("entriesMax" in body && "flags" in body) {
      this.#listings.set(messageId, (Number(body.flags) & 1) !== 0);
    }
    this.send(peer, packet, body);
  }

  get hasCommands(): boolean {
    return this.#commands.length > 0;
  }

  /** The chunkservers do what they were told, until there is nothing more to do. */
  answerCommands(status = 0): void {
    while (this.#commands.length > 0) {
      const all = this.#commands;
      this.#commands = [];
      for (const { peer, packet, chunkId } of all) this.send(peer, packet, { chunkId, status });
    }
  }

  /** Ends a session in order; the master closes the connection. */
  close(peer: number, asked: Register): void {
    this.send(peer, Register, asked);
    for (const closed of this.closed.splice(0)) this.core.closed(closed);
  }

  disconnect(peer: number): void {
    this.core.closed(peer);
  }

  /** What was sent since the last call. */
  takeEvents(): NaiveEvent[] {
    const { events } = this;
    this.events = [];
    return events;
  }

  #join(peer: number): void {
    this.core.chunkserverConnected(peer, chunkserverNetwork + peer);
    const space = { usedBytes: gigabyte, totalBytes: 1000 * gigabyte, chunks: 0 };
    const removal = { removalUsedBytes: 0, removalTotalBytes: 0, removalChunks: 0 };
    const identity = { version: spokenVersion, ip: 0, port: chunkserverPort, timeoutSeconds: 0 };
    const begin = {
      variant: "begin",
      chunkserverId: 0,
      ...identity,
      ...space,
      ...removal,
    } as const;
    this.send(peer, RegisterChunkserver, begin);
    this.send(peer, RegisterChunkserver, { variant: "end" });
  }

  #outbox(): Outbox {
    return {
      journal: (version, line) => this.lines.push(`${version}: ${line}`),
      send: (peer, packet, body) => {
        // Encoding proves that the body is one of the packet's, and decoding that it can be read.
        const frame = joinBlocks(packet.encode(body));
        if (peer <= this.servers) this.#command(peer, packet, body);
        else this.#answer(peer, packet, { body, frame });
      },
      sendStatus: (peer, answer, { messageId, status }) => {
        const packet = answerNames.get(answer.id) ?? `answer ${answer.id}`;
        this.events.push({ peer, packet, messageId, value: status });
      },
      close: (peer) => this.closed.push(peer),
      log: () => undefined,
    };
  }

  #command(peer: number, packet: Pick<Packet<unknown>, "id">, body: unknown): void {
    const { id } = packet;
    if (id === commands.CreateChunk.id) {
      this.#expect(peer, commands.CreateChunkAnswer, (body as commands.CreateChunk).chunkId);
    } else if (id === commands.SetChunkVersion.id) {
      const { chunkId } = body as commands.SetChunkVersion;
      this.#expect(peer, commands.SetChunkVersionAnswer, chunkId);
    } else if (id === commands.TruncateChunk.id) {
      this.#expect(peer, commands.TruncateChunkAnswer, (body as commands.TruncateChunk).chunkId);
    } else if (id === commands.DuplicateChunk.id) {
      const { newChunkId } = body as commands.DuplicateChunk;
      this.#expect(peer, commands.DuplicateChunkAnswer, newChunkId);
    } else if (id === commands.DuplicateTruncateChunk.id) {
      const { newChunkId } = body as commands.DuplicateTruncateChunk;
      this.#expect(peer, commands.DuplicateTruncateChunkAnswer, newChunkId);
    } else if (id === commands.DeleteChunk.id || id === commands.ReplicateChunk.id) {
      throw new Error("The job loop works although it is switched off");
    }
  }

  #expect(peer: number, packet: Command["packet"], chunkId: number): void {
    this.#commands.push({ peer, packet, chunkId });
  }

  #answer<T>(
    peer: number,
    packet: Packet<T>,
    { body, frame }: { readonly body: T; readonly frame: Uint8Array },
  ): void {
    if (packet.id === RegisterAnswer.id) {
      this.#registered = RegisterAnswer.decode(frame.subarray(headerBytes).slice());
      return;
    }
    const { messageId = 0 } = body as { messageId?: number };
    if (packet.name === "NOP") return;
    let withAttributes = false;
    if (packet.id === ReadDirectoryAnswer.id) {
      withAttributes = this.#listings.get(messageId) ?? false;
      this.#listings.delete(messageId);
    }
    const value = plain(body, withAttributes);
    this.events.push({ peer, packet: packet.name, messageId, value });
  }
}
