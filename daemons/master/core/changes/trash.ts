// Changes of files that have lost their names, the return of inode numbers, and the renumbering of edges.
// Spec: changelog.md section 7.1, semantics-master.md section 16.

import { isGoodName } from "../names.ts";
import { status } from "../status.ts";
import { firstEdgeId, sustainedBuckets, trashBuckets } from "../store/edges.ts";
import { extraAttribute, nodeType, rootInode } from "../store/nodes.ts";
import type { World } from "../store/world.ts";
import type { EntryOf, ResultOf } from "../../../metadata/changelog-entry.ts";
import { none } from "./change.ts";
import type { Applied } from "./change.ts";
import { createNode, link, purge, removeEdge } from "./transitions.ts";
import { nextEntry } from "./walk.ts";

const trashPathBytesMax = 1024;
const hourSeconds = 3600;
const slash = 0x2f;
/** Directories that an undelete makes belong to root. */
const madeDirectoryMode = 0o755;

/** UNDEL: a file returns from the trash to the path that it remembers. */
export function undelete(world: World, ts: number, entry: EntryOf<"UNDEL">): Applied<"UNDEL"> {
  const { nodes, edges } = world;
  const { inode } = entry;
  if (nodes.type(inode) !== nodeType.trash) return status.ENOENT;
  const trashEdge = nodes.firstName(inode);
  const names = namesOf(edges.name(trashEdge).slice());
  const last = names?.pop();
  if (names === undefined || last === undefined) return status.CANTCREATEPATH;
  const refusal = checkWay(world, names, last);
  if (refusal !== status.OK) return refusal;
  const parent = makeWay(world, ts, names);
  // The trash edge goes first here: its list is found by the type. Edge ids do not depend on the order.
  removeEdge(world, ts, trashEdge);
  nodes.setType(inode, nodeType.file);
  link(world, ts, { parent, name: last, inode });
  return none;
}

/** The parts of a path without leading slashes; undefined where one of them can be no name. */
function namesOf(path: Uint8Array): Uint8Array[] | undefined {
  let start = 0;
  while (path[start] === slash) start++;
  const names: Uint8Array[] = [];
  for (;;) {
    const end = path.indexOf(slash, start);
    const name = path.subarray(start, end === -1 ? path.length : end);
    if (!isGoodName(name)) return undefined;
    names.push(name);
    if (end === -1) return names;
    start = end + 1;
  }
}

/** Whether the way down exists or can be made, and the name at its end is free. */
function checkWay(world: World, names: readonly Uint8Array[], last: Uint8Array): number {
  let directory = rootInode;
  for (const name of names) {
    const refusal = checkOnWay(world, directory);
    if (refusal !== status.OK) return refusal;
    const edge = world.edges.find(directory, name);
    if (edge === 0) return status.OK;
    directory = world.edges.child(edge);
    if (!world.nodes.isDirectory(directory)) return status.CANTCREATEPATH;
  }
  const refusal = checkOnWay(world, directory);
  if (refusal !== status.OK) return refusal;
  return world.edges.find(directory, last) === 0 ? status.OK : status.EEXIST;
}

function checkOnWay(world: World, directory: number): number {
  if (world.quotas.get(directory)?.exceeded === true) return status.QUOTA;
  const immutable = (world.nodes.extra(directory) & extraAttribute.immutable) !== 0;
  return immutable ? status.EPERM : status.OK;
}

function makeWay(world: World, ts: number, names: readonly Uint8Array[]): number {
  let parent = rootInode;
  for (const name of names) {
    const edge = world.edges.find(parent, name);
    if (edge !== 0) parent = world.edges.child(edge);
    else {
      const made = { type: nodeType.directory, mode: madeDirectoryMode, umask: 0, uid: 0, gid: 0 };
      parent = createNode(world, ts, { ...made, parent, name });
    }
  }
  return parent;
}

/** PURGE: a user removes a file from the trash. */
export function purgeFile(world: World, ts: number, entry: EntryOf<"PURGE">): Applied<"PURGE"> {
  if (world.nodes.type(entry.inode) !== nodeType.trash) return status.ENOENT;
  purge(world, ts, entry.inode);
  return none;
}

/** SETPATH: another path is remembered for a file in the trash. */
export function setPath(world: World, _ts: number, entry: EntryOf<"SETPATH">): Applied<"SETPATH"> {
  const { nodes, edges } = world;
  const { inode, path } = entry;
  if (path.length === 0 || path.length > trashPathBytesMax || path.includes(0)) {
    return status.EINVAL;
  }
  if (nodes.type(inode) !== nodeType.trash) return status.ENOENT;
  edges.remove(nodes.firstName(inode));
  edges.addNameless(path, inode, edges.takeId());
  return none;
}

/** Buckets that an entry means: one, or all where there is no such bucket. */
function bucketsOf(bucket: number, buckets: number): readonly [from: number, to: number] {
  return bucket < buckets ? [bucket, bucket + 1] : [0, buckets];
}

/** EMPTYTRASH: files whose time is over leave the trash. */
export function emptyTrash(
  world: World,
  ts: number,
  entry: EntryOf<"EMPTYTRASH">,
): Applied<"EMPTYTRASH"> {
  const [from, to] = bucketsOf(entry.bucket, trashBuckets);
  let freed = 0;
  let sustained = 0;
  let checksum = 0;
  for (let bucket = from; bucket < to; bucket++) {
    for (let edge = world.edges.firstTrash(bucket), next = 0; edge !== 0; edge = next) {
      next = world.edges.next(edge);
      const inode = world.edges.child(edge);
      if (!isExpired(world, ts, inode)) continue;
      checksum ^= inode;
      if (purge(world, ts, inode)) freed++;
      else sustained++;
    }
  }
  return { freed, sustained, checksum: checksum >>> 0 };
}

function isExpired({ nodes }: World, ts: number, inode: number): boolean {
  const limit = ts - nodes.trashHours(inode) * hourSeconds;
  return (
    nodes.accessTime(inode) < limit &&
    nodes.modificationTime(inode) < limit &&
    nodes.changeTime(inode) < limit
  );
}

/** Whether an EMPTYTRASH of the bucket would do anything: only then it is logged. */
export function hasExpiredTrash(world: World, ts: number, bucket: number): boolean {
  let edge = world.edges.firstTrash(bucket);
  while (edge !== 0 && !isExpired(world, ts, world.edges.child(edge)))
    edge = world.edges.next(edge);
  return edge !== 0;
}

/** EMPTYSUSTAINED: removed files that nobody has open any more go. */
export function emptySustained(
  world: World,
  ts: number,
  entry: EntryOf<"EMPTYSUSTAINED">,
): Applied<"EMPTYSUSTAINED"> {
  const [from, to] = bucketsOf(entry.bucket, sustainedBuckets);
  let freed = 0;
  let checksum = 0;
  for (let bucket = from; bucket < to; bucket++) {
    for (let edge = world.edges.firstSustained(bucket), next = 0; edge !== 0; edge = next) {
      next = world.edges.next(edge);
      const inode = world.edges.child(edge);
      if (world.openFiles.isOpen(inode)) continue;
      checksum ^= inode;
      freed++;
      purge(world, ts, inode);
    }
  }
  return { freed, checksum: checksum >>> 0 };
}

/** Whether an EMPTYSUSTAINED of the bucket would do anything: only then it is logged. */
export function hasClosedSustained(world: World, bucket: number): boolean {
  let edge = world.edges.firstSustained(bucket);
  while (edge !== 0 && world.openFiles.isOpen(world.edges.child(edge))) {
    edge = world.edges.next(edge);
  }
  return edge !== 0;
}

/** FREEINODES: numbers that have waited long enough can be used again. */
export function freeInodes(
  world: World,
  ts: number,
  entry: EntryOf<"FREEINODES">,
  logged?: ResultOf<"FREEINODES">,
): Applied<"FREEINODES"> {
  const { numbers, openFiles } = world;
  const asksOpen = logged === undefined || logged.sustained > 0;
  let freed = 0;
  let sustained = 0;
  let checksum = 0;
  numbers.lowerTimes(ts);
  while (hasWaitedInode(world, ts, entry.delay)) {
    const inode = numbers.shift();
    checksum ^= inode;
    if (asksOpen && openFiles.isOpen(inode)) {
      numbers.queue(inode, ts);
      sustained++;
    } else {
      numbers.free(inode);
      freed++;
    }
  }
  return { freed, sustained, checksum: checksum >>> 0 };
}

/** Whether a FREEINODES would do anything: only then it is logged. */
export function hasWaitedInode({ numbers }: World, ts: number, delay: number): boolean {
  return numbers.waiting > 0 && numbers.headTime() + delay < ts;
}

/** RENUMERATEEDGES: all names in the tree get new ids, by the order of the lists. */
export function renumberEdges(world: World): Applied<"RENUMERATEEDGES"> {
  const { nodes, edges } = world;
  let nextId = firstEdgeId;
  const number = (directory: number): void => {
    let count = 0n;
    for (let edge = nodes.firstEntry(directory); edge !== 0; edge = edges.next(edge)) count++;
    nextId -= count;
    let id = nextId;
    for (let edge = nodes.firstEntry(directory); edge !== 0; edge = edges.next(edge)) {
      edges.setId(edge, id++);
    }
  };
  number(rootInode);
  let edge = nodes.firstEntry(rootInode);
  while (edge !== 0) {
    const inode = edges.child(edge);
    if (nodes.isDirectory(inode)) number(inode);
    edge = nextEntry(world, rootInode, edge);
  }
  edges.nextEdgeId = nextId;
  return { nextEdgeId: nextId };
}
