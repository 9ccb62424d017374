// PATHS and PARENTS: where a node stands below the session's root.
// Spec: wire-client-master-3.md section 6.7, wire-client-master-2.md section 7.

import { Paths, PathsAnswer } from "../../../protocol/packets/client-reports.ts";
import { Parents, ParentsAnswer } from "../../../protocol/packets/client-tree.ts";
import { isAtOrBelow } from "../changes/tree.ts";
import { findNode, shownInode } from "../rights.ts";
import { status } from "../status.ts";
import { nodeType } from "../store/nodes.ts";
import type { World } from "../store/world.ts";
import { operation } from "./operation.ts";

const slash = 0x2f;
const rootPath = Uint8Array.of(slash);
const text = new TextEncoder();

export const paths = operation(Paths, PathsAnswer, (client, request) => {
  const { world } = client.service;
  const inode = findNode(client, request.inode);
  if (inode === 0) return status.ENOENT;
  const { messageId } = request;
  const found = pathsBelow(world, client.session.rootInode, inode);
  return { variant: "full" as const, messageId, paths: found };
});

/** All paths of a node below a directory, which is "/" itself; files without a name show where they were. */
function pathsBelow(world: World, root: number, inode: number): readonly Uint8Array[] {
  const { nodes, edges } = world;
  if (inode === root) return [rootPath];
  const type = nodes.type(inode);
  if (type === nodeType.trash) return [namelessPath(world, "./TRASH (", inode)];
  if (type === nodeType.sustained) return [namelessPath(world, "./SUSTAINED (", inode)];
  const found: Uint8Array[] = [];
  for (let edge = nodes.firstName(inode); edge !== 0; edge = edges.nextName(edge)) {
    const path = pathBelow(world, root, edge);
    if (path !== undefined) found.push(path);
  }
  return found;
}

/** The path that an edge ends, without a slash in front; `undefined` when it does not come from `root`. */
function pathBelow(world: World, root: number, edge: number): Uint8Array | undefined {
  const { nodes, edges } = world;
  let length = edges.nameLength(edge);
  let top = edge;
  while (edges.parent(top) !== root) {
    top = nodes.firstName(edges.parent(top));
    if (top === 0) return undefined;
    length += edges.nameLength(top) + 1;
  }
  const path = new Uint8Array(length);
  let end = length;
  for (let current = edge; ; current = nodes.firstName(edges.parent(current))) {
    end -= edges.nameLength(current);
    edges.copyNameTo(current, path, end);
    if (current === top) return path;
    path[--end] = slash;
  }
}

function namelessPath(world: World, opening: string, inode: number): Uint8Array {
  const { nodes, edges } = world;
  const name = edges.name(nodes.firstName(inode));
  const path = new Uint8Array(opening.length + name.length + 1);
  text.encodeInto(opening, path);
  path.set(name, opening.length);
  path[path.length - 1] = ")".charCodeAt(0);
  return path;
}

export const parents = operation(Parents, ParentsAnswer, (client, request) => {
  const { nodes, edges } = client.service.world;
  const inode = findNode(client, request.inode);
  if (inode === 0) return status.ENOENT;
  const { rootInode } = client.session;
  const found: number[] = [];
  if (inode !== rootInode) {
    for (let edge = nodes.firstName(inode); edge !== 0; edge = edges.nextName(edge)) {
      const parent = edges.parent(edge);
      const isBelow = isAtOrBelow(client.service.world, parent, rootInode);
      if (parent !== 0 && isBelow) found.push(shownInode(client, parent));
    }
  }
  return { variant: "full" as const, messageId: request.messageId, parents: found };
});
