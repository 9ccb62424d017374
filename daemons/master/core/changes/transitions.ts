// The state transitions that changes are made of: create, link, unlink, purge, set length. Live service and
// replay go through the very same functions, or inode numbers, edge ids and counts would drift apart.
// Spec: changelog.md section 6, whose letters stand beside the functions.

import { aclAbsent, aclType } from "../store/attribute-lists.ts";
import type { Acl } from "../store/attribute-lists.ts";
import { extraAttribute, nodeType } from "../store/nodes.ts";
import type { World } from "../store/world.ts";

const chunkBytes = 0x400_0000n;
/** Longest path remembered for a file in the trash: its last bytes. */
const trashPathBytesMax = 1024;
const setGroupId = 0o2000;
const defaultTrashHours = 24;

/** What a new node is made from. */
export interface NewNode {
  readonly parent: number;
  readonly name: Uint8Array;
  readonly type: number;
  readonly mode: number;
  readonly umask: number;
  readonly uid: number;
  /** Where the parent has the set-group-id bit, its group counts instead. */
  readonly gid: number;
}

/** Letter E: makes a node under a name that is free. Returns its inode. */
export function createNode(world: World, ts: number, from: NewNode): number {
  const { nodes } = world;
  const { parent, type } = from;
  const inode = world.numbers.take();
  nodes.make(inode, type);
  nodes.setAccessTime(inode, ts);
  nodes.setModificationTime(inode, ts);
  nodes.setChangeTime(inode, ts);
  const classed = type === nodeType.directory || nodes.isFile(inode);
  if (classed) setClass(world, inode, nodes.storageClass(parent));
  nodes.setTrashHours(inode, classed ? nodes.trashHours(parent) : defaultTrashHours);
  nodes.setExtra(inode, inheritedExtra(nodes.extra(parent), type));
  if (type === nodeType.directory) {
    nodes.setLinks(inode, 2);
    world.statistics.open(inode);
  }
  nodes.setUid(inode, from.uid);
  nodes.setGid(inode, (nodes.mode(parent) & setGroupId) === 0 ? from.gid : nodes.gid(parent));
  nodes.setMode(inode, inheritAcl(world, inode, from));
  link(world, ts, { parent, name: from.name, inode });
  return inode;
}

function inheritedExtra(parentExtra: number, type: number): number {
  const inherited = parentExtra & ~(extraAttribute.snapshot | extraAttribute.protected);
  return type === nodeType.directory ? inherited : inherited & ~extraAttribute.noEntryCache;
}

/** Letter F: the mode of a new node, which the parent's default ACL decides where there is one. */
function inheritAcl(world: World, inode: number, from: NewNode): number {
  const inherited = world.acls.get(from.parent, aclType.default);
  if (inherited === undefined) return from.mode & ~from.umask & 0xfff;
  if (from.type === nodeType.directory) world.acls.set(inode, aclType.default, inherited);
  const { mode } = from;
  const upper = mode & 0o7000;
  const named = inherited.users.length > 0 || inherited.groups.length > 0;
  const minimal =
    !named &&
    inherited.mask === aclAbsent &&
    inherited.owner <= 7 &&
    inherited.group <= 7 &&
    inherited.other <= 7;
  if (minimal) {
    return mode & (0o7000 | (inherited.owner << 6) | (inherited.group << 3) | inherited.other);
  }
  const acl: Acl = {
    owner: (mode >>> 6) & 7 & inherited.owner,
    group: inherited.group,
    other: mode & 7 & inherited.other,
    mask: (mode >>> 3) & 7 & inherited.mask,
    users: inherited.users,
    groups: inherited.groups,
  };
  world.acls.set(inode, aclType.access, acl);
  return upper | (acl.owner << 6) | ((acl.group & 7) << 3) | acl.other;
}

/** Letter C: a new name for a node. `ts` 0 leaves all times as they are. */
export function link(
  world: World,
  ts: number,
  entry: { parent: number; name: Uint8Array; inode: number },
): void {
  const { nodes } = world;
  const { parent, name, inode } = entry;
  world.edges.add(parent, name, inode, world.edges.takeId());
  if (nodes.isDirectory(inode)) nodes.setLinks(parent, nodes.links(parent) + 1);
  else nodes.setLinks(inode, nodes.links(inode) + 1);
  world.statistics.add(parent, world.statistics.tallyOf(inode));
  nodes.setExtra(parent, nodes.extra(parent) & ~extraAttribute.snapshot);
  if (ts === 0) return;
  nodes.setModificationTime(parent, ts);
  nodes.setChangeTime(parent, ts);
  nodes.setChangeTime(inode, ts);
}

/** Letter D: takes a name away; the node itself stays. */
export function removeEdge(world: World, ts: number, edge: number): void {
  const { nodes, edges } = world;
  const parent = edges.parent(edge);
  const inode = edges.child(edge);
  if (parent === 0) world.statistics.subtractNameless(inode);
  else {
    world.statistics.subtract(parent, world.statistics.tallyOf(inode));
    if (nodes.isDirectory(inode)) nodes.setLinks(parent, nodes.links(parent) - 1);
    else nodes.setLinks(inode, nodes.links(inode) - 1);
    nodes.setModificationTime(parent, ts);
    nodes.setChangeTime(parent, ts);
    nodes.setExtra(parent, nodes.extra(parent) & ~extraAttribute.snapshot);
  }
  edges.remove(edge);
  if (ts > 0) nodes.setChangeTime(inode, ts);
}

/** Letter G: removes a name; the last one of a file sends it to the trash, or keeps it while it is open. */
export function unlink(world: World, ts: number, edge: number): void {
  const { nodes, edges } = world;
  const inode = edges.child(edge);
  const isLast = edges.nextName(edge) === 0 && nodes.firstName(inode) === edge;
  const kept =
    isLast && nodes.type(inode) === nodeType.file
      ? keptAs(nodes.trashHours(inode), world.openFiles.isOpen(inode))
      : 0;
  const path = kept === 0 ? undefined : pathOf(world, edge);
  removeEdge(world, ts, edge);
  if (!isLast) return;
  if (path === undefined) {
    removeNode(world, ts, inode);
    return;
  }
  nodes.setType(inode, kept);
  if (kept === nodeType.trash) nodes.setChangeTime(inode, ts);
  edges.addNameless(path, inode, edges.takeId());
  world.statistics.addNameless(inode);
}

function keptAs(trashHours: number, open: boolean): number {
  if (trashHours > 0) return nodeType.trash;
  return open ? nodeType.sustained : 0;
}

/** The path of an edge from the root, without a leading slash; its end where it is too long. */
export function pathOf(world: World, edge: number): Uint8Array {
  const { edges } = world;
  const reversed: number[] = [];
  let length = -1;
  for (let current = edge; current !== 0; current = world.nodes.firstName(edges.parent(current))) {
    reversed.push(current);
    length += edges.nameLength(current) + 1;
  }
  const path = new Uint8Array(length);
  let end = length;
  for (const current of reversed) {
    end -= edges.nameLength(current);
    edges.copyNameTo(current, path, end);
    if (end > 0) path[--end] = 0x2f;
  }
  return length > trashPathBytesMax ? path.subarray(length - trashPathBytesMax) : path;
}

/** Letter H: forgets a node that has no name any more. */
export function removeNode(world: World, ts: number, inode: number): void {
  const { nodes } = world;
  const type = nodes.type(inode);
  if (nodes.isFile(inode)) {
    world.slots.cut(inode, 0, (chunkId) => dropReference(world, inode, chunkId));
  } else if (type === nodeType.directory) {
    world.statistics.close(inode);
    world.quotas.remove(inode);
  } else if (type === nodeType.symlink) {
    world.arena.release(nodes.targetPlace(inode), nodes.targetLength(inode));
  }
  world.xattrs.removeAll(inode);
  world.acls.removeAll(inode);
  if (type === nodeType.directory || nodes.isFile(inode)) {
    world.classUse.leave(nodes.storageClass(inode), type);
  }
  nodes.unmake(inode);
  world.numbers.queue(inode, ts);
}

/** Letter I: removes a file without a name, or keeps a trash file that is open. True when it is gone. */
export function purge(world: World, ts: number, inode: number): boolean {
  const { nodes, edges } = world;
  const edge = nodes.firstName(inode);
  if (nodes.type(inode) === nodeType.trash && world.openFiles.isOpen(inode)) {
    world.statistics.subtractNameless(inode);
    nodes.setType(inode, nodeType.sustained);
    edges.moveNameless(edge, nodeType.trash);
    world.statistics.addNameless(inode);
    return false;
  }
  removeEdge(world, ts, edge);
  removeNode(world, ts, inode);
  return true;
}

/** Letter J: a file's new length; chunks wholly beyond it are dropped. No times change. */
export function setLength(world: World, inode: number, length: bigint): void {
  const { nodes, slots } = world;
  const before = world.statistics.tallyOf(inode);
  nodes.setLength(inode, length);
  const kept = (length + chunkBytes - 1n) / chunkBytes;
  if (kept < BigInt(slots.count(inode))) {
    slots.cut(inode, Number(kept), (chunkId) => dropReference(world, inode, chunkId));
  }
  nodes.setExtra(inode, nodes.extra(inode) & ~extraAttribute.snapshot);
  world.statistics.replace(inode, before);
}

/** Puts a chunk into a file's slot: one reference more on the new chunk, one less on the old. */
export function setSlot(
  world: World,
  inode: number,
  slot: { index: number; chunkId: number },
): void {
  const before = world.statistics.tallyOf(inode);
  const old = world.slots.get(inode, slot.index);
  if (slot.chunkId !== 0) addReference(world, inode, slot.chunkId);
  world.slots.set(inode, slot.index, slot.chunkId);
  if (old !== 0) dropReference(world, inode, old);
  world.statistics.replace(inode, before);
}

/** Letter L. A chunk that the table does not know is only a structure error, reported by the file loop. */
export function addReference(world: World, inode: number, chunkId: number): void {
  const chunk = world.chunks.find(chunkId);
  if (chunk !== 0) world.chunks.addReference(chunk, world.nodes.storageClass(inode));
}

/** Letter L. */
export function dropReference(world: World, inode: number, chunkId: number): void {
  const chunk = world.chunks.find(chunkId);
  if (chunk !== 0) world.chunks.dropReference(chunk, world.nodes.storageClass(inode));
}

/** Gives a file or directory its class for the first time. */
function setClass(world: World, inode: number, id: number): void {
  world.nodes.setStorageClass(inode, id);
  world.nodes.setCountedCopies(inode, world.classes.keepMax(id));
  world.classUse.enter(id, world.nodes.type(inode));
}

/** Moves a file or directory, and the references of its chunks, to another class. */
export function changeClass(world: World, inode: number, to: number): void {
  const { nodes, slots, chunks } = world;
  const from = nodes.storageClass(inode);
  const before = world.statistics.tallyOf(inode);
  if (nodes.isFile(inode)) {
    slots.forEach(inode, (_index, chunkId) => {
      const chunk = chunks.find(chunkId);
      if (chunk !== 0) chunks.changeReferenceClass(chunk, from, to);
    });
  }
  world.classUse.leave(from, nodes.type(inode));
  setClass(world, inode, to);
  if (nodes.isFile(inode)) world.statistics.replace(inode, before);
}
