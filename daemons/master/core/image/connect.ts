// What takes a whole world to check and to count after loading: orphans, references of chunks, and the
// statistics of directories, summed once and from the leaves up. Spec: metadata-file.md 4.2, semantics-master.md 10.3.

import { nodeType, rootInode } from "../store/nodes.ts";
import type { World } from "../store/world.ts";
import { DirectorySum } from "./directory-sum.ts";
import type { Refusals } from "./refusals.ts";

/** Checks the tree, connects files and chunks, and sums up every directory. */
export function connect(world: World, refusals: Refusals): void {
  if (!world.nodes.isDirectory(rootInode)) refusals.fail("root node not found !!!");
  adoptOrphans(world, refusals);
  const directories = directoriesFromTop(world, refusals);
  connectFiles(world);
  const sum = new DirectorySum(world);
  for (let at = directories.length - 1; at >= 0; at--) sum.sum(directories[at] as number);
}

/** Every inode but the root has a name; with `-i` those without get one in the root. */
function adoptOrphans(world: World, refusals: Refusals): void {
  const { nodes } = world;
  for (let inode = rootInode + 1; inode < nodes.count; inode = nodes.skipAbsent(inode + 1)) {
    if (nodes.firstName(inode) !== 0 || nodes.type(inode) === 0) continue;
    refusals.refuse(`found orphaned inode: ${inode}`);
    adopt(world, inode);
  }
}

function adopt(world: World, inode: number): void {
  const { nodes, edges } = world;
  let name = Buffer.from(`lost_node_${inode}`);
  for (let suffix = 1; edges.find(rootInode, name) !== 0; suffix++) {
    name = Buffer.from(`lost_node_${inode}.${suffix}`);
  }
  const type = nodes.type(inode);
  if (type === nodeType.trash || type === nodeType.sustained) nodes.setType(inode, nodeType.file);
  edges.add(rootInode, name, inode, edges.takeId());
  const counted = type === nodeType.directory ? rootInode : inode;
  nodes.setLinks(counted, nodes.links(counted) + 1);
}

/** All directories, each behind the one that holds it. */
function directoriesFromTop(world: World, refusals: Refusals): Uint32Array {
  const { nodes } = world;
  const count = nodes.countOf(nodeType.directory);
  for (;;) {
    const directories = walk(world, count);
    if (directories.length === count) return directories;
    const reached = new Set(directories);
    let inode = rootInode;
    while (!nodes.isDirectory(inode) || reached.has(inode)) inode++;
    refusals.refuse(`directory ${inode} below itself, expected it below the root`);
    const edge = nodes.firstName(inode);
    const parent = world.edges.parent(edge);
    world.edges.remove(edge);
    nodes.setLinks(parent, nodes.links(parent) - 1);
    adopt(world, inode);
  }
}

/** The directories that can be reached; each has one name, so nothing is met twice. */
function walk(world: World, count: number): Uint32Array {
  const { nodes, edges } = world;
  const directories = new Uint32Array(count);
  directories[0] = rootInode;
  let found = 1;
  for (let at = 0; at < found; at++) {
    let edge = nodes.firstEntry(directories[at] as number);
    while (edge !== 0) {
      const child = edges.child(edge);
      if (nodes.isDirectory(child)) directories[found++] = child;
      edge = edges.next(edge);
    }
  }
  return directories.subarray(0, found);
}

/** Counts the files that hold each chunk, and the bytes of files without a name. */
function connectFiles(world: World): void {
  const { nodes, slots, statistics, chunks } = world;
  let storageClass = 0;
  const addReference = (_index: number, chunkId: number): void => {
    const chunk = chunks.find(chunkId);
    // A chunk that the table does not know is found by the file loop.
    if (chunk !== 0) chunks.addReference(chunk, storageClass);
  };
  for (let inode = rootInode + 1; inode < nodes.count; inode = nodes.skipAbsent(inode + 1)) {
    if (!nodes.isFile(inode)) continue;
    storageClass = nodes.storageClass(inode);
    slots.forEach(inode, addReference);
    if (nodes.type(inode) !== nodeType.file) statistics.addNameless(inode);
  }
}
