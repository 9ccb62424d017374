// Paths as monitors see them. Spec: wire-admin.md sections 3.3, 3.10 and 3.13.

import { nodeType, rootInode } from "../store/nodes.ts";
import type { World } from "../store/world.ts";

/** The longest path shown; of a longer one the end. A text in an answer may not be longer than 1 MiB. */
const pathBytesMax = 1_000_000;
const slash = 0x2f;
const encoder = new TextEncoder();

const rootPath = encoder.encode("/");
const metaPath = encoder.encode(".");
const notDirectory = encoder.encode("(not directory)");
const notFound = encoder.encode("(not found)");

/** The path of an edge from the root, without a leading slash. */
export function edgePath(world: World, edge: number): Uint8Array {
  const { edges, nodes } = world;
  const upwards: number[] = [];
  let length = -1;
  for (let current = edge; current !== 0; current = nodes.firstName(edges.parent(current))) {
    length += edges.nameLength(current) + 1;
    if (length > pathBytesMax) break;
    upwards.push(current);
  }
  const path = new Uint8Array(Math.min(length, pathBytesMax));
  let end = path.length;
  for (const current of upwards) {
    end -= edges.nameLength(current);
    edges.copyNameTo(current, path, end);
    if (end > 0) path[--end] = slash;
  }
  return path.subarray(end);
}

/** The path of a directory from the root, with a leading slash. */
export function directoryPath(world: World, inode: number): Uint8Array {
  if (inode === rootInode) return rootPath;
  return withSlash(edgePath(world, world.nodes.firstName(inode)));
}

/** What a session is mounted on; `.` for the meta file system. */
export function sessionRootPath(world: World, inode: number): Uint8Array {
  if (inode === 0) return metaPath;
  const type = world.nodes.type(inode);
  if (type === 0) return notFound;
  return type === nodeType.directory ? directoryPath(world, inode) : notDirectory;
}

/** The path with a slash in front. */
export function withSlash(path: Uint8Array): Uint8Array {
  const longer = new Uint8Array(path.length + 1);
  longer[0] = slash;
  longer.set(path, 1);
  return longer;
}
