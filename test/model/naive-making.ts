// Making nodes in the naive file system.
// Spec: wire-client-master-2.md sections 2.7 and 2.8, semantics-master.md section 13.

import { status } from "../../daemons/master/core/status.ts";
import type * as tree from "../../daemons/protocol/packets/client-tree.ts";
import { disabled } from "./naive-disabled.ts";
import type { NaiveFs } from "./naive-fs.ts";
import { isGoodName } from "./naive-names.ts";
import { findNode, look, mapCaller, may } from "./naive-rights.ts";
import { extra, kind } from "./naive-types.ts";
import type { NaiveCaller, NaiveConnection, NaiveNode } from "./naive-types.ts";
import { text } from "./plain.ts";

const targetBytesMax = 4096;
const setGroupId = 0o2000;
/** What stands in the way of a new name in a directory. */
export function checkNewName(
  from: NaiveConnection,
  parent: NaiveNode | undefined,
  name: string,
  caller: NaiveCaller,
): number {
  if (parent === undefined) return status.ENOENT;
  if (parent.type !== kind.directory) return status.ENOTDIR;
  if ((parent.extra & extra.immutable) !== 0) return status.EPERM;
  if (!may(from.session, parent, caller, 3)) return status.EACCES;
  if (!isGoodName(name)) return status.EINVAL;
  return parent.entries.has(name) ? status.EEXIST : status.OK;
}

interface Making {
  readonly parent: number;
  readonly name: Uint8Array;
  readonly type: number;
  readonly mode: number;
  readonly umask: number;
  readonly caller: tree.MakeNode["caller"];
  readonly device?: number;
  readonly copySgid?: boolean;
}

const disabledTypes = new Map<number, number>([
  [kind.file, disabled.create],
  [kind.directory, disabled.mkdir],
  [kind.fifo, disabled.mkfifo],
  [kind.block, disabled.mkdev],
  [kind.character, disabled.mkdev],
  [kind.socket, disabled.mksock],
]);

function make(fs: NaiveFs, from: NaiveConnection, wanted: Making): NaiveNode | number {
  const { session } = from;
  const { terms } = session;
  const { type } = wanted;
  if ((terms.disables & (disabledTypes.get(type) ?? 0)) !== 0) return status.EPERM;
  if (terms.readOnly) return status.EROFS;
  if (!disabledTypes.has(type)) return status.EINVAL;
  const parent = findNode(fs, session, wanted.parent);
  const caller = mapCaller(session, wanted.caller);
  const name = text(wanted.name);
  const refused = checkNewName(from, parent, name, caller);
  if (parent === undefined || refused !== status.OK) return refused;
  if (fs.exceedsQuota(parent, { inodes: 1 })) return status.QUOTA;
  const copies =
    type === kind.directory && wanted.copySgid === true && (parent.mode & setGroupId) !== 0;
  const node = fs.create({
    parent,
    name,
    type,
    uid: caller.uid,
    gid: caller.groups[0] ?? 0,
    mode: (wanted.mode & 0o7777) | (copies ? setGroupId : 0),
    umask: (wanted.umask | terms.umask) & 0o7777 & ~(copies ? setGroupId : 0),
  });
  if (type === kind.block || type === kind.character) node.device = wanted.device ?? 0;
  return node;
}

/** What making a node answers. */
function made(
  fs: NaiveFs,
  from: NaiveConnection,
  node: NaiveNode | number,
  said: tree.MakeNode["caller"],
): unknown {
  if (typeof node === "number") return node;
  const caller = mapCaller(from.session, said);
  const parent = fs.parentOf(node);
  const view = parent === undefined ? { caller } : { caller, parent };
  return { inode: node.inode, attributes: look(fs, from, node, view) };
}

export function makeNode(fs: NaiveFs, from: NaiveConnection, request: tree.MakeNode): unknown {
  return made(fs, from, make(fs, from, request), request.caller);
}

export function makeDirectory(
  fs: NaiveFs,
  from: NaiveConnection,
  request: tree.MakeDirectory,
): unknown {
  const wanted = { ...request, type: kind.directory, copySgid: request.copySgid !== 0 };
  return made(fs, from, make(fs, from, wanted), request.caller);
}

/** CREATE: makes and opens; the answer lets nobody cache yet. */
export function create(fs: NaiveFs, from: NaiveConnection, request: tree.Create): unknown {
  const node = make(fs, from, { ...request, type: kind.file });
  if (typeof node === "number") return node;
  from.session.open.add(node.inode);
  const caller = mapCaller(from.session, request.caller);
  const parent = fs.parentOf(node);
  const view = { caller, mayCache: false, ...(parent === undefined ? {} : { parent }) };
  const attributes = look(fs, from, node, view);
  const flags = (node.extra & extra.noDataCache) === 0 ? 0 : 2;
  return { flags, inode: node.inode, attributes };
}

export function makeSymlink(
  fs: NaiveFs,
  from: NaiveConnection,
  request: tree.MakeSymlink,
): unknown {
  const { session } = from;
  if ((session.terms.disables & disabled.symlink) !== 0) return status.EPERM;
  if (session.terms.readOnly) return status.EROFS;
  const target = text(request.path).replace(/\0+$/, "");
  if (target === "" || target.length > targetBytesMax || target.includes("\0")) {
    return status.EINVAL;
  }
  const parent = findNode(fs, session, request.parent);
  const caller = mapCaller(session, request.caller);
  const name = text(request.name);
  const refused = checkNewName(from, parent, name, caller);
  if (parent === undefined || refused !== status.OK) return refused;
  const growth = { inodes: 1, length: BigInt(target.length) };
  if (fs.exceedsQuota(parent, growth)) return status.QUOTA;
  const owner = { uid: caller.uid, gid: caller.groups[0] ?? 0 };
  const birth = { parent, name, type: kind.symlink, mode: 0o777, umask: 0, ...owner };
  const node = fs.create(birth);
  node.target = target;
  return made(fs, from, node, request.caller);
}
