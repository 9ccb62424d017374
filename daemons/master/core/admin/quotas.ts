// Quotas with what is used of them. Spec: wire-admin.md section 3.13, semantics-master.md section 18.

import { decodeText } from "../../../protocol/byte-text.ts";
import type { Body } from "../../../protocol/packet.ts";
import { QuotaInfo, QuotaInfoAnswer } from "../../../protocol/packets/admin-figures.ts";
import type { Quota } from "../store/quotas.ts";
import { directoryPath } from "./paths.ts";
import type { Monitored } from "./providers.ts";
import { monitorRequest } from "./request.ts";

type QuotaShown = Body<typeof QuotaInfoAnswer>["quotas"][number];

const notExceeded = 0xffff_ffff;

/** QUOTA_INFO. */
export const quotaInfo = monitorRequest(QuotaInfo, QuotaInfoAnswer, (core) => ({
  quotas: Array.from(core.world.quotas.entries(), ([inode, quota]) => show(core, inode, quota)),
}));

function show(core: Monitored, inode: number, quota: Quota): QuotaShown {
  const { world } = core;
  const used = world.statistics.of(inode);
  return {
    inode,
    path: decodeText(directoryPath(world, inode)),
    graceSeconds: quota.gracePeriod,
    exceeded: quota.exceeded ? 1 : 0,
    flags: quota.flags,
    secondsToBlock: secondsToBlock(quota, core.now),
    soft: {
      inodes: quota.softInodes,
      length: quota.softLength,
      size: quota.softSize,
      realSize: quota.softRealSize,
    },
    hard: {
      inodes: quota.hardInodes,
      length: quota.hardLength,
      size: quota.hardSize,
      realSize: quota.hardRealSize,
    },
    current: {
      inodes: used.inodes,
      length: used.length,
      size: used.size,
      realSize: used.realSize,
    },
  };
}

function secondsToBlock({ softTime, gracePeriod }: Quota, now: number): number {
  return softTime === 0 ? notExceeded : Math.max(0, softTime + gracePeriod - now);
}
