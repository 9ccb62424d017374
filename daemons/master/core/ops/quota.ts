// QUOTACONTROL: limits of a directory, set, removed or shown. Spec: wire-client-master-3.md section 6.11,
// semantics-master.md section 18.1.

import { QuotaControl, QuotaControlAnswer } from "../../../protocol/packets/client-tools.ts";
import { quotaEntry } from "../changes/quotas.ts";
import type { Client } from "../client.ts";
import { findNode } from "../rights.ts";
import { status } from "../status.ts";
import { quotaFlag } from "../store/quotas.ts";
import type { Quota } from "../store/quotas.ts";
import { operation } from "./operation.ts";

type SetRequest = Extract<QuotaControl, { readonly variant: "set" }>;

const noQuota: Quota = {
  exceeded: false,
  flags: 0,
  softTime: 0,
  softInodes: 0,
  hardInodes: 0,
  softLength: 0n,
  hardLength: 0n,
  softSize: 0n,
  hardSize: 0n,
  softRealSize: 0n,
  hardRealSize: 0n,
  gracePeriod: 0,
};

export const quotaControl = operation(QuotaControl, QuotaControlAnswer, (client, request) => {
  const { world } = client.service;
  if (request.flags !== 0) {
    const refused = checkChange(client);
    if (refused !== status.OK) return refused;
  }
  if (client.isMeta) return status.EPERM;
  const inode = findNode(client, request.inode);
  if (inode === 0) return status.ENOENT;
  if (!world.nodes.isDirectory(inode)) return status.EPERM;
  if (request.flags !== 0 || changesGraceAlone(client, request)) change(client, inode, request);
  const quota = world.quotas.get(inode) ?? noQuota;
  const used = world.statistics.of(inode);
  return {
    variant: "full" as const,
    messageId: request.messageId,
    flags: quota.flags,
    graceSeconds: quota.gracePeriod,
    softInodes: quota.softInodes,
    softLength: quota.softLength,
    softSize: quota.softSize,
    softRealSize: quota.softRealSize,
    hardInodes: quota.hardInodes,
    hardLength: quota.hardLength,
    hardSize: quota.hardSize,
    hardRealSize: quota.hardRealSize,
    currentInodes: used.inodes,
    currentLength: used.length,
    currentSize: used.size,
    currentRealSize: used.realSize,
  };
});

function checkChange(client: Client): number {
  if (client.session.rootUid !== 0) return status.EACCES;
  if (client.readOnly) return status.EROFS;
  return client.isAdmin ? status.OK : status.EPERM;
}

/** A real master changes the grace period here without a word in its changelog, and for everybody. */
function changesGraceAlone(client: Client, request: QuotaControl): boolean {
  if (request.variant !== "set" || request.graceSeconds === 0) return false;
  const isThere = client.service.world.quotas.get(findNode(client, request.inode)) !== undefined;
  return isThere && checkChange(client) === status.OK;
}

function change(client: Client, inode: number, request: QuotaControl): void {
  const old = client.service.world.quotas.get(inode);
  if (request.variant === "set") {
    client.service.commit(quotaEntry(inode, withLimits(old ?? noQuota, request)));
  } else if (old !== undefined) {
    client.service.commit(quotaEntry(inode, without(old, request.flags)));
  }
}

/** The limits that the request names replace the old ones; the others stay. */
function withLimits(old: Quota, request: SetRequest): Quota {
  const { flags } = request;
  const pick = <T>(flag: number, asked: T, before: T): T => ((flags & flag) === 0 ? before : asked);
  return {
    exceeded: old.exceeded,
    flags: old.flags | flags,
    softTime: old.softTime,
    softInodes: pick(quotaFlag.softInodes, request.softInodes, old.softInodes),
    hardInodes: pick(quotaFlag.hardInodes, request.hardInodes, old.hardInodes),
    softLength: pick(quotaFlag.softLength, request.softLength, old.softLength),
    hardLength: pick(quotaFlag.hardLength, request.hardLength, old.hardLength),
    softSize: pick(quotaFlag.softSize, request.softSize, old.softSize),
    hardSize: pick(quotaFlag.hardSize, request.hardSize, old.hardSize),
    softRealSize: pick(quotaFlag.softRealSize, request.softRealSize, old.softRealSize),
    hardRealSize: pick(quotaFlag.hardRealSize, request.hardRealSize, old.hardRealSize),
    gracePeriod: request.graceSeconds === 0 ? old.gracePeriod : request.graceSeconds,
  };
}

/** A quota whose last limit goes is all zeros, which removes it. */
function without(old: Quota, flags: number): Quota {
  const left = old.flags & ~flags;
  if (left === 0) return noQuota;
  const keep = <T>(flag: number, value: T, nothing: T): T =>
    (left & flag) === 0 ? nothing : value;
  return {
    ...old,
    flags: left,
    softInodes: keep(quotaFlag.softInodes, old.softInodes, 0),
    hardInodes: keep(quotaFlag.hardInodes, old.hardInodes, 0),
    softLength: keep(quotaFlag.softLength, old.softLength, 0n),
    hardLength: keep(quotaFlag.hardLength, old.hardLength, 0n),
    softSize: keep(quotaFlag.softSize, old.softSize, 0n),
    hardSize: keep(quotaFlag.hardSize, old.hardSize, 0n),
    softRealSize: keep(quotaFlag.softRealSize, old.softRealSize, 0n),
    hardRealSize: keep(quotaFlag.hardRealSize, old.hardRealSize, 0n),
  };
}
