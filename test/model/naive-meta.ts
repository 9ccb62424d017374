// Removed files in the naive file system, as a meta mount sees and changes them; and what time does to them.
// Spec: wire-client-master-3.md section 1, semantics-master.md sections 16, 18.2 and 26.

import { status } from "../../daemons/master/core/status.ts";
import type * as packets from "../../daemons/protocol/packets/client-meta.ts";
import type { SustainedInodes } from "../../daemons/protocol/packets/client-register.ts";
import { expireWaiting } from "./naive-chunks.ts";
import { figures } from "./naive-fs.ts";
import type { NaiveFs } from "./naive-fs.ts";
import { isGoodName } from "./naive-names.ts";
import { look } from "./naive-rights.ts";
import { extra, kind } from "./naive-types.ts";
import type { NaiveConnection, NaiveNode, NaiveQuota } from "./naive-types.ts";
import { text } from "./plain.ts";

const hourSeconds = 3600;
const trashBuckets = 4096;
const sustainedBuckets = 256;
const listedMax = 240;
const listedTail = 235;

function isMeta({ session }: NaiveConnection): boolean {
  return session.terms.rootInode === 0;
}

/** Removed files of a kind as lists name them, in no order that is compared. */
function listed(fs: NaiveFs, type: number, bucket: number | undefined): unknown {
  const nodes = [...fs.nodes.values()].filter((node) => node.type === type);
  const wanted =
    bucket === undefined || bucket >= trashBuckets
      ? nodes
      : nodes.filter(({ inode }) => inode % trashBuckets === bucket);
  return { nodes: wanted.map(({ inode, path }) => ({ name: listedName(path), inode })) };
}

function listedName(path: string): string {
  const cut = path.length > listedMax ? `(...)${path.slice(-listedTail)}` : path;
  return cut.replaceAll("/", "|");
}

export function listTrash(fs: NaiveFs, from: NaiveConnection, request: packets.ListTrash): unknown {
  return isMeta(from) ? listed(fs, kind.trash, request.bucket) : status.EPERM;
}

export function listSustained(fs: NaiveFs, from: NaiveConnection): unknown {
  return isMeta(from) ? listed(fs, kind.sustained, undefined) : status.EPERM;
}

export function detachedAttributes(
  fs: NaiveFs,
  from: NaiveConnection,
  request: packets.GetDetachedAttributes,
): unknown {
  if (!isMeta(from)) return status.EPERM;
  const { inode, kind: wanted = 0 } = request;
  if (wanted > 2) return status.EINVAL;
  const node = fs.nodes.get(inode);
  const types = [[kind.trash, kind.sustained], [kind.trash], [kind.sustained]][wanted] ?? [];
  const fits = node !== undefined && types.some((type) => type === node.type);
  return fits ? { attributes: look(fs, from, node) } : status.ENOENT;
}

function trashNode(fs: NaiveFs, inode: number): NaiveNode | undefined {
  const node = fs.nodes.get(inode);
  return node?.type === kind.trash ? node : undefined;
}

export function getTrashPath(
  fs: NaiveFs,
  from: NaiveConnection,
  request: packets.GetTrashPath,
): unknown {
  if (!isMeta(from)) return status.EPERM;
  const node = trashNode(fs, request.inode);
  return node === undefined ? status.ENOENT : { path: `${node.path}\0` };
}

export function setTrashPath(
  fs: NaiveFs,
  from: NaiveConnection,
  request: packets.SetTrashPath,
): unknown {
  if (!isMeta(from)) return status.EPERM;
  if (from.session.terms.readOnly) return status.EROFS;
  const path = text(request.path).replace(/\0+$/, "");
  if (path === "" || path.length > 1024 || path.includes("\0")) return status.EINVAL;
  const node = trashNode(fs, request.inode);
  if (node === undefined) return status.ENOENT;
  node.path = path;
  return status.OK;
}

export function undelete(fs: NaiveFs, from: NaiveConnection, request: packets.Undelete): unknown {
  if (!isMeta(from)) return status.EPERM;
  if (from.session.terms.readOnly) return status.EROFS;
  const node = trashNode(fs, request.inode);
  if (node === undefined) return status.ENOENT;
  const names = node.path.replace(/^\/+/, "").split("/");
  const last = names.pop() ?? "";
  if (![...names, last].every((name) => isGoodName(name))) return status.CANTCREATEPATH;
  let directory = fs.get(1);
  let missing = names.length;
  for (const [index, name] of names.entries()) {
    const refused = checkWay(directory);
    if (refused !== status.OK) return refused;
    const next = fs.child(directory, name);
    if (next === undefined) {
      missing = index;
      break;
    }
    if (next.type !== kind.directory) return status.CANTCREATEPATH;
    directory = next;
    missing = index + 1;
  }
  const refused = checkWay(directory);
  if (refused !== status.OK) return refused;
  if (missing === names.length && directory.entries.has(last)) return status.EEXIST;
  for (const name of names.slice(missing)) {
    const made = { type: kind.directory, mode: 0o755, umask: 0, uid: 0, gid: 0 };
    directory = fs.create({ ...made, parent: directory, name });
  }
  node.type = kind.file;
  node.path = "";
  fs.link(node, directory, last);
  return status.OK;
}

function checkWay(directory: NaiveNode): number {
  if (directory.quota?.exceeded === true) return status.QUOTA;
  return (directory.extra & extra.immutable) === 0 ? status.OK : status.EPERM;
}

export function purge(fs: NaiveFs, from: NaiveConnection, request: packets.Purge): unknown {
  if (!isMeta(from)) return status.EPERM;
  if (from.session.terms.readOnly) return status.EROFS;
  const node = trashNode(fs, request.inode);
  if (node === undefined) return status.ENOENT;
  fs.purge(node);
  return status.OK;
}

/** SUSTAINED_INODES: all that the session holds. */
export function sustainedInodes(
  _fs: NaiveFs,
  { session }: NaiveConnection,
  request: SustainedInodes,
): void {
  session.open.clear();
  for (const inode of request.inodes) if (inode !== 0) session.open.add(inode);
}

/** Settings that decide what a second does. */
export interface NaiveTimers {
  readonly startedAt: number;
  readonly sessionSustainSeconds: number;
  readonly inodeReuseDelay: number;
}

/** One second passes. */
export function passSecond(fs: NaiveFs, timers: NaiveTimers): void {
  fs.now++;
  const { now } = fs;
  emptyTrash(fs, now % trashBuckets);
  for (const node of fs.nodes.values()) {
    const isTurn = node.inode % sustainedBuckets === now % sustainedBuckets;
    if (node.type === kind.sustained && isTurn && !fs.isOpen(node.inode)) fs.remove(node);
  }
  if (now % 10 === 0 && now >= timers.startedAt + 120) removeSessions(fs, timers);
  if (now % 60 === 0) reuseInodes(fs, timers.inodeReuseDelay);
  expireWaiting(fs);
  for (const { quota } of checkedQuotas(fs)) quota.exceeded = isOver(fs, quota);
}

function emptyTrash(fs: NaiveFs, bucket: number): void {
  for (const node of fs.nodes.values()) {
    if (node.type !== kind.trash || node.inode % trashBuckets !== bucket) continue;
    const limit = fs.now - node.trashHours * hourSeconds;
    if (node.atime < limit && node.mtime < limit && node.ctime < limit) fs.purge(node);
  }
}

function removeSessions(fs: NaiveFs, { sessionSustainSeconds }: NaiveTimers): void {
  for (const [id, session] of fs.sessions) {
    if (session.connections > 0) continue;
    const isLost = session.disconnectedAt + sessionSustainSeconds < fs.now;
    if (session.closed || isLost) fs.sessions.delete(id);
  }
}

function reuseInodes(fs: NaiveFs, delay: number): void {
  const again: { inode: number; since: number }[] = [];
  while (fs.freed[0] !== undefined && fs.freed[0].since + delay < fs.now) {
    const { inode } = fs.freed[0];
    fs.freed.shift();
    if (fs.isOpen(inode)) again.push({ inode, since: fs.now });
  }
  fs.freed.push(...again);
}

function* checkedQuotas(fs: NaiveFs): Generator<{ readonly quota: NaiveQuota }> {
  for (const node of fs.nodes.values()) {
    const { quota } = node;
    if (quota === undefined) continue;
    const over = figures(fs.below(node)).some(
      (used, index) => (quota.flags & (1 << index)) !== 0 && used > (quota.limits[index] ?? 0n),
    );
    if (!over) quota.softTime = 0;
    else if (quota.softTime === 0) quota.softTime = fs.now;
    yield { quota };
  }
}

function isOver(fs: NaiveFs, { softTime, grace }: NaiveQuota): boolean {
  return softTime !== 0 && softTime + grace < fs.now;
}
