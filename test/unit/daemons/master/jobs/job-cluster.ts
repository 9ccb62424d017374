// A job loop with chunkservers that are driven by hand: chunks are put there in any state, time passes,
// commands come out as short texts. Chunkserver N has peer N.

import { ChunkJobs } from "../../../../../daemons/master/core/jobs/chunk-jobs.ts";
import { defaultJobSettings } from "../../../../../daemons/master/core/jobs/settings.ts";
import type { JobSettings } from "../../../../../daemons/master/core/jobs/settings.ts";
import type { Server } from "../../../../../daemons/master/core/chunks/server.ts";
import type { ClassRules } from "../../../../../daemons/master/core/chunks/settings.ts";
import { copyState } from "../../../../../daemons/master/core/store/copies.ts";
import type { CopyState } from "../../../../../daemons/master/core/store/copies.ts";
import * as commands from "../../../../../daemons/protocol/packets/chunkserver-commands.ts";
import { anywhere, FakeCluster, gigabyte } from "../chunks/fake-cluster.ts";

/** Label letters as masks. */
export const label = { a: 1, b: 2, c: 4 } as const;

/** A class of the tests: one text a copy, such as "A", "BC" (both) or "*". */
export interface TestClass {
  readonly labels: readonly string[];
  readonly mode?: number;
}

/** Rules of predefined classes and of those given. */
export function rulesOf(classes: Readonly<Record<number, TestClass>>): ClassRules {
  const expressions = new Map(
    Object.entries(classes).map(([id, { labels }]) => [Number(id), labels.map(expressionOf)]),
  );
  const kept = (id: number) => expressions.get(id) ?? anywhere.keptLabels(id, false);
  return {
    keepMax: (id) => kept(id).length,
    goalOf: (id) => kept(id).length,
    createLabels: kept,
    keptLabels: kept,
    modeOf: (id) => classes[id]?.mode ?? 1,
  };
}

function expressionOf(text: string): readonly number[] {
  if (text === "*") return [];
  return [text.split("").reduce((mask, letter) => mask | (1 << (letter.charCodeAt(0) - 65)), 0)];
}

/** A chunk in any state. */
export interface TestChunk {
  /** Class N is N copies; 0 = no file uses it. */
  readonly classId: number;
  readonly version?: number;
  /** `peer:state` or `peer:state@version`, with blanks between. */
  readonly copies: string;
}

/** What the loop does at once in these tests: no delay, a pass a second. */
export const quick: JobSettings = { ...defaultJobSettings, startDelaySeconds: 0, loopSeconds: 1 };

/** The loop with its chunkservers. */
export class JobCluster {
  readonly fake: FakeCluster;
  readonly jobs: ChunkJobs;
  #ids = 0;

  constructor(servers: number, settings: JobSettings = quick, rules: ClassRules = anywhere) {
    this.fake = FakeCluster.settled(servers, rules);
    this.jobs = new ChunkJobs(this.fake.core, settings);
  }

  /** The connected chunkserver of a peer. */
  server(peer: number): Server {
    const server = this.fake.core.servers.byPeer(peer);
    if (server === undefined) throw new Error(`Cannot find chunkserver ${peer}: not connected`);
    return server;
  }

  /** Sets how full a chunkserver is, in percent, with chunks of a megabyte. */
  fill(peer: number, percent: number): void {
    const server = this.server(peer);
    server.space = { ...server.space, usedBytes: percent * gigabyte, chunks: percent * 1000 };
  }

  /** Puts a chunk there; the loop is not told. */
  add({ classId, version = 1, copies }: TestChunk): number {
    const { chunks, core } = this.fake;
    this.#ids++;
    const chunk = chunks.create(this.#ids, version);
    chunks.nextChunkId = this.#ids + 1;
    if (classId !== 0) chunks.addReference(chunk, classId);
    for (const text of copies.split(" ").filter((word) => word !== "")) {
      const [place = "", own] = text.split("@");
      const [peer = "", state = ""] = place.split(":");
      const { slot } = this.server(Number(peer));
      const usable = state !== "invalid" ? version : 0;
      core.addCopy(chunk, slot, stateOf(state), own === undefined ? usable : Number(own));
    }
    return this.#ids;
  }

  chunk(id: number): number {
    return this.fake.chunks.find(id);
  }

  /** The loop hears that something about the chunk changed. */
  changed(id: number): void {
    this.jobs.onChunkState(this.chunk(id), true);
  }

  /** Time passes; chunkservers stay connected and answer nothing. */
  run(seconds: number): void {
    for (let tick = 0; tick < Math.round(seconds * 50); tick++) this.tick();
  }

  tick(): void {
    this.fake.pass(0.02);
    if (this.fake.core.nowMs % 1000 === 0) {
      for (const { peer } of this.fake.core.servers.connected) {
        this.fake.port.onPacket(peer, 0, new Uint8Array(0));
      }
    }
    this.jobs.tick();
  }

  /** What was commanded since the last call, sorted: "delete 2 #1 v0", "copy 1>2 #1 v1". */
  taken(): readonly string[] {
    const texts: string[] = [];
    for (const { peer, name, value } of this.fake.takeSent()) {
      if (name === commands.DeleteChunk.name) {
        const { chunkId, version } = value as commands.DeleteChunk;
        texts.push(`delete ${peer} #${chunkId} v${version}`);
      } else if (name === commands.ReplicateChunk.name) {
        const { chunkId, version, ip } = value as commands.ReplicateChunk;
        texts.push(`copy ${ip & 0xff}>${peer} #${chunkId} v${version}`);
      }
    }
    return texts.toSorted();
  }

  /** The chunkserver answers a deletion. */
  deleted(peer: number, chunkId: number, code = 0): void {
    this.fake.receive(peer, commands.DeleteChunkAnswer, { chunkId, status: code });
  }

  /** The chunkserver answers a replication. */
  copied(peer: number, chunkId: number, code = 0): void {
    const version = this.fake.version(chunkId);
    this.fake.receive(peer, commands.ReplicateChunkAnswer, { chunkId, version, status: code });
  }
}

function stateOf(name: string): CopyState {
  const state = (copyState as Readonly<Record<string, CopyState>>)[name];
  if (state === undefined) throw new Error(`Cannot make a copy: "${name}" is no state`);
  return state;
}
