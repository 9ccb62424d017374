// Settings of trees in the naive file system: trash times, extra attributes, storage classes.
// Spec: wire-client-master-3.md sections 6.2 to 6.4, semantics-master.md sections 7.7 and 12.1.

import { status } from "../../daemons/master/core/status.ts";
import type * as classes from "../../daemons/protocol/packets/client-classes.ts";
import type * as packets from "../../daemons/protocol/packets/client-tools.ts";
import { disabled } from "./naive-disabled.ts";
import { isFile } from "./naive-fs.ts";
import type { NaiveFs } from "./naive-fs.ts";
import { findNode, mapUid, owns } from "./naive-rights.ts";
import { extra, kind } from "./naive-types.ts";
import type { NaiveConnection, NaiveNode } from "./naive-types.ts";
import { text } from "./plain.ts";

const hourSeconds = 3600;
/** The node and, if wanted, everything below it. */
export function tree(fs: NaiveFs, node: NaiveNode, recursive: boolean): NaiveNode[] {
  if (!recursive || node.type !== kind.directory) return [node];
  return [node, ...fs.list(node).flatMap(([, child]) => tree(fs, child, true))];
}

export function hasData(node: NaiveNode): boolean {
  return node.type === kind.directory || isFile(node);
}

type Verdict = "changed" | "unchanged" | "notPermitted";

/** Counts what a setter did; a single node that may not be changed is an error. */
function setEach(
  fs: NaiveFs,
  node: NaiveNode,
  recursive: boolean,
  set: (node: NaiveNode) => Verdict | undefined,
): unknown {
  const counts = { changed: 0, unchanged: 0, notPermitted: 0 };
  for (const each of tree(fs, node, recursive)) {
    const verdict = set(each);
    if (verdict === undefined) continue;
    counts[verdict]++;
    if (verdict === "changed") each.ctime = fs.now;
  }
  return !recursive && counts.notPermitted > 0 ? status.EPERM : counts;
}

export function setTrashTime(
  fs: NaiveFs,
  from: NaiveConnection,
  request: packets.SetTrashTime,
): unknown {
  const { session } = from;
  const { disables, readOnly, trashTimeMin, trashTimeMax } = session.terms;
  const { seconds, mode } = request;
  const way = mode & 3;
  if ((disables & disabled.trashTime) !== 0) return status.EPERM;
  if (mode <= 7 && way !== 2 && seconds > trashTimeMax) return status.EPERM;
  if (mode <= 7 && way !== 1 && seconds < trashTimeMin) return status.EPERM;
  if (mode > 7 || way === 3) return status.EINVAL;
  if (readOnly) return status.EROFS;
  const node = findNode(fs, session, request.inode);
  if (node === undefined) return status.ENOENT;
  if (!hasData(node)) return status.EPERM;
  const uid = mapUid(session, request.uid);
  const hours = Math.min(0xffff, Math.floor((seconds + hourSeconds - 1) / hourSeconds));
  return setEach(fs, node, (mode & 4) !== 0, (each) => {
    if (!hasData(each)) return undefined;
    if (!owns(each, uid) || (each.extra & extra.immutable) !== 0) return "notPermitted";
    const old = each.trashHours;
    const changes = [hours !== old, hours > old, hours < old][way];
    if (changes !== true) return "unchanged";
    each.trashHours = hours;
    return "changed";
  });
}

export function getTrashTime(
  fs: NaiveFs,
  from: NaiveConnection,
  request: packets.GetTrashTime,
): unknown {
  if (request.recursive > 1) return status.EINVAL;
  const node = findNode(fs, from.session, request.inode);
  if (node === undefined) return status.ENOENT;
  if (!hasData(node)) return status.EPERM;
  const all = tree(fs, node, request.recursive === 1).filter((each) => hasData(each));
  const counts = (wanted: (node: NaiveNode) => boolean) =>
    histogram(all.filter(wanted).map(({ trashHours }) => trashHours * hourSeconds)).map(
      ([seconds, count]) => ({ seconds, count }),
    );
  return { files: counts(isFile), directories: counts((each) => !isFile(each)) };
}

/** How often each value stands there, by value. */
function histogram(values: readonly number[]): [number, number][] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([one], [other]) => one - other);
}

export function setExtra(
  fs: NaiveFs,
  from: NaiveConnection,
  request: packets.SetExtraAttributes,
): unknown {
  const { session } = from;
  const { extraAttributes: asked, mode } = request;
  const way = mode & 3;
  if ((session.terms.disables & disabled.extra) !== 0) return status.EPERM;
  if (mode > 7 || way === 3) return status.EINVAL;
  if (session.terms.readOnly) return status.EROFS;
  if ((asked & extra.protecting) !== 0 && !session.terms.admin) return status.EPERM;
  const node = findNode(fs, session, request.inode);
  if (node === undefined) return status.ENOENT;
  const uid = mapUid(session, request.uid);
  return setEach(fs, node, (mode & 4) !== 0, (each) => {
    const bars = (each.extra & extra.immutable) !== 0 && (asked & extra.noOwner) !== 0;
    if (!owns(each, uid) || bars) return "notPermitted";
    const allowed = each.type === kind.directory ? 0xff : 0xff & ~extra.noEntryCache;
    const bits = asked & allowed;
    const old = each.extra;
    each.extra &= allowed;
    each.extra = [bits, each.extra | bits, each.extra & ~bits][way] ?? 0;
    return each.extra === old ? "unchanged" : "changed";
  });
}

export function getExtra(
  fs: NaiveFs,
  from: NaiveConnection,
  request: packets.GetExtraAttributes,
): unknown {
  if (request.recursive > 1) return status.EINVAL;
  const node = findNode(fs, from.session, request.inode);
  if (node === undefined) return status.ENOENT;
  const all = tree(fs, node, request.recursive === 1);
  const counts = (wanted: boolean) =>
    histogram(
      all.filter(({ type }) => (type === kind.directory) === wanted).map((each) => each.extra),
    ).map(([extraAttributes, count]) => ({ extraAttributes, count }));
  return { files: counts(false), directories: counts(true) };
}

/** Classes are goals here: each stands for as many copies as its number. */
export function setClass(
  fs: NaiveFs,
  from: NaiveConnection,
  request: classes.SetStorageClass,
): unknown {
  const { session } = from;
  const { disables, readOnly, goalMin, goalMax } = session.terms;
  const { change } = request;
  const { mode } = change;
  const way = mode & 3;
  const goal = "goal" in change ? change.goal : Number(text(change.className));
  const old = "from" in change && change.from !== undefined ? Number(text(change.from)) : goal;
  if ((disables & disabled.storageClass) !== 0) return status.EPERM;
  if (![goal, old].every((each) => each >= 1 && each <= 9)) return status.EINVAL;
  if ((mode > 7 || way !== 2) && goal > goalMax) return status.EPERM;
  if ((mode > 7 || way !== 1) && goal < goalMin) return status.EPERM;
  if (mode > 7) return status.EINVAL;
  if (readOnly) return status.EROFS;
  const node = findNode(fs, session, request.inode);
  if (node === undefined) return status.ENOENT;
  if (!hasData(node)) return status.EPERM;
  const uid = mapUid(session, request.uid);
  const judge = (each: NaiveNode): Verdict | undefined => {
    if (!hasData(each)) return undefined;
    if (!owns(each, uid) || (each.extra & extra.immutable) !== 0) return "notPermitted";
    const now = each.storageClass;
    const changes = [now !== goal, now < goal, now > goal, now === old][way];
    return changes === true ? "changed" : "unchanged";
  };
  const recursive = (mode & 4) !== 0;
  const growing = tree(fs, node, recursive).filter((each) => judge(each) === "changed");
  if (way < 2 && exceedsBy(fs, growing, goal)) return status.QUOTA;
  return setEach(fs, node, recursive, (each) => {
    const verdict = judge(each);
    if (verdict === "changed") each.storageClass = goal;
    return verdict;
  });
}

/** Whether more copies of these files are too many for a directory above them. */
function exceedsBy(fs: NaiveFs, nodes: readonly NaiveNode[], goal: number): boolean {
  const growth = new Map<NaiveNode, bigint>();
  for (const node of new Set(nodes)) {
    const more = fs.sumsOf(node).size * BigInt(goal - node.storageClass);
    if (!isFile(node)) continue;
    for (const { parent } of node.names) {
      for (let at: NaiveNode | undefined = fs.get(parent); at !== undefined; at = fs.parentOf(at)) {
        growth.set(at, (growth.get(at) ?? 0n) + more);
      }
    }
  }
  return [...growth].some(([directory, realSize]) =>
    fs.exceedsQuota(directory, { realSize }, (each) => each !== directory),
  );
}

export function getClass(
  fs: NaiveFs,
  from: NaiveConnection,
  request: classes.GetStorageClass,
): unknown {
  if (request.recursive > 1) return status.EINVAL;
  const node = findNode(fs, from.session, request.inode);
  if (node === undefined) return status.ENOENT;
  if (!hasData(node)) return status.EPERM;
  const all = tree(fs, node, request.recursive === 1).filter((each) => hasData(each));
  const counts = (wanted: (node: NaiveNode) => boolean) =>
    histogram(all.filter(wanted).map(({ storageClass }) => storageClass)).map(([goal, count]) => ({
      class: { goal },
      count,
    }));
  return { files: counts(isFile), directories: counts((each) => !isFile(each)) };
}
