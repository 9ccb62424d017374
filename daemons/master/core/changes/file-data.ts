// Changes of a file's length and of the chunks in its slots. Spec: changelog.md sections 7.1.1, 7.2 and 7.3.

import { chooseForWrite } from "../chunks/choose-for-write.ts";
import { status } from "../status.ts";
import { extraAttribute } from "../store/nodes.ts";
import type { World } from "../store/world.ts";
import type { EntryOf, ResultOf } from "../../../metadata/changelog-entry.ts";
import { none } from "./change.ts";
import type { Applied } from "./change.ts";
import { addReference, dropReference, setLength, setSlot } from "./transitions.ts";

const chunkBytes = 0x400_0000n;
const chunkBits = 26n;
/** The highest index of a chunk in a file. */
export const chunkIndexMax = 0x7fff_ffff;
/** The longest file that clients may ask for; logs and images of other masters may have longer ones. */
export const fileLengthMax = BigInt(chunkIndexMax + 1) * chunkBytes;
const wholeFileFrom = 0xffff_ffff;

/** LENGTH: a file's new length. */
export function length(world: World, ts: number, entry: EntryOf<"LENGTH">): Applied<"LENGTH"> {
  const { nodes } = world;
  const { inode } = entry;
  if (nodes.type(inode) === 0) return status.ENOENT;
  if (!nodes.isFile(inode)) return status.EINVAL;
  setLength(world, inode, entry.length);
  if (entry.touch !== 0) touch(world, ts, inode);
  return none;
}

/** WRITE: a client may write into a chunk, which is created, raised or duplicated for it. */
export function write(
  world: World,
  ts: number,
  entry: EntryOf<"WRITE">,
  logged?: ResultOf<"WRITE">,
): Applied<"WRITE"> {
  const { nodes } = world;
  const { inode, index } = entry;
  const file = checkFile(world, inode, status.EPERM);
  if (file !== status.OK) return file;
  if (index > chunkIndexMax) return status.INDEXTOOBIG;
  const chosen = place(world, ts, {
    inode,
    index,
    logged: logged?.chunk,
    raise: entry.opflag !== 0,
  });
  if (typeof chosen === "number") return chosen;
  const start = BigInt(index) * chunkBytes;
  if (start > nodes.length(inode)) {
    const before = world.statistics.tallyOf(inode);
    nodes.setLength(inode, start);
    world.statistics.replace(inode, before);
  }
  nodes.setExtra(inode, nodes.extra(inode) & ~extraAttribute.snapshot);
  if (entry.touch !== 0) touch(world, ts, inode);
  return chosen;
}

/** TRUNC: the chunk that a truncation cuts is raised or duplicated; a LENGTH follows. */
export function truncate(
  world: World,
  ts: number,
  entry: EntryOf<"TRUNC">,
  logged?: ResultOf<"TRUNC">,
): Applied<"TRUNC"> {
  const { inode, index } = entry;
  const file = checkFile(world, inode, status.EINVAL);
  if (file !== status.OK) return file;
  if (index > chunkIndexMax) return status.INDEXTOOBIG;
  if (index >= world.slots.count(inode)) return status.EINVAL;
  if (world.slots.get(inode, index) === 0) return status.NOCHUNK;
  return place(world, ts, { inode, index, logged: logged?.chunk, raise: true });
}

/** Chooses the chunk for a slot (section 7.3.1) and puts it there. */
function place(
  world: World,
  ts: number,
  at: { inode: number; index: number; logged: number | undefined; raise: boolean },
): { readonly chunk: number } | number {
  const { inode, index } = at;
  const before = world.slots.get(inode, index);
  const chosen = chooseForWrite(world.chunks, {
    slotChunkId: before,
    loggedChunkId: at.logged,
    raiseVersion: at.raise,
    ts,
  });
  if (typeof chosen === "number") return chosen;
  if (chosen.chunkId !== before) setSlot(world, inode, { index, chunkId: chosen.chunkId });
  return { chunk: chosen.chunkId };
}

/** ROLLBACK: the operation behind a WRITE or TRUNC failed; the slot goes back. */
export function rollBack(
  world: World,
  _ts: number,
  entry: EntryOf<"ROLLBACK">,
): Applied<"ROLLBACK"> {
  const { inode, index, previousChunk, chunk } = entry;
  const file = checkFile(world, inode, status.EPERM);
  if (file !== status.OK) return file;
  if (index > chunkIndexMax) return status.INDEXTOOBIG;
  if (index >= world.slots.count(inode)) return status.EINVAL;
  if (previousChunk !== chunk) setSlot(world, inode, { index, chunkId: previousChunk });
  const record = world.chunks.find(chunk);
  if (record !== 0) world.chunks.setLockedTo(record, 0);
  return none;
}

/** SETFILECHUNK: empties (or sets) a slot without any operation. */
export function setFileChunk(
  world: World,
  _ts: number,
  entry: EntryOf<"SETFILECHUNK">,
): Applied<"SETFILECHUNK"> {
  const { inode, index, chunk } = entry;
  const file = checkFile(world, inode, status.EPERM);
  if (file !== status.OK) return file;
  if (index >= world.slots.count(inode)) return status.MISMATCH;
  setSlot(world, inode, { index, chunkId: chunk });
  return none;
}

/** REPAIR: version 0 empties the slot, another one becomes the chunk's. Ours never writes it (9, defect 2). */
export function repair(
  world: World,
  ts: number,
  entry: EntryOf<"REPAIR">,
  logged?: ResultOf<"REPAIR">,
): Applied<"REPAIR"> {
  const { inode, index } = entry;
  const version = logged?.version ?? 0;
  const file = checkFile(world, inode, status.EPERM);
  if (file !== status.OK) return file;
  if (index > chunkIndexMax) return status.INDEXTOOBIG;
  const chunkId = world.slots.get(inode, index);
  if (chunkId === 0) return status.NOCHUNK;
  const record = world.chunks.find(chunkId);
  if (version === 0) setSlot(world, inode, { index, chunkId: 0 });
  else if (record === 0) return status.NOCHUNK;
  else world.chunks.setVersion(record, version);
  touch(world, ts, inode);
  return { version };
}

/** APPEND: chunks of one file are shared by the end of another. Section 7.1.1. */
export function append(world: World, ts: number, entry: EntryOf<"APPEND">): Applied<"APPEND"> {
  const { nodes, slots } = world;
  const { target, source } = entry;
  if (target === source) return status.EINVAL;
  if (nodes.type(target) === 0 || nodes.type(source) === 0) return status.ENOENT;
  if (!nodes.isFile(target) || !nodes.isFile(source)) return status.EPERM;
  const sourceLength = nodes.length(source);
  if (sourceLength === 0n) return none;
  const last = Number((sourceLength - 1n) >> chunkBits);
  const whole = entry.from === wholeFileFrom && entry.to === 0;
  const from = whole ? 0 : entry.from;
  const to = whole ? last : entry.to;
  if (from > last || to > last || from > to) return status.EINVAL;
  const count = to - from + 1;
  const start = Number((nodes.length(target) + chunkBytes - 1n) >> chunkBits);
  if (start + count > chunkIndexMax + 1) return status.INDEXTOOBIG;
  const before = world.statistics.tallyOf(target);
  slots.cut(target, start, (chunkId) => dropReference(world, target, chunkId));
  slots.extend(target, start + count);
  slots.forEach(source, (index, chunkId) => {
    if (index < from || index > to) return;
    addReference(world, target, chunkId);
    slots.set(target, start + index - from, chunkId);
  });
  const added = to >= last ? sourceLength - BigInt(from) * chunkBytes : BigInt(count) * chunkBytes;
  nodes.setLength(target, BigInt(start) * chunkBytes + added);
  world.statistics.replace(target, before);
  nodes.setModificationTime(target, ts);
  nodes.setAccessTime(target, ts);
  nodes.setAccessTime(source, ts);
  return none;
}

function checkFile(world: World, inode: number, otherwise: number): number {
  if (world.nodes.type(inode) === 0) return status.ENOENT;
  return world.nodes.isFile(inode) ? status.OK : otherwise;
}

function touch(world: World, ts: number, inode: number): void {
  world.nodes.setModificationTime(inode, ts);
  world.nodes.setChangeTime(inode, ts);
}
