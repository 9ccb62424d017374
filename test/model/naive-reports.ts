// What tools ask about nodes of the naive file system, chunks appended to files, and archive flags.
// Spec: wire-client-master-3.md sections 6.1 and 6.5 to 6.12, semantics-master.md section 17.

import { status } from "../../daemons/master/core/status.ts";
import type * as reports from "../../daemons/protocol/packets/client-reports.ts";
import type * as packets from "../../daemons/protocol/packets/client-tools.ts";
import { modifyCache } from "./naive-chunks.ts";
import { disabled } from "./naive-disabled.ts";
import { isFile, sizeOf } from "./naive-fs.ts";
import type { NaiveFs } from "./naive-fs.ts";
import { findNode, mapCaller, mapUid, may, owns } from "./naive-rights.ts";
import { hasData, tree } from "./naive-tools.ts";
import { chunkBytes, extra, kind } from "./naive-types.ts";
import type { NaiveConnection, NaiveNode } from "./naive-types.ts";

export function directoryStats(
  fs: NaiveFs,
  from: NaiveConnection,
  request: reports.GetDirectoryStats,
): unknown {
  const node = findNode(fs, from.session, request.inode);
  if (node === undefined) return status.ENOENT;
  return hasData(node) ? fs.sumsOf(node) : status.EPERM;
}

export function checkFile(fs: NaiveFs, from: NaiveConnection, request: reports.CheckFile): unknown {
  const node = findNode(fs, from.session, request.inode);
  if (node === undefined) return status.ENOENT;
  if (!isFile(node)) return status.EPERM;
  const counts = Array.from({ length: 12 }, () => 0);
  for (const id of node.slots.values()) {
    const copies = fs.chunks.get(id)?.copies ?? 0;
    counts[copies] = (counts[copies] ?? 0) + 1;
  }
  counts[11] = node.slotCount - node.slots.size;
  return { counts };
}

export function paths(fs: NaiveFs, from: NaiveConnection, request: reports.Paths): unknown {
  const { session } = from;
  const node = findNode(fs, session, request.inode);
  if (node === undefined) return status.ENOENT;
  if (node.inode === session.terms.rootInode) return { paths: ["/"] };
  if (node.type === kind.trash) return { paths: [`./TRASH (${node.path})`] };
  if (node.type === kind.sustained) return { paths: [`./SUSTAINED (${node.path})`] };
  const root = fs.get(session.terms.rootInode);
  const above = root.names[0];
  const prefix = above === undefined ? "" : `${fs.pathOf(above)}/`;
  const found = node.names
    .filter(({ parent }) => fs.isAtOrBelow(fs.get(parent), root))
    .map((name) => fs.pathOf(name).slice(prefix.length));
  return { paths: found };
}

/** Everything that exists has a valid copy: nothing is to be repaired. */
export function repair(fs: NaiveFs, from: NaiveConnection, request: packets.Repair): unknown {
  const { session } = from;
  if (session.terms.readOnly) return status.EROFS;
  const node = findNode(fs, session, request.inode);
  if (node === undefined) return status.ENOENT;
  if (!isFile(node) || (node.extra & extra.immutable) !== 0) return status.EPERM;
  const caller = mapCaller(session, request.caller);
  if (!may(session, node, caller, 2)) return status.EACCES;
  return { unchanged: node.slotCount, erased: 0, repaired: 0 };
}

export function appendSlice(
  fs: NaiveFs,
  from: NaiveConnection,
  request: packets.AppendSlice,
): unknown {
  const { session } = from;
  if ((session.terms.disables & disabled.append) !== 0) return status.EPERM;
  if (request.target === request.source) return status.EINVAL;
  if (session.terms.readOnly) return status.EROFS;
  const target = findNode(fs, session, request.target);
  const source = findNode(fs, session, request.source);
  if (target === undefined || source === undefined) return status.ENOENT;
  const caller = mapCaller(session, request.caller);
  if (!isFile(source)) return status.EPERM;
  if (!may(session, source, caller, 4)) return status.EACCES;
  if (!isFile(target) || (target.extra & extra.immutable) !== 0) return status.EPERM;
  if (!may(session, target, caller, 2)) return status.EACCES;
  const count = Number((source.length + chunkBytes - 1n) / chunkBytes);
  const first = (request.flags & 1) === 0 ? request.from : Math.max(0, count - request.from);
  const end = (request.flags & 2) === 0 ? request.to : Math.max(0, count - request.to);
  const last = Math.min(end, count);
  if (first >= last) return status.OK;
  const appended = appendTo({ target, source, first, last });
  if (fs.exceedsFileQuota(target, appended.growth)) return status.QUOTA;
  Object.assign(target, appended.after, { mtime: fs.now, atime: fs.now });
  source.atime = fs.now;
  if ((fs.reserved.get(target.inode) ?? 0n) <= target.length) fs.reserved.delete(target.inode);
  modifyCache(fs, from, target.inode);
  const news = { inode: target.inode, length: target.length };
  fs.tellOthers(from, target.inode, "MATOCL_FUSE_FLENG_HAS_CHANGED", news);
  if (from.kind === "mount" && session.open.has(target.inode)) {
    fs.reply(from, "MATOCL_FUSE_FLENG_HAS_CHANGED", 0, news);
  }
  return status.OK;
}

/** The target as it would be with chunks [first, last) of the source behind its own. */
function appendTo({
  target,
  source,
  first,
  last,
}: { target: NaiveNode; source: NaiveNode } & Slice) {
  const start = Number((target.length + chunkBytes - 1n) / chunkBytes);
  const slots = new Map([...target.slots].filter(([index]) => index < start));
  for (const [index, chunk] of source.slots) {
    if (index >= first && index < last) slots.set(start + index - first, chunk);
  }
  const sliceEnd = BigInt(last) * chunkBytes;
  const end = sliceEnd < source.length ? sliceEnd : source.length;
  const length = BigInt(start) * chunkBytes + end - BigInt(first) * chunkBytes;
  const after = { slots, length, slotCount: start + last - first };
  const size = sizeOf({ ...target, ...after }, length) - sizeOf(target, target.length);
  const realSize = size * BigInt(target.storageClass);
  return { after, growth: { length: length - target.length, size, realSize } };
}

interface Slice {
  readonly first: number;
  readonly last: number;
}

export function archiveControl(
  fs: NaiveFs,
  from: NaiveConnection,
  request: packets.ArchiveControl,
): unknown {
  const { session } = from;
  if (request.variant === "change") {
    if ((session.terms.disables & disabled.extra) !== 0) return status.EPERM;
    if (session.terms.readOnly) return status.EROFS;
  }
  const node = findNode(fs, session, request.inode);
  if (node === undefined) return status.ENOENT;
  if (!hasData(node)) return status.EPERM;
  const files = tree(fs, node, true).filter((each) => isFile(each));
  if (request.variant === "get") return archiveState(fs, files);
  const uid = mapUid(session, request.uid);
  const archived = request.command === 1;
  const counts = { changed: 0, unchanged: 0, notPermittedFiles: 0 };
  for (const file of files) {
    if (!owns(file, uid) || (file.extra & extra.immutable) !== 0) {
      counts.notPermittedFiles++;
      continue;
    }
    for (const id of indexed(file)) {
      const chunk = fs.chunks.get(id);
      if (chunk === undefined) continue;
      if (chunk.archived === archived) counts.unchanged++;
      else counts.changed++;
      chunk.archived = archived;
    }
    if (!archived) file.ctime = fs.now;
  }
  const nothing = counts.changed + counts.unchanged === 0;
  const isSingle = node.type !== kind.directory;
  return isSingle && nothing && counts.notPermittedFiles > 0 ? status.EPERM : counts;
}

function indexed(file: NaiveNode): number[] {
  return [...file.slots].sort(([one], [other]) => one - other).map(([, chunk]) => chunk);
}

function archiveState(fs: NaiveFs, files: readonly NaiveNode[]): unknown {
  const sums = {
    archivedChunks: 0,
    otherChunks: 0,
    archivedFiles: 0,
    partlyArchivedFiles: 0,
    otherFiles: 0,
  };
  for (const file of files) {
    const all = indexed(file).length;
    const archived = indexed(file).filter((id) => fs.chunks.get(id)?.archived === true).length;
    sums.archivedChunks += archived;
    sums.otherChunks += all - archived;
    if (all === 0) continue;
    if (archived === all) sums.archivedFiles++;
    else if (archived > 0) sums.partlyArchivedFiles++;
    else sums.otherFiles++;
  }
  return sums;
}
