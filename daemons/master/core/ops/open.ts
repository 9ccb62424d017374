// OPEN: who may, and whether the kernel's cache of the file is still good.
// Spec: wire-client-master-2.md section 3.

import { Open, OpenAnswer, openedFlags, openFlags } from "../../../protocol/packets/client-data.ts";
import { attributesOf } from "../attributes.ts";
import { disabled, mapCaller } from "../client.ts";
import { findNode, may, right } from "../rights.ts";
import { status } from "../status.ts";
import { extraAttribute } from "../store/nodes.ts";
import { operation } from "./operation.ts";

export const open = operation(Open, OpenAnswer, (client, request) => {
  const { service, session } = client;
  const { nodes } = service.world;
  const { flags } = request;
  service.counters.count(session, "open");
  const truncates = (flags & openFlags.truncate) !== 0;
  const writes = (flags & openFlags.write) !== 0;
  if (truncates && client.disables(disabled.truncate)) return status.EPERM;
  if (writes && client.readOnly) return status.EROFS;
  const inode = findNode(client, request.inode);
  if (inode === 0) return status.ENOENT;
  if (!nodes.isFile(inode)) return status.EPERM;
  const extra = nodes.extra(inode);
  const immutable = (extra & extraAttribute.immutable) !== 0;
  if (immutable && (writes || truncates)) return status.EPERM;
  const appendOnly = (extra & extraAttribute.appendOnly) !== 0;
  if (appendOnly && truncates) return status.EPERM;
  const caller = mapCaller(session, request.caller);
  const afterCreate = (flags & openFlags.afterCreate) !== 0;
  if (!afterCreate) {
    const mask = neededMask(flags);
    if (!may(client, inode, caller, mask)) return status.EACCES;
    if (truncates && !may(client, inode, caller, right.write)) return status.EACCES;
    if (truncates) {
      const cut = service.commit({ op: "LENGTH", inode, length: 0n, touch: 1 });
      if (typeof cut === "number") return cut;
      service.reservations.delete(inode);
    }
  }
  service.acquire(session.id, inode);
  if ((flags & openFlags.cacheCleared) !== 0) service.dataCache.access(inode, session.id);
  const direct = (extra & extraAttribute.noDataCache) !== 0;
  const mayCache = !direct && service.dataCache.open(inode, session.id);
  return {
    variant: "full" as const,
    messageId: request.messageId,
    flags: answerFlags({ direct, mayCache, appendOnly }),
    attributes: attributesOf(client, inode, { caller, mayCache }),
  };
});

function neededMask(flags: number): number {
  const read = (flags & openFlags.read) === 0 ? 0 : right.read;
  const write = (flags & openFlags.write) === 0 ? 0 : right.write;
  return read | write;
}

function answerFlags(of: { direct: boolean; mayCache: boolean; appendOnly: boolean }): number {
  let flags = 0;
  if (of.mayCache) flags |= openedFlags.keepCache;
  if (of.direct) flags |= openedFlags.directMode;
  if (of.appendOnly) flags |= openedFlags.appendOnly;
  return flags;
}
