// Makes a snapshot: copies a node with all below it; files share their chunks with the original. Without
// recursion, for trees may be thousands of directories deep. Spec: changelog.md 7.1.2, create mode.

import { right } from "../rights.ts";
import { aclType } from "../store/attribute-lists.ts";
import { extraAttribute, nodeType } from "../store/nodes.ts";
import { mayAccess, primaryGroup, snapshotMode } from "./snapshot-work.ts";
import type { SnapshotWork } from "./snapshot-work.ts";
import { addReference, changeClass, createNode, link, unlink } from "./transitions.ts";

/** Mode bits that stay where the copy belongs to somebody else: no set-user-id, no set-group-id. */
const strangersMode = 0o1777;

/** A directory whose entries are being copied. */
interface Level {
  readonly source: number;
  readonly target: number;
  /** It was made by this snapshot: no name in it can exist. */
  readonly isNew: boolean;
  nextEdge: number;
}

/** One node to copy, and where to. */
interface Copy {
  readonly source: number;
  readonly parent: number;
  readonly name: Uint8Array;
  /** Nothing can stand there already. */
  readonly isNew: boolean;
}

/** Copies the entry's source with all below it. */
export function copyTree(work: SnapshotWork): void {
  const { edges } = work.world;
  const { source, parent, name } = work.entry;
  const levels: Level[] = [];
  const enter = (copy: Copy): void => {
    const level = copyNode(work, copy);
    if (level !== undefined) levels.push(level);
  };
  enter({ source, parent, name, isNew: false });
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const edge = level.nextEdge;
    if (edge === 0) {
      levels.pop();
      finish(work, level);
      continue;
    }
    level.nextEdge = edges.next(edge);
    const { target, isNew } = level;
    enter({ source: edges.child(edge), parent: target, name: edges.name(edge), isNew });
  }
}

/** Copies one node; a directory to enter is given back, which is finished after its entries. */
function copyNode(work: SnapshotWork, copy: Copy): Level | undefined {
  const { nodes, edges } = work.world;
  const { source } = copy;
  const type = nodes.type(source);
  if (type > nodeType.socket) return undefined;
  if (type === nodeType.file && !mayAccess(work, source, right.read)) return undefined;
  const edge = copy.isNew ? 0 : edges.find(copy.parent, copy.name);
  const isNew = edge === 0;
  const target = isNew ? makeCopy(work, copy) : overwrite(work, copy, edge);
  if (target === 0) return undefined;
  const level = { source, target, isNew, nextEdge: 0 };
  if (type === nodeType.directory && mayAccess(work, source, right.readExecute)) {
    return { ...level, nextEdge: nodes.firstEntry(source) };
  }
  finish(work, level);
  return undefined;
}

/** A copy under a new name; 0 where it is a further name of an earlier copy. */
function makeCopy(work: SnapshotWork, copy: Copy): number {
  const { world, ts, counts, copies } = work;
  const { nodes } = world;
  const { source, parent, name } = copy;
  const keepsLinks =
    (work.entry.mode & snapshotMode.keepHardLinks) !== 0 &&
    !nodes.isDirectory(source) &&
    nodes.links(source) > 1;
  const earlier = keepsLinks ? copies.get(source) : undefined;
  if (earlier !== undefined) {
    counts.hardLinks++;
    link(world, ts, { parent, name, inode: earlier });
    return 0;
  }
  const target = createLike(work, copy);
  if (keepsLinks) copies.set(source, target);
  counts.checksum ^= target;
  counts.created++;
  if (!isLikeCp(work)) copyAttributes(work, source, target);
  copyContent(work, source, target);
  return target;
}

/** Brings what exists to the source's state; the node that stands there afterwards. */
function overwrite(work: SnapshotWork, copy: Copy, edge: number): number {
  const { world, counts } = work;
  const { source } = copy;
  const existing = world.edges.child(edge);
  if (world.nodes.type(source) !== nodeType.file) {
    counts.existing++;
    copyContent(work, source, existing);
    return existing;
  }
  if (hasSameData(work, source, existing)) {
    counts.same++;
    return existing;
  }
  counts.checksum ^= existing;
  unlink(world, work.ts, edge);
  const target = createLike(work, copy);
  counts.existing++;
  counts.checksum ^= target;
  copyClassAndTrash(work, source, target);
  copyContent(work, source, target);
  return target;
}

/** Rule M: a new node of the source's type; who owns it and what its mode is. */
function createLike(work: SnapshotWork, { source, parent, name }: Copy): number {
  const { world, ts, entry } = work;
  const { nodes } = world;
  const type = nodes.type(source);
  const mode = nodes.mode(source);
  const made = { parent, name, type };
  const own = { uid: entry.uid, gid: primaryGroup(entry) };
  if (isLikeCp(work)) return createNode(world, ts, { ...made, ...own, mode, umask: entry.umask });
  if (keepsOwner(work, source)) {
    const owner = { uid: nodes.uid(source), gid: nodes.gid(source) };
    return createNode(world, ts, { ...made, ...owner, mode, umask: 0 });
  }
  return createNode(world, ts, { ...made, ...own, mode: mode & strangersMode, umask: 0 });
}

function isLikeCp({ entry }: SnapshotWork): boolean {
  return (entry.mode & snapshotMode.likeCp) !== 0;
}

function keepsOwner({ world, entry }: SnapshotWork, source: number): boolean {
  return entry.uid === 0 || entry.uid === world.nodes.uid(source);
}

function hasSameData({ world }: SnapshotWork, source: number, target: number): boolean {
  const { nodes, slots } = world;
  const alike =
    nodes.length(source) === nodes.length(target) &&
    slots.count(source) === slots.count(target) &&
    slots.filled(source) === slots.filled(target);
  if (!alike) return false;
  let same = true;
  slots.forEach(source, (index, chunkId) => {
    same &&= slots.get(target, index) === chunkId;
  });
  return same;
}

function copyClassAndTrash({ world }: SnapshotWork, source: number, target: number): void {
  const { nodes } = world;
  const storageClass = nodes.storageClass(source);
  if (nodes.storageClass(target) !== storageClass) changeClass(world, target, storageClass);
  nodes.setTrashHours(target, nodes.trashHours(source));
}

function copyAttributes(work: SnapshotWork, source: number, target: number): void {
  const { nodes, xattrs, acls } = work.world;
  copyClassAndTrash(work, source, target);
  nodes.setExtra(target, nodes.extra(source));
  nodes.setWindowsFlags(target, nodes.windowsFlags(source));
  nodes.setMode(target, modeOfCopy(work, source));
  // The list is newest first: the copies are made in the order of the originals.
  for (const { name, value } of xattrs.list(source).toReversed()) xattrs.set(target, name, value);
  for (const type of [aclType.access, aclType.default]) {
    const acl = acls.get(source, type);
    if (acl !== undefined) acls.set(target, type, acl);
  }
}

function modeOfCopy(work: SnapshotWork, source: number): number {
  const mode = work.world.nodes.mode(source);
  return keepsOwner(work, source) ? mode : mode & strangersMode;
}

/** What a node holds, by its type. */
function copyContent(work: SnapshotWork, source: number, target: number): void {
  const { nodes } = work.world;
  switch (nodes.type(source)) {
    case nodeType.file:
      return shareChunks(work, source, target);
    case nodeType.symlink:
      return copyTarget(work, source, target);
    case nodeType.blockDevice:
    case nodeType.characterDevice:
      return nodes.setDevice(target, nodes.device(source));
    default:
      return undefined;
  }
}

/** Gives a new, empty file the chunks and the length of another. */
function shareChunks({ world }: SnapshotWork, source: number, target: number): void {
  const { nodes, slots, statistics } = world;
  const before = statistics.tallyOf(target);
  slots.extend(target, slots.count(source));
  slots.forEach(source, (index, chunkId) => {
    addReference(world, target, chunkId);
    slots.set(target, index, chunkId);
  });
  nodes.setLength(target, nodes.length(source));
  statistics.replace(target, before);
}

function copyTarget({ world }: SnapshotWork, source: number, target: number): void {
  const { nodes, arena, statistics } = world;
  const before = statistics.tallyOf(target);
  const length = nodes.targetLength(source);
  const text = arena.view(nodes.targetPlace(source), length);
  const place = arena.store(text);
  if (nodes.targetLength(target) > 0) {
    arena.release(nodes.targetPlace(target), nodes.targetLength(target));
  }
  nodes.setTarget(target, place, length);
  statistics.replace(target, before);
}

/** The last step for a node: owner and times, and the mark of a snapshot. */
function finish(work: SnapshotWork, { source, target, isNew }: Level): void {
  const { world, ts, entry } = work;
  const { nodes } = world;
  if (!isNew) {
    const keepsAll = !isLikeCp(work) && keepsOwner(work, source);
    nodes.setUid(target, keepsAll ? nodes.uid(source) : entry.uid);
    nodes.setGid(target, keepsAll ? nodes.gid(source) : primaryGroup(entry));
    const mode = isLikeCp(work) ? nodes.mode(source) & ~entry.umask : modeOfCopy(work, source);
    nodes.setMode(target, mode);
    nodes.setChangeTime(target, keepsAll ? nodes.changeTime(source) : ts);
  } else if (!isLikeCp(work)) nodes.setChangeTime(target, nodes.changeTime(source));
  if (!isLikeCp(work)) {
    nodes.setAccessTime(target, nodes.accessTime(source));
    nodes.setModificationTime(target, nodes.modificationTime(source));
  }
  nodes.setExtra(target, nodes.extra(target) | extraAttribute.snapshot);
}
