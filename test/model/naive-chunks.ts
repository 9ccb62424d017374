// Chunks in the naive file system: where they are, their locks, what waits for them, and whose cache is true.
// Spec: wire-client-master-2.md sections 3.3 and 5.3, semantics-master.md sections 4.1 and 20.2.

import { status } from "../../daemons/master/core/status.ts";
import type { NaiveFs } from "./naive-fs.ts";
import { chunkBytes } from "./naive-types.ts";
import type { NaiveChunk, NaiveConnection, NaiveNode } from "./naive-types.ts";

const waitSeconds = 30;
export const lockSeconds = 120;

export const indexMax = 0x7fff_ffff;

/** The answer comes later. */
export const later = Symbol("later");

export interface NaiveLocation {
  readonly chunkId: number;
  readonly version: number;
  readonly copies: number;
}

/** Where a chunk can be read, or the status that keeps from it. */
export function locate(fs: NaiveFs, chunkId: number): NaiveLocation | number {
  if (chunkId === 0) return { chunkId: 0, version: 0, copies: 0 };
  const chunk = fs.chunks.get(chunkId);
  if (chunk === undefined) return status.NOCHUNK;
  if (fs.isLocked(chunk)) return status.LOCKED;
  if (chunk.operation !== undefined) return status.CHUNKBUSY;
  return placeOf(chunk);
}

export function placeOf({ id, version, copies }: NaiveChunk): NaiveLocation {
  return { chunkId: id, version, copies };
}

/** A session opens a file: whether its kernel may keep what it has. */
export function openCache(fs: NaiveFs, { session }: NaiveConnection, inode: number): boolean {
  const key = `${inode}:${session.id}`;
  const known = fs.cached.get(key);
  if (known === undefined) fs.cached.set(key, false);
  return known ?? false;
}

export function accessCache(fs: NaiveFs, { session }: NaiveConnection, inode: number): void {
  const key = `${inode}:${session.id}`;
  if (fs.cached.has(key)) fs.cached.set(key, true);
}

export function modifyCache(fs: NaiveFs, { session }: NaiveConnection, inode: number): void {
  const own = `${inode}:${session.id}`;
  for (const key of fs.cached.keys()) {
    if (key.startsWith(`${inode}:`) && key !== own) fs.cached.delete(key);
  }
  if (fs.cached.has(own)) fs.cached.set(own, true);
}

/** Puts a request into the queue of its chunk when that is what the status means. */
export function wait(
  fs: NaiveFs,
  chunkId: number,
  met: number,
  asked: { from: NaiveConnection; messageId: number; packet: string; again: () => unknown },
): unknown {
  if (met !== status.LOCKED && met !== status.CHUNKBUSY) return met;
  const { from, messageId, packet, again } = asked;
  const queue = fs.waiting.get(chunkId) ?? [];
  fs.waiting.set(chunkId, queue);
  queue.push({
    peer: from.peer,
    since: fs.now,
    again: () => {
      const outcome = again();
      if (outcome !== later) fs.reply(from, packet, messageId, outcome);
    },
    giveUp: () => fs.reply(from, packet, messageId, met),
  });
  return later;
}

/** A chunk was unlocked: who waits goes on while it is free. */
export function wake(fs: NaiveFs, chunk: NaiveChunk): void {
  const queue = fs.waiting.get(chunk.id) ?? [];
  fs.waiting.delete(chunk.id);
  while (queue.length > 0 && !fs.isLocked(chunk) && chunk.operation === undefined) {
    queue.shift()?.again();
  }
  const behind = fs.waiting.get(chunk.id) ?? [];
  if (queue.length + behind.length > 0) fs.waiting.set(chunk.id, [...queue, ...behind]);
}

/** Every second: requests that have waited too long. */
export function expireWaiting(fs: NaiveFs): void {
  for (const [chunk, queue] of fs.waiting) {
    const isOver = (since: number) => since + waitSeconds < fs.now;
    fs.waiting.set(
      chunk,
      queue.filter(({ since }) => !isOver(since)),
    );
    for (const request of queue) if (isOver(request.since)) request.giveUp();
  }
}

/** A chunk that may be changed now, and whether servers have to do something first. */
export interface Planned {
  readonly chunk: NaiveChunk;
  readonly isCommanded: boolean;
  readonly isNew: boolean;
}

/** The chunk that may be changed now in place of the slot's, or the status that forbids it. */
export function plan(
  fs: NaiveFs,
  slot: { node: NaiveNode; index: number },
  how: { continued: boolean; raises: boolean },
): Planned | number {
  const { node, index } = slot;
  const old = node.slots.get(index);
  if (old === undefined) {
    const copies = Math.min(fs.servers, node.storageClass);
    return { chunk: newChunk(fs, copies), isCommanded: true, isNew: true };
  }
  const chunk = fs.chunks.get(old);
  if (chunk === undefined) return status.NOCHUNK;
  if (fs.isLocked(chunk) && !how.continued) return status.LOCKED;
  if (chunk.operation !== undefined) return status.CHUNKBUSY;
  if (fs.referencesOf(old) > 1) {
    if (chunk.copies === 0) return status.CHUNKLOST;
    return { chunk: newChunk(fs, chunk.copies), isCommanded: true, isNew: true };
  }
  const raises = how.raises || chunk.needsVersion;
  if (raises) chunk.version++;
  return { chunk, isCommanded: raises, isNew: false };
}

function newChunk(fs: NaiveFs, copies: number): NaiveChunk {
  const id = fs.nextChunkId++;
  const chunk: NaiveChunk = {
    id,
    version: 1,
    copies,
    lockedTo: 0,
    archived: false,
    needsVersion: false,
    operation: undefined,
  };
  fs.chunks.set(id, chunk);
  return chunk;
}

/** What chunkservers are to do for a client. */
export interface Command {
  readonly from: NaiveConnection;
  readonly messageId: number;
  readonly packet: string;
  readonly inode: number;
  readonly index: number;
  readonly planned: Planned;
  readonly isTruncation: boolean;
  /** What was in the slot. */
  readonly before: number | undefined;
  /** The answer after a success. */
  readonly end: () => unknown;
}

/** Commands the servers: the answer comes with theirs. */
export function begin(fs: NaiveFs, command: Command): typeof later {
  const { from, messageId, packet, inode, index, planned, before, end } = command;
  const { chunk, isNew } = planned;
  const rollBack = (): void => {
    const slots = fs.nodes.get(inode)?.slots;
    // Somebody else may have cut the file meanwhile.
    if (slots?.get(index) === chunk.id) {
      if (before === undefined) slots.delete(index);
      else slots.set(index, before);
    }
    chunk.lockedTo = 0;
  };
  chunk.operation = {
    peer: from.peer,
    isNew,
    rollBack,
    done: (ended) => {
      if (ended !== status.OK) rollBack();
      fs.reply(from, packet, messageId, ended === status.OK ? end() : ended);
      // A write that may begin keeps its lock: its end wakes whoever waits.
      if (ended !== status.OK || command.isTruncation) wake(fs, chunk);
    },
  };
  fs.running.push(chunk);
  return later;
}

/** A connection is gone: what was begun for it is taken back, whatever the servers do. */
export function abandon(fs: NaiveFs, peer: number): void {
  for (const [chunk, queue] of fs.waiting) {
    fs.waiting.set(
      chunk,
      queue.filter((request) => request.peer !== peer),
    );
  }
  for (const chunk of fs.running) {
    const { operation } = chunk;
    if (operation?.peer !== peer) continue;
    operation.peer = undefined;
    operation.rollBack();
  }
}

export function fitsTable(length: bigint): boolean {
  return (length - 1n) / chunkBytes <= BigInt(indexMax);
}

/** The chunkservers answer all commands alike: what waits for them goes on, and may command anew. */
export function serversAnswered(fs: NaiveFs, answer: number): void {
  while (fs.running.length > 0) {
    const all = fs.running;
    fs.running = [];
    for (const chunk of all) {
      const { operation } = chunk;
      if (operation === undefined) continue;
      chunk.operation = undefined;
      chunk.needsVersion = answer !== status.OK;
      if (answer !== status.OK && operation.isNew) chunk.copies = 0;
      else if (answer !== status.OK) chunk.version--;
      if (operation.peer !== undefined) operation.done(answer);
    }
  }
}
