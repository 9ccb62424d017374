// Names in the naive file system: looking up and listing.
// Spec: wire-client-master-2.md sections 2.3, 2.6, 2.12 and 7.

import { status } from "../../daemons/master/core/status.ts";
import type * as tree from "../../daemons/protocol/packets/client-tree.ts";
import { touchRead } from "./naive-attributes.ts";
import { locate, openCache } from "./naive-chunks.ts";
import { disabled } from "./naive-disabled.ts";
import type { NaiveFs } from "./naive-fs.ts";
import { findNode, look, mapCaller, maskSet, may } from "./naive-rights.ts";
import { extra, kind } from "./naive-types.ts";
import type { NaiveConnection, NaiveNode } from "./naive-types.ts";
import { text } from "./plain.ts";

const nameBytesMax = 255;
export function isGoodName(name: string): boolean {
  return (
    name.length > 0 && name.length <= nameBytesMax && !/[\0/]/.test(name) && !/^\.\.?$/.test(name)
  );
}

function shown({ session }: NaiveConnection, node: NaiveNode): number {
  return node.inode === session.terms.rootInode ? 1 : node.inode;
}

/** LOOKUP. */
export function lookup(fs: NaiveFs, from: NaiveConnection, request: tree.Lookup): unknown {
  const { session } = from;
  const parent = findNode(fs, session, request.parent);
  if (parent === undefined) return status.ENOENT_NOCACHE;
  if (parent.type !== kind.directory) return status.ENOTDIR;
  const caller = mapCaller(session, request.caller);
  if (!may(session, parent, caller, 1)) return status.EACCES;
  const name = text(request.name);
  let node: NaiveNode | undefined;
  if (name === ".") node = parent;
  else if (name === "..") node = above(fs, from, parent);
  else if (!isGoodName(name)) return status.EINVAL;
  else node = fs.child(parent, name);
  if (node === undefined) {
    return (parent.extra & extra.noEntryCache) === 0 ? status.ENOENT : status.ENOENT_NOCACHE;
  }
  let flags = maskSet(session, node, caller);
  if ((node.extra & extra.immutable) !== 0) flags = (flags & 0x33) | 0x800;
  if (session.terms.readOnly) flags |= 0x200;
  if ((node.extra & extra.noDataCache) !== 0) flags |= 0x1000;
  if ((node.extra & extra.appendOnly) !== 0) flags |= 0x2000;
  let mayCache = true;
  const isUsable = node.type === kind.file && (flags & 0xfc) !== 0;
  if (isUsable && (flags & 0x1000) === 0) {
    mayCache = openCache(fs, from, node.inode);
    if (mayCache) flags |= 0x400;
  }
  let location: unknown;
  if (isUsable && (session.terms.disables & disabled.read) === 0 && node.slotCount === 1) {
    const found = locate(fs, node.slots.get(0) ?? 0);
    if (typeof found !== "number") {
      location = found;
      flags |= 0x100;
    }
  }
  const attributes = look(fs, from, node, { caller, parent, mayCache });
  return { inode: shown(from, node), attributes, flags, location };
}

function above(fs: NaiveFs, { session }: NaiveConnection, directory: NaiveNode): NaiveNode {
  if (directory.inode === session.terms.rootInode) return directory;
  return fs.parentOf(directory) ?? directory;
}

/** READDIR from the beginning; `..` of the session's root is itself. */
export function readDirectory(
  fs: NaiveFs,
  from: NaiveConnection,
  request: tree.ReadDirectory,
): unknown {
  const { session } = from;
  if ((session.terms.disables & disabled.readdir) !== 0) return status.EPERM;
  const directory = findNode(fs, session, request.inode);
  if (directory === undefined) return status.ENOENT;
  if (directory.type !== kind.directory) return status.ENOTDIR;
  const caller = mapCaller(session, request.caller);
  const withAttributes = (request.flags & 1) !== 0;
  const { nextEdge, entriesMax } = request;
  if (nextEdge === 0n && !may(session, directory, caller, withAttributes ? 5 : 4)) {
    return status.EACCES;
  }
  const all: [string, NaiveNode][] = [
    [".", directory],
    ["..", above(fs, from, directory)],
    ...fs.list(directory),
  ];
  const entries = all
    .slice(Number(nextEdge))
    .slice(0, entriesMax)
    .map(([name, node]) => {
      const inode = node === directory || name === ".." ? shown(from, node) : node.inode;
      const view = { caller, parent: directory };
      const attributes = withAttributes ? look(fs, from, node, view) : undefined;
      return { name, inode, type: node.type, attributes };
    });
  touchRead(fs, directory);
  return { nextEdge, entries };
}

export function readLink(fs: NaiveFs, from: NaiveConnection, request: tree.ReadLink): unknown {
  const node = findNode(fs, from.session, request.inode);
  if (node === undefined) return status.ENOENT;
  if (node.type !== kind.symlink) return status.EINVAL;
  touchRead(fs, node);
  return { path: `${node.target}\0` };
}

export function parents(fs: NaiveFs, from: NaiveConnection, request: tree.Parents): unknown {
  const node = findNode(fs, from.session, request.inode);
  if (node === undefined) return status.ENOENT;
  const root = fs.nodes.get(from.session.terms.rootInode);
  if (node === root) return { parents: [] };
  const found = node.names
    .map(({ parent }) => fs.get(parent))
    .filter((parent) => root !== undefined && fs.isAtOrBelow(parent, root));
  return { parents: found.map((parent) => shown(from, parent)) };
}
