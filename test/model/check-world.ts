// Counts everything in a world anew and compares it with what is kept: links, sums, references, uses of classes,
// lists and indexes. Spec: semantics-master.md section 10.3, changelog.md section 6.

import { aclType } from "../../daemons/master/core/store/attribute-lists.ts";
import { sustainedBuckets, trashBuckets } from "../../daemons/master/core/store/edges.ts";
import { nodeType, rootInode } from "../../daemons/master/core/store/nodes.ts";
import { emptyTally } from "../../daemons/master/core/store/statistics.ts";
import type { Tally } from "../../daemons/master/core/store/statistics.ts";
import type { World } from "../../daemons/master/core/store/world.ts";

/** What a world says about itself that is not so; nothing when all is well. */
export function checkWorld(world: World): string[] {
  const problems: string[] = [];
  const inodes: number[] = [];
  for (let inode = 1; inode <= world.nodes.maxInode; inode++) {
    if (world.nodes.type(inode) !== 0) inodes.push(inode);
  }
  checkNumbers(world, inodes, problems);
  for (const inode of inodes) checkNode(world, inode, problems);
  checkNameless(world, inodes, problems);
  checkReferences(world, inodes, problems);
  checkClasses(world, inodes, problems);
  const everything = sumsBelow(world, rootInode, problems);
  expect(problems, "inodes with names", reachable(world, inodes), everything.reached.size + 1);
  return problems;
}

function expect(problems: string[], what: string, kept: unknown, counted: unknown): void {
  if (kept !== counted) {
    problems.push(`${what}: kept ${String(kept)}, counted ${String(counted)}`);
  }
}

function checkNumbers(world: World, inodes: readonly number[], problems: string[]): void {
  expect(problems, "number of inodes", world.nodes.countOf(), inodes.length);
  for (const inode of inodes) {
    if (!world.numbers.isMarked(inode)) problems.push(`inode ${inode} exists and is free`);
  }
  world.numbers.forEachWaiting((inode) => {
    if (world.nodes.type(inode) !== 0) problems.push(`inode ${inode} exists and waits`);
    if (!world.numbers.isMarked(inode)) problems.push(`inode ${inode} waits and is free`);
  });
}

function checkNode(world: World, inode: number, problems: string[]): void {
  const { nodes, edges, xattrs, acls, slots } = world;
  const what = `inode ${inode}`;
  let names = 0;
  for (let edge = nodes.firstName(inode); edge !== 0; edge = edges.nextName(edge)) {
    if (edges.child(edge) !== inode) problems.push(`${what} has a name of another node`);
    if (edges.parent(edge) !== 0) names++;
  }
  expect(problems, `${what} has xattrs`, nodes.hasXattrs(inode), xattrs.list(inode).length > 0);
  const hasAccess = acls.get(inode, aclType.access) !== undefined;
  const hasDefault = acls.get(inode, aclType.default) !== undefined;
  expect(problems, `${what} has an access ACL`, nodes.hasAccessAcl(inode), hasAccess);
  expect(problems, `${what} has a default ACL`, nodes.hasDefaultAcl(inode), hasDefault);
  if (!nodes.isDirectory(inode)) expect(problems, `${what}: links`, nodes.links(inode), names);
  else checkDirectory(world, inode, problems);
  if (!nodes.isFile(inode)) return;
  let filled = 0;
  slots.forEach(inode, (index, chunk) => {
    filled++;
    if (index >= slots.count(inode)) problems.push(`${what}: chunk beyond its table`);
    if (chunk === 0) problems.push(`${what}: a hole among its chunks`);
  });
  expect(problems, `${what}: filled slots`, slots.filled(inode), filled);
}

function checkDirectory(world: World, directory: number, problems: string[]): void {
  const { nodes, edges } = world;
  let directories = 0;
  let last = 0n;
  for (let edge = nodes.firstEntry(directory); edge !== 0; edge = edges.next(edge)) {
    if (nodes.isDirectory(edges.child(edge))) directories++;
    if (edges.parent(edge) !== directory) problems.push(`directory ${directory}: foreign entry`);
    if (edges.id(edge) <= last) problems.push(`directory ${directory}: ids are not in order`);
    last = edges.id(edge);
    if (edges.find(directory, edges.name(edge)) !== edge) {
      problems.push(`directory ${directory}: an entry is not found by its name`);
    }
  }
  expect(problems, `directory ${directory}: links`, nodes.links(directory), 2 + directories);
}

function checkNameless(world: World, inodes: readonly number[], problems: string[]): void {
  const { nodes, edges, statistics } = world;
  const rows = [
    { type: nodeType.trash, buckets: trashBuckets, first: (at: number) => edges.firstTrash(at) },
    {
      type: nodeType.sustained,
      buckets: sustainedBuckets,
      first: (at: number) => edges.firstSustained(at),
    },
  ];
  for (const { type, buckets, first } of rows) {
    let listed = 0;
    for (let bucket = 0; bucket < buckets; bucket++) {
      for (let edge = first(bucket); edge !== 0; edge = edges.next(edge)) {
        const inode = edges.child(edge);
        if (nodes.type(inode) !== type || inode % buckets !== bucket) {
          problems.push(`inode ${inode} stands in a wrong list of removed files`);
        }
        listed++;
      }
    }
    const found = inodes.filter((inode) => nodes.type(inode) === type);
    expect(problems, `removed files of type ${type}`, listed, found.length);
    const bytes = found.reduce((sum, inode) => sum + nodes.length(inode), 0n);
    const kept = type === nodeType.trash ? statistics.trashLength : statistics.sustainedLength;
    expect(problems, `bytes of removed files of type ${type}`, kept, bytes);
  }
}

function checkReferences(world: World, inodes: readonly number[], problems: string[]): void {
  const { nodes, slots, chunks } = world;
  const counted = new Map<number, number>();
  for (const inode of inodes) {
    if (!nodes.isFile(inode)) continue;
    slots.forEach(inode, (_index, chunk) => counted.set(chunk, (counted.get(chunk) ?? 0) + 1));
  }
  let records = 0;
  for (let place = 0; place < chunks.buckets; place++) {
    for (let chunk = chunks.bucket(place); chunk !== 0; chunk = chunks.next(chunk)) {
      records++;
      const id = chunks.idOf(chunk);
      expect(
        problems,
        `references of chunk ${id}`,
        chunks.referencesOf(chunk),
        counted.get(id) ?? 0,
      );
      if (chunks.find(id) !== chunk) problems.push(`chunk ${id} is not found by its id`);
    }
  }
  expect(problems, "chunks", chunks.count, records);
  for (const id of counted.keys()) {
    if (chunks.find(id) === 0) problems.push(`chunk ${id} is used and unknown`);
  }
}

function checkClasses(world: World, inodes: readonly number[], problems: string[]): void {
  const { nodes, classes, classUse } = world;
  for (const { id } of classes) {
    const used = inodes.filter((inode) => nodes.storageClass(inode) === id);
    const directories = used.filter((inode) => nodes.isDirectory(inode)).length;
    expect(problems, `directories of class ${id}`, classUse.directories(id), directories);
    expect(problems, `files of class ${id}`, classUse.files(id), used.length - directories);
  }
}

function reachable({ nodes }: World, inodes: readonly number[]): number {
  return inodes.filter((inode) => nodes.type(inode) <= nodeType.socket).length;
}

/** Sums over a directory by walking it; each directory's record is compared on the way up. */
function sumsBelow(
  world: World,
  directory: number,
  problems: string[],
): { readonly tally: Tally; readonly reached: Set<number> } {
  const { nodes, edges, statistics } = world;
  const tally = emptyTally();
  const reached = new Set<number>();
  for (let edge = nodes.firstEntry(directory); edge !== 0; edge = edges.next(edge)) {
    const child = edges.child(edge);
    reached.add(child);
    if (!nodes.isDirectory(child)) {
      add(tally, statistics.tallyOf(child));
      continue;
    }
    const below = sumsBelow(world, child, problems);
    add(tally, below.tally);
    tally.inodes++;
    tally.directories++;
    for (const inode of below.reached) reached.add(inode);
  }
  const kept = statistics.of(directory);
  for (const [name, value] of Object.entries(tally)) {
    expect(problems, `${name} below ${directory}`, kept[name as keyof Tally], value);
  }
  return { tally, reached };
}

function add(to: Tally, more: Tally): void {
  to.inodes += more.inodes;
  to.directories += more.directories;
  to.files += more.files;
  to.chunks += more.chunks;
  to.length += more.length;
  to.size += more.size;
  to.realSize += more.realSize;
}
