// Changes of the tree: making, linking, moving and removing names. Replay comes through here too, so every
// function checks the structure before it changes anything; rights are checked by the live operation.
// Spec: changelog.md section 7.1.

import type { EntryOf } from "../../../metadata/changelog-entry.ts";
import { isGoodName, isGoodTarget } from "../names.ts";
import { status } from "../status.ts";
import { nodeType } from "../store/nodes.ts";
import type { World } from "../store/world.ts";
import { none } from "./change.ts";
import type { Applied } from "./change.ts";
import { createNode, link, removeEdge, unlink } from "./transitions.ts";

/** CREATE: a file, directory, device, fifo or socket. */
export function create(world: World, ts: number, entry: EntryOf<"CREATE">): Applied<"CREATE"> {
  const { nodes } = world;
  const { type } = entry;
  if (type < nodeType.file || type > nodeType.socket || type === nodeType.symlink) {
    return status.EINVAL;
  }
  const free = checkFree(world, entry.parent, entry.name);
  if (free !== status.OK) return free;
  const inode = createNode(world, ts, entry);
  if (type === nodeType.blockDevice || type === nodeType.characterDevice) {
    nodes.setDevice(inode, entry.rdev);
  }
  return { inode };
}

/** SYMLINK. */
export function symlink(world: World, ts: number, entry: EntryOf<"SYMLINK">): Applied<"SYMLINK"> {
  if (!isGoodTarget(entry.target)) return status.EINVAL;
  const free = checkFree(world, entry.parent, entry.name);
  if (free !== status.OK) return free;
  const { parent, name, uid, gid } = entry;
  const type = nodeType.symlink;
  const inode = createNode(world, ts, { parent, name, type, mode: 0o777, umask: 0, uid, gid });
  world.nodes.setTarget(inode, world.arena.store(entry.target), entry.target.length);
  const below = { ...world.statistics.tallyOf(inode), inodes: 0 };
  world.statistics.add(parent, below);
  return { inode };
}

/** LINK: one more name for a node that is no directory. */
export function linkNode(world: World, ts: number, entry: EntryOf<"LINK">): Applied<"LINK"> {
  const type = world.nodes.type(entry.inode);
  if (type === 0 || type === nodeType.trash || type === nodeType.sustained) return status.ENOENT;
  if (world.nodes.type(entry.parent) === 0) return status.ENOENT;
  if (type === nodeType.directory) return status.EPERM;
  const free = checkFree(world, entry.parent, entry.name);
  if (free !== status.OK) return free;
  link(world, ts, entry);
  return none;
}

/** UNLINK: removes a name, also that of an empty directory. */
export function unlinkName(world: World, ts: number, entry: EntryOf<"UNLINK">): Applied<"UNLINK"> {
  const { nodes, edges } = world;
  const found = findEntry(world, entry.parent, entry.name);
  if (found.status !== status.OK) return found.status;
  const inode = edges.child(found.edge);
  if (nodes.isDirectory(inode) && nodes.firstEntry(inode) !== 0) return status.ENOTEMPTY;
  unlink(world, ts, found.edge);
  return { inode };
}

/** MOVE: renames; whatever stood at the destination is removed as by UNLINK. */
export function move(world: World, ts: number, entry: EntryOf<"MOVE">): Applied<"MOVE"> {
  const { nodes, edges } = world;
  const { sourceParent, sourceName, targetParent, targetName } = entry;
  const source = findEntry(world, sourceParent, sourceName);
  if (source.status !== status.OK) return source.status;
  const inode = edges.child(source.edge);
  const place = checkDirectory(world, targetParent);
  if (place !== status.OK) return place;
  if (nodes.isDirectory(inode) && isAtOrBelow(world, targetParent, inode)) return status.EINVAL;
  if (!isGoodName(targetName)) return status.EINVAL;
  const replaced = edges.find(targetParent, targetName);
  // A name moved onto itself: nothing to do. The original frees the node here.
  if (replaced === source.edge) return { inode };
  if (replaced !== 0) {
    const target = edges.child(replaced);
    if (nodes.isDirectory(target) && nodes.firstEntry(target) !== 0) return status.ENOTEMPTY;
    unlink(world, ts, replaced);
  }
  removeEdge(world, ts, source.edge);
  link(world, ts, { parent: targetParent, name: targetName, inode });
  return { inode };
}

/** Whether `inode` is the directory itself or lies below it. */
export function isAtOrBelow(world: World, inode: number, directory: number): boolean {
  for (let current = inode; current !== 0; current = world.edges.parentOf(current)) {
    if (current === directory) return true;
  }
  return false;
}

function checkDirectory(world: World, directory: number): number {
  const type = world.nodes.type(directory);
  if (type === 0) return status.ENOENT;
  return type === nodeType.directory ? status.OK : status.ENOTDIR;
}

/** OK when a name can be made in a directory. */
export function checkFree(world: World, parent: number, name: Uint8Array): number {
  const directory = checkDirectory(world, parent);
  if (directory !== status.OK) return directory;
  if (!isGoodName(name)) return status.EINVAL;
  return world.edges.find(parent, name) === 0 ? status.OK : status.EEXIST;
}

function findEntry(
  world: World,
  parent: number,
  name: Uint8Array,
): { readonly status: number; readonly edge: number } {
  const directory = checkDirectory(world, parent);
  if (directory !== status.OK) return { status: directory, edge: 0 };
  if (!isGoodName(name)) return { status: status.EINVAL, edge: 0 };
  const edge = world.edges.find(parent, name);
  return { status: edge === 0 ? status.ENOENT : status.OK, edge };
}
