// Removing, moving and linking names in the naive file system.
// Spec: wire-client-master-2.md sections 2.9 to 2.11, semantics-master.md section 13.

import { status } from "../../daemons/master/core/status.ts";
import type * as tree from "../../daemons/protocol/packets/client-tree.ts";
import { disabled } from "./naive-disabled.ts";
import { add, noSums } from "./naive-fs.ts";
import type { NaiveFs } from "./naive-fs.ts";
import { checkNewName } from "./naive-making.ts";
import { isGoodName } from "./naive-names.ts";
import { findNode, isSticky, look, mapCaller, may } from "./naive-rights.ts";
import { extra, kind } from "./naive-types.ts";
import type { NaiveCaller, NaiveConnection, NaiveNode } from "./naive-types.ts";
import { text } from "./plain.ts";

const hardLinksMax = 32_767;
/** UNLINK and RMDIR. */
function remove(
  fs: NaiveFs,
  from: NaiveConnection,
  request: tree.Unlink,
  wants: { readonly directory: boolean; readonly disabledBy: number },
): unknown {
  const { session } = from;
  if ((session.terms.disables & wants.disabledBy) !== 0) return status.EPERM;
  if (session.terms.readOnly) return status.EROFS;
  const parent = findNode(fs, session, request.parent);
  if (parent === undefined) return status.ENOENT;
  const caller = mapCaller(session, request.caller);
  const name = text(request.name);
  const node = removable(fs, from, { parent, name, caller });
  if (typeof node === "number") return node;
  if ((node.extra & extra.protecting) !== 0) return status.EPERM;
  const isDirectory = node.type === kind.directory;
  if (isDirectory && !wants.directory) return status.EPERM;
  if (!isDirectory && wants.directory) return status.ENOTDIR;
  if (node.entries.size > 0) return status.ENOTEMPTY;
  fs.unlink(node, { parent: parent.inode, name });
  return { inode: node.inode };
}

export function unlink(fs: NaiveFs, from: NaiveConnection, request: tree.Unlink): unknown {
  return remove(fs, from, request, { directory: false, disabledBy: disabled.unlink });
}

export function removeDirectory(
  fs: NaiveFs,
  from: NaiveConnection,
  request: tree.RemoveDirectory,
): unknown {
  return remove(fs, from, request, { directory: true, disabledBy: disabled.rmdir });
}

/** The node of a name that the caller may take out of its directory, or why not. */
function removable(
  fs: NaiveFs,
  { session }: NaiveConnection,
  at: { readonly parent: NaiveNode; readonly name: string; readonly caller: NaiveCaller },
): NaiveNode | number {
  const { parent, name, caller } = at;
  if (parent.type !== kind.directory) return status.ENOTDIR;
  if ((parent.extra & (extra.immutable | extra.appendOnly)) !== 0) return status.EPERM;
  if (!may(session, parent, caller, 3)) return status.EACCES;
  if (!isGoodName(name)) return status.EINVAL;
  const node = fs.child(parent, name);
  if (node === undefined) return status.ENOENT;
  return isSticky(parent, node, caller.uid) ? status.EPERM : node;
}

export function rename(fs: NaiveFs, from: NaiveConnection, request: tree.Rename): unknown {
  const { session } = from;
  const { disables, readOnly } = session.terms;
  const sourceName = text(request.sourceName);
  const name = text(request.targetName);
  const both = disabled.rename | disabled.move;
  const renames = sourceName !== name && (disables & disabled.rename) !== 0;
  const moves = request.sourceParent !== request.targetParent && (disables & disabled.move) !== 0;
  if ((disables & both) === both || renames || moves) return status.EPERM;
  if (readOnly) return status.EROFS;
  const source = findNode(fs, session, request.sourceParent);
  const target = findNode(fs, session, request.targetParent);
  if (source === undefined || target === undefined) return status.ENOENT;
  const caller = mapCaller(session, request.caller);
  const node = removable(fs, from, { parent: source, name: sourceName, caller });
  if (typeof node === "number") return node;
  const refused = checkPlace(fs, from, { node, source, target, caller });
  if (refused !== status.OK) return refused;
  if (!isGoodName(name)) return status.EINVAL;
  const isSame = source === target && sourceName === name;
  const replaced = isSame ? undefined : fs.child(target, name);
  const judged = checkReplaced(fs, from, { node, source, target, replaced, caller });
  if (judged !== status.OK) return judged;
  if (!isSame) {
    if (replaced !== undefined) fs.unlink(replaced, { parent: target.inode, name });
    fs.detach(node, { parent: source.inode, name: sourceName });
    fs.link(node, target, name);
  }
  const attributes = look(fs, from, node, { caller, parent: target });
  return { inode: node.inode, attributes };
}

interface Moving {
  readonly node: NaiveNode;
  readonly source: NaiveNode;
  readonly target: NaiveNode;
  readonly caller: NaiveCaller;
}

function checkPlace(fs: NaiveFs, { session }: NaiveConnection, moving: Moving): number {
  const { node, source, target, caller } = moving;
  if (target.type !== kind.directory) return status.ENOTDIR;
  if ((target.extra & extra.immutable) !== 0) return status.EPERM;
  if (!may(session, target, caller, 3)) return status.EACCES;
  if ((node.extra & extra.immutable) !== 0) return status.EPERM;
  if (node.type !== kind.directory) return status.OK;
  if (fs.isAtOrBelow(target, node)) return status.EINVAL;
  return source === target || may(session, node, caller, 2) ? status.OK : status.EACCES;
}

function checkReplaced(
  fs: NaiveFs,
  { session }: NaiveConnection,
  moving: Moving & { readonly replaced: NaiveNode | undefined },
): number {
  const { node, source, target, replaced, caller } = moving;
  const { disables } = session.terms;
  if (replaced !== undefined) {
    const needed = replaced.type === kind.directory ? disabled.rmdir : disabled.unlink;
    if ((disables & needed) !== 0) return status.EPERM;
  }
  const growth = noSums();
  add(growth, fs.sumsOf(node), 1);
  if (replaced !== undefined) add(growth, fs.sumsOf(replaced), -1);
  const isShared = (directory: NaiveNode) => fs.isAtOrBelow(source, directory);
  if (fs.exceedsQuota(target, growth, isShared)) return status.QUOTA;
  if (replaced === undefined) return status.OK;
  if (replaced.entries.size > 0) return status.ENOTEMPTY;
  if (isSticky(target, replaced, caller.uid)) return status.EPERM;
  return (replaced.extra & extra.protecting) === 0 ? status.OK : status.EPERM;
}

export function link(fs: NaiveFs, from: NaiveConnection, request: tree.Link): unknown {
  const { session } = from;
  if ((session.terms.disables & disabled.link) !== 0) return status.EPERM;
  if (session.terms.readOnly) return status.EROFS;
  const node = findNode(fs, session, request.inode);
  const parent = findNode(fs, session, request.parent);
  if (node === undefined || parent === undefined) return status.ENOENT;
  if ((node.extra & extra.immutable) !== 0) return status.EPERM;
  if (node.type === kind.trash || node.type === kind.sustained) return status.ENOENT;
  if (node.type === kind.directory) return status.EPERM;
  if (node.names.length >= hardLinksMax) return status.NOSPACE;
  const caller = mapCaller(session, request.caller);
  const name = text(request.name);
  const refused = checkNewName(from, parent, name, caller);
  if (refused !== status.OK) return refused;
  if (fs.exceedsQuota(parent, fs.sumsOf(node))) return status.QUOTA;
  fs.link(node, parent, name);
  return { inode: node.inode, attributes: look(fs, from, node, { caller, parent }) };
}
