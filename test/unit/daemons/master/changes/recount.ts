// Counts everything anew that a world counts while it changes, and compares.

import assert from "node:assert/strict";
import { trashBuckets, sustainedBuckets } from "../../../../../daemons/master/core/store/edges.ts";
import { nodeType } from "../../../../../daemons/master/core/store/nodes.ts";
import { emptyTally } from "../../../../../daemons/master/core/store/statistics.ts";
import type { Tally } from "../../../../../daemons/master/core/store/statistics.ts";
import type { World } from "../../../../../daemons/master/core/store/world.ts";

/** Fails where a counter, a list or an index is not what the tree says. */
export function recount(world: World): void {
  const names = new Map<number, number>();
  const count = (inode: number) => names.set(inode, (names.get(inode) ?? 0) + 1);
  const belowRoot = recountDirectory(world, 1, count);
  assert.deepEqual(world.statistics.of(1), belowRoot);
  recountNameless(world, count);
  recountNodes(world, names);
  recountChunks(world);
}

/** What lies below a directory; compares what is stored on the way. */
function recountDirectory(world: World, top: number, count: (inode: number) => void): Tally {
  const { nodes, edges, statistics } = world;
  const sums = new Map<number, Tally>([[top, emptyTally()]]);
  const order = [top];
  for (const directory of order) {
    let directories = 0;
    for (let edge = nodes.firstEntry(directory); edge !== 0; edge = edges.next(edge)) {
      const inode = edges.child(edge);
      assert.equal(edges.parent(edge), directory);
      assert.equal(edges.find(directory, edges.name(edge).slice()), edge);
      count(inode);
      if (!nodes.isDirectory(inode)) continue;
      directories++;
      sums.set(inode, emptyTally());
      order.push(inode);
    }
    assert.equal(nodes.links(directory), 2 + directories, `links of ${directory}`);
  }
  for (const directory of order.toReversed()) {
    const sum = sums.get(directory) ?? emptyTally();
    for (let edge = nodes.firstEntry(directory); edge !== 0; edge = edges.next(edge)) {
      const inode = edges.child(edge);
      const below = sums.get(inode);
      const one = statistics.tallyOf(inode);
      add(
        sum,
        below === undefined
          ? one
          : { ...below, inodes: below.inodes + 1, directories: below.directories + 1 },
      );
    }
    assert.deepEqual(statistics.of(directory), sum, `statistics of ${directory}`);
  }
  return sums.get(top) ?? emptyTally();
}

function add(sum: Tally, more: Tally): void {
  sum.inodes += more.inodes;
  sum.directories += more.directories;
  sum.files += more.files;
  sum.chunks += more.chunks;
  sum.length += more.length;
  sum.size += more.size;
  sum.realSize += more.realSize;
}

function recountNameless(world: World, count: (inode: number) => void): void {
  const { nodes, edges, statistics } = world;
  let trash = 0n;
  let sustained = 0n;
  for (let bucket = 0; bucket < trashBuckets; bucket++) {
    for (let edge = edges.firstTrash(bucket); edge !== 0; edge = edges.next(edge)) {
      const inode = edges.child(edge);
      assert.equal(nodes.type(inode), nodeType.trash);
      trash += nodes.length(inode);
      count(inode);
    }
  }
  for (let bucket = 0; bucket < sustainedBuckets; bucket++) {
    for (let edge = edges.firstSustained(bucket); edge !== 0; edge = edges.next(edge)) {
      const inode = edges.child(edge);
      assert.equal(nodes.type(inode), nodeType.sustained);
      sustained += nodes.length(inode);
      count(inode);
    }
  }
  assert.equal(statistics.trashLength, trash);
  assert.equal(statistics.sustainedLength, sustained);
}

function recountNodes(world: World, names: ReadonlyMap<number, number>): void {
  const { nodes, edges, classUse } = world;
  const files = new Map<number, number>();
  const directories = new Map<number, number>();
  for (let inode = 1; inode <= nodes.maxInode; inode++) {
    const type = nodes.type(inode);
    if (type === 0) continue;
    assert(world.numbers.isMarked(inode));
    let listed = 0;
    for (let edge = nodes.firstName(inode); edge !== 0; edge = edges.nextName(edge)) {
      assert.equal(edges.child(edge), inode);
      listed++;
    }
    assert.equal(listed, names.get(inode) ?? 0, `names of ${inode}`);
    const hasName = type !== nodeType.trash && type !== nodeType.sustained;
    if (type !== nodeType.directory) assert.equal(nodes.links(inode), hasName ? listed : 0);
    const id = nodes.storageClass(inode);
    if (nodes.isFile(inode)) files.set(id, (files.get(id) ?? 0) + 1);
    else if (type === nodeType.directory) directories.set(id, (directories.get(id) ?? 0) + 1);
  }
  for (let id = 0; id < 256; id++) {
    assert.equal(classUse.files(id), files.get(id) ?? 0, `files of class ${id}`);
    assert.equal(classUse.directories(id), directories.get(id) ?? 0, `directories of class ${id}`);
  }
}

function recountChunks(world: World): void {
  const { nodes, slots, chunks } = world;
  const references = new Map<number, number>();
  for (let inode = 1; inode <= nodes.maxInode; inode++) {
    if (nodes.type(inode) === 0 || !nodes.isFile(inode)) continue;
    let filled = 0;
    slots.forEach(inode, (_index, chunkId) => {
      references.set(chunkId, (references.get(chunkId) ?? 0) + 1);
      filled++;
    });
    assert.equal(slots.filled(inode), filled);
  }
  for (let bucket = 0; bucket < chunks.buckets; bucket++) {
    for (let chunk = chunks.bucket(bucket); chunk !== 0; chunk = chunks.next(chunk)) {
      const id = chunks.idOf(chunk);
      assert.equal(chunks.referencesOf(chunk), references.get(id) ?? 0, `references of ${id}`);
    }
  }
}
