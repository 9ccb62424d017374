// The whole state of the real core beside the naive one: every node, list, chunk and sum.

import { aclType } from "../../daemons/master/core/store/attribute-lists.ts";
import { nodeType } from "../../daemons/master/core/store/nodes.ts";
import type { World } from "../../daemons/master/core/store/world.ts";
import { isFile } from "./naive-fs.ts";
import type { NaiveFs } from "./naive-fs.ts";
import { kind } from "./naive-types.ts";
import type { NaiveAcl, NaiveNode } from "./naive-types.ts";
import { plain, text } from "./plain.ts";

/** One thing that differs, with both sides. */
export interface Difference {
  readonly what: string;
  readonly real: unknown;
  readonly naive: unknown;
}

/** The first difference, if there is one. */
export function compareTrees(world: World, fs: NaiveFs): Difference | undefined {
  const count = world.nodes.countOf();
  if (count !== fs.nodes.size) {
    return { what: "number of inodes", real: inodesOf(world), naive: [...fs.nodes.keys()] };
  }
  for (const node of fs.nodes.values()) {
    const found = compareNode(world, fs, node);
    if (found !== undefined) return found;
  }
  for (const chunk of fs.chunks.values()) {
    const found = compareChunk(world, fs, chunk.id);
    if (found !== undefined) return found;
  }
  return compareSums(world, fs) ?? compareOpen(world, fs);
}

function inodesOf(world: World): number[] {
  const found: number[] = [];
  for (let inode = 1; inode <= world.nodes.maxInode; inode++) {
    if (world.nodes.type(inode) !== 0) found.push(inode);
  }
  return found;
}

function differ(what: string, real: unknown, naive: unknown): Difference | undefined {
  const sides = { real: plain(real), naive: plain(naive) };
  const isSame = JSON.stringify(sides.real) === JSON.stringify(sides.naive);
  return isSame ? undefined : { what, ...sides };
}

function compareNode(world: World, fs: NaiveFs, node: NaiveNode): Difference | undefined {
  const { nodes } = world;
  const { inode } = node;
  if (nodes.type(inode) !== node.type) {
    return { what: `type of inode ${inode}`, real: nodes.type(inode), naive: node.type };
  }
  return (
    differ(`inode ${inode}`, realNode(world, inode), naiveNode(fs, node)) ??
    (node.type === kind.directory ? compareDirectory(world, fs, node) : undefined)
  );
}

function realNode(world: World, inode: number): unknown {
  const { nodes, edges, slots, xattrs, acls } = world;
  const slotsFound: [number, number][] = [];
  if (nodes.isFile(inode)) slots.forEach(inode, (index, id) => slotsFound.push([index, id]));
  const isRemoved = nodes.type(inode) > nodeType.socket;
  return {
    mode: nodes.mode(inode),
    uid: nodes.uid(inode),
    gid: nodes.gid(inode),
    atime: nodes.accessTime(inode),
    mtime: nodes.modificationTime(inode),
    ctime: nodes.changeTime(inode),
    extra: nodes.extra(inode),
    windowsFlags: nodes.windowsFlags(inode),
    links: nodes.links(inode),
    storageClass: nodes.storageClass(inode),
    trashHours: nodes.isFile(inode) || nodes.isDirectory(inode) ? nodes.trashHours(inode) : 0,
    length: nodes.isFile(inode) ? nodes.length(inode) : 0n,
    slots: slotsFound.toSorted(([one], [other]) => one - other),
    slotCount: nodes.isFile(inode) ? slots.count(inode) : 0,
    path: isRemoved ? text(edges.name(nodes.firstName(inode))) : "",
    xattrs: xattrs.list(inode).map(({ name, value }) => [text(name), text(value)]),
    accessAcl: aclOf(acls.get(inode, aclType.access)),
    defaultAcl: aclOf(acls.get(inode, aclType.default)),
  };
}

function naiveNode(fs: NaiveFs, node: NaiveNode): unknown {
  const { mode, uid, gid, atime, mtime, ctime, extra, windowsFlags, storageClass } = node;
  const hasTrashTime = isFile(node) || node.type === kind.directory;
  return {
    mode,
    uid,
    gid,
    atime,
    mtime,
    ctime,
    extra,
    windowsFlags,
    storageClass,
    links: fs.linksOf(node),
    trashHours: hasTrashTime ? node.trashHours : 0,
    length: node.length,
    slots: [...node.slots].toSorted(([one], [other]) => one - other),
    slotCount: node.slotCount,
    path: node.path,
    xattrs: [...node.xattrs].toReversed(),
    accessAcl: aclOf(node.accessAcl),
    defaultAcl: aclOf(node.defaultAcl),
  };
}

function aclOf(acl: NaiveAcl | undefined): unknown {
  if (acl === undefined) return "none";
  const { owner, group, other, mask, users, groups } = acl;
  return { owner, group, other, mask, users, groups };
}

function compareDirectory(world: World, fs: NaiveFs, node: NaiveNode): Difference | undefined {
  const { nodes, edges } = world;
  const { inode } = node;
  const entries: [string, number][] = [];
  for (let edge = nodes.firstEntry(inode); edge !== 0; edge = edges.next(edge)) {
    entries.push([text(edges.name(edge)), edges.child(edge)]);
  }
  const naive = fs.list(node).map(([name, child]) => [name, child.inode]);
  return (
    differ(`entries of directory ${inode}`, entries, naive) ??
    differ(`sums of directory ${inode}`, world.statistics.of(inode), fs.below(node)) ??
    differ(`quota of directory ${inode}`, realQuota(world, inode), naiveQuota(node))
  );
}

function realQuota(world: World, inode: number): unknown {
  const quota = world.quotas.get(inode);
  if (quota === undefined) return "none";
  const { flags, gracePeriod, softTime, exceeded } = quota;
  const limits = [
    BigInt(quota.softInodes),
    quota.softLength,
    quota.softSize,
    quota.softRealSize,
    BigInt(quota.hardInodes),
    quota.hardLength,
    quota.hardSize,
    quota.hardRealSize,
  ];
  return { flags, grace: gracePeriod, softTime, exceeded, limits };
}

function naiveQuota({ quota }: NaiveNode): unknown {
  if (quota === undefined) return "none";
  const { flags, grace, softTime, exceeded, limits } = quota;
  return { flags, grace, softTime, exceeded, limits };
}

/** References count only while somebody has them: chunks without any may be gone in the core. */
function compareChunk(world: World, fs: NaiveFs, id: number): Difference | undefined {
  const { chunks } = world;
  const naive = fs.chunks.get(id);
  const chunk = chunks.find(id);
  const references = fs.referencesOf(id);
  if (naive === undefined || (chunk === 0 && references === 0)) return undefined;
  if (chunk === 0) return { what: `chunk ${id}`, real: "unknown", naive: references };
  const real = {
    version: chunks.versionOf(chunk),
    copies: chunks.usableCopiesOf(chunk),
    lockedTo: chunks.lockedToOf(chunk),
    archived: chunks.archivedOf(chunk),
    references: chunks.referencesOf(chunk),
  };
  const { version, copies, lockedTo, archived } = naive;
  return differ(`chunk ${id}`, real, { version, copies, lockedTo, archived, references });
}

function compareSums(world: World, fs: NaiveFs): Difference | undefined {
  const sum = (type: number) => {
    const found = [...fs.nodes.values()].filter((node) => node.type === type);
    return found.reduce((total, { length }) => total + length, 0n);
  };
  const { trashLength, sustainedLength } = world.statistics;
  return differ(
    "bytes in the trash and sustained",
    [trashLength, sustainedLength],
    [sum(kind.trash), sum(kind.sustained)],
  );
}

function compareOpen(world: World, fs: NaiveFs): Difference | undefined {
  const ascending = (one: number, other: number) => one - other;
  for (const { id, open } of fs.sessions.values()) {
    const real = [...world.openFiles.inodesOf(id)].toSorted(ascending);
    const found = differ(`open files of session ${id}`, real, [...open].toSorted(ascending));
    if (found !== undefined) return found;
  }
  const ids = [...fs.sessions.keys()].toSorted(ascending);
  return differ("sessions", [...world.sessions].map(({ id }) => id).toSorted(ascending), ids);
}
