// Paths of inodes, as lists of files show them. Spec: wire-admin.md section 3.10.

import { decodeText } from "../../../protocol/byte-text.ts";
import { limits } from "../../../protocol/limits.ts";
import { MassResolvePaths, MassResolvePathsAnswer } from "../../../protocol/packets/admin.ts";
import { ProtocolError } from "../../../protocol/protocol-error.ts";
import { nodeType, rootInode } from "../store/nodes.ts";
import type { World } from "../store/world.ts";
import { edgePath } from "./paths.ts";
import { monitorRequest } from "./request.ts";

/** Bytes of an inode's entry before its paths, and of a path before its text. */
const entryBytes = 8;
const pathHeadBytes = 4;

/** MASS_RESOLVE_PATHS: one entry an inode, one path a name. */
export const massResolvePaths = monitorRequest(
  MassResolvePaths,
  MassResolvePathsAnswer,
  (core, asked) => {
    const nodes: { inode: number; paths: readonly string[] }[] = [];
    let left: number = limits.fileListBytes;
    for (const inode of asked.inodes) {
      if (inode === 0) continue;
      const found = pathsOf(core.world, inode, left - entryBytes);
      left = found.left;
      if (left < 0) throw tooManyPaths();
      nodes.push({ inode, paths: found.paths });
    }
    return { nodes };
  },
);

/** All paths of an inode, and the bytes that are left for others; negative when these are too many. */
function pathsOf(
  world: World,
  inode: number,
  room: number,
): { readonly paths: readonly string[]; readonly left: number } {
  const { nodes, edges } = world;
  const type = nodes.type(inode);
  const paths: string[] = [];
  let left = room;
  let edge = type === 0 ? 0 : nodes.firstName(inode);
  do {
    const path = onePath(world, { inode, type, edge });
    left -= pathHeadBytes + path.length;
    if (left < 0) break;
    paths.push(decodeText(path));
    edge = edge === 0 ? 0 : edges.nextName(edge);
  } while (edge !== 0);
  return { paths, left };
}

/** The path of one name; `edge` is 0 for what has none. */
function onePath(
  world: World,
  { inode, type, edge }: { inode: number; type: number; edge: number },
): Uint8Array {
  if (inode === rootInode) return encoder.encode("/");
  if (type === 0 || edge === 0) return encoder.encode("(deleted)");
  if (type === nodeType.trash) return within("./TRASH (", world.edges.name(edge));
  if (type === nodeType.sustained) return within("./SUSTAINED (", world.edges.name(edge));
  return edgePath(world, edge);
}

function within(before: string, path: Uint8Array): Uint8Array {
  return Buffer.concat([encoder.encode(before), path, encoder.encode(")")]);
}

const encoder = new TextEncoder();

function tooManyPaths(): ProtocolError {
  const place = { code: "countTooLarge", packet: MassResolvePaths.name, offset: 0 } as const;
  return new ProtocolError(place, "the answer would be longer than any that we send");
}
