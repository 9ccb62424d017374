// Quotas of the naive file system's directories: set, removed, shown, and what they leave of all the room.
// Spec: wire-client-master-3.md section 6.11, semantics-master.md section 18.

import { status } from "../../daemons/master/core/status.ts";
import type * as packets from "../../daemons/protocol/packets/client-tools.ts";
import { figures } from "./naive-fs.ts";
import type { NaiveFs } from "./naive-fs.ts";
import { findNode } from "./naive-rights.ts";
import { kind } from "./naive-types.ts";
import type { NaiveConnection, NaiveNode } from "./naive-types.ts";

const quotaNames = ["Inodes", "Length", "Size", "RealSize"];
export function quotaControl(
  fs: NaiveFs,
  from: NaiveConnection,
  request: packets.QuotaControl,
): unknown {
  const { terms } = from.session;
  if (request.flags !== 0) {
    if (terms.rootUid !== 0) return status.EACCES;
    if (terms.readOnly) return status.EROFS;
    if (!terms.admin) return status.EPERM;
  }
  if (terms.rootInode === 0) return status.EPERM;
  const node = findNode(fs, from.session, request.inode);
  if (node === undefined) return status.ENOENT;
  if (node.type !== kind.directory) return status.EPERM;
  changeQuota(node, request);
  const { quota } = node;
  const used = figures(fs.below(node));
  const answer: Record<string, unknown> = {
    flags: quota?.flags ?? 0,
    graceSeconds: quota?.grace ?? 0,
  };
  quotaNames.forEach((name, index) => {
    answer[`soft${name}`] = quota?.limits[index] ?? 0n;
    answer[`hard${name}`] = quota?.limits[index + 4] ?? 0n;
    answer[`current${name}`] = used[index];
  });
  return answer;
}

function changeQuota(node: NaiveNode, request: packets.QuotaControl): void {
  if (request.flags === 0) return;
  if (request.variant === "remove") {
    const { quota } = node;
    if (quota === undefined) return;
    quota.flags &= ~request.flags;
    quota.limits = quota.limits.map((limit, index) =>
      (quota.flags & (1 << index)) === 0 ? 0n : limit,
    );
    if (quota.flags === 0) node.quota = undefined;
    return;
  }
  const quota = node.quota ?? {
    flags: 0,
    grace: 0,
    softTime: 0,
    exceeded: false,
    limits: Array.from({ length: 8 }, () => 0n),
  };
  node.quota = quota;
  const given = [
    BigInt(request.softInodes),
    request.softLength,
    request.softSize,
    request.softRealSize,
    BigInt(request.hardInodes),
    request.hardLength,
    request.hardSize,
    request.hardRealSize,
  ];
  quota.flags |= request.flags;
  quota.limits = quota.limits.map((limit, index) =>
    (request.flags & (1 << index)) === 0 ? limit : (given[index] ?? 0n),
  );
  if (request.graceSeconds !== 0) quota.grace = request.graceSeconds;
}

/** Room of all chunkservers together, in bytes. */
const serverRoom = { total: 3000n * 1024n ** 3n, used: 3n * 1024n ** 3n };
/** Figures of quotas in the order in which they limit: real size, size, length. */
const limitingFigures = [3, 2, 1];

export function statFs(fs: NaiveFs, from: NaiveConnection): unknown {
  const { rootInode } = from.session.terms;
  const root = fs.nodes.get(rootInode);
  const nothing = { totalBytes: 0, availableBytes: 0, freeBytes: 0 };
  if (root?.type !== kind.directory)
    return { ...nothing, trashBytes: 0, sustainedBytes: 0, inodes: 0 };
  const space = { total: serverRoom.total, left: serverRoom.total - serverRoom.used };
  for (let at: NaiveNode | undefined = root; at !== undefined; at = fs.parentOf(at)) {
    for (const figure of limitingFigures) limit(space, at, figure, fs);
  }
  const bytesOf = (type: number) => {
    const removed = [...fs.nodes.values()].filter((node) => rootInode === 1 && node.type === type);
    return removed.reduce((sum, { length }) => sum + length, 0n);
  };
  return {
    totalBytes: space.total,
    availableBytes: space.left,
    freeBytes: space.left,
    trashBytes: bytesOf(kind.trash),
    sustainedBytes: bytesOf(kind.sustained),
    inodes: 1 + fs.below(root).inodes,
  };
}

function limit(
  space: { total: bigint; left: bigint },
  directory: NaiveNode,
  figure: number,
  fs: NaiveFs,
): void {
  const { quota } = directory;
  const used = figures(fs.below(directory))[figure] ?? 0n;
  for (const which of [figure, figure + 4]) {
    if (quota === undefined || (quota.flags & (1 << which)) === 0) continue;
    const most = quota.limits[which] ?? 0n;
    const left = most > used ? most - used : 0n;
    if (left < space.left) space.left = left;
    for (const total of [most, used + space.left]) if (total < space.total) space.total = total;
  }
}
