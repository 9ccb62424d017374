// Quotas of the naive file system's directories: set, removed, shown.
// Spec: wire-client-master-3.md section 6.11, semantics-master.md section 18.1.

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
