// REPAIR: gives up chunks of which nothing is left, and takes older versions where they are all there is.
// It logs SETFILECHUNK, SETVERSION and AMTIME, for the original cannot replay its own REPAIR.
// Spec: wire-client-master-3.md section 6.8, semantics-master.md section 4.4, changelog.md section 9, defect 2.

import { Repair, RepairAnswer } from "../../../protocol/packets/client-tools.ts";
import { adoptVersion, planRepair } from "../chunks/modification.ts";
import { mapCaller } from "../client.ts";
import { findNode, may, right } from "../rights.ts";
import type { Service } from "../service.ts";
import { status } from "../status.ts";
import { extraAttribute } from "../store/nodes.ts";
import { operation } from "./operation.ts";

export const repair = operation(Repair, RepairAnswer, (client, request) => {
  const { service } = client;
  const { nodes, slots } = service.world;
  if (client.readOnly) return status.EROFS;
  const inode = findNode(client, request.inode);
  if (inode === 0) return status.ENOENT;
  const immutable = (nodes.extra(inode) & extraAttribute.immutable) !== 0;
  if (!nodes.isFile(inode) || immutable) return status.EPERM;
  const caller = mapCaller(client.session, request.caller);
  if (!may(client, inode, caller, right.write)) return status.EACCES;
  // The table is not changed while it is walked.
  const used: { readonly index: number; readonly chunkId: number }[] = [];
  slots.forEach(inode, (index, chunkId) => used.push({ index, chunkId }));
  const sums = { unchanged: slots.count(inode) - used.length, erased: 0, repaired: 0 };
  for (const { index, chunkId } of used) sums[repairSlot(service, inode, { index, chunkId })]++;
  if (sums.erased + sums.repaired > 0) {
    const { now: mtime, now: ctime } = service;
    service.commit({ op: "AMTIME", inode, atime: nodes.accessTime(inode), mtime, ctime });
  }
  return { variant: "full" as const, messageId: request.messageId, ...sums };
});

function repairSlot(
  service: Service,
  inode: number,
  slot: { readonly index: number; readonly chunkId: number },
): "unchanged" | "erased" | "repaired" {
  const { chunkCore, world } = service;
  const { index, chunkId } = slot;
  const plan = planRepair(chunkCore, chunkId);
  switch (plan.kind) {
    case "unchanged":
      return "unchanged";
    case "erase":
      service.commit({ op: "SETFILECHUNK", inode, index, chunk: 0 });
      return "erased";
    case "setVersion":
      service.commit({ op: "SETVERSION", chunk: chunkId, version: plan.version });
      adoptVersion(chunkCore, world.chunks.find(chunkId));
      return "repaired";
    default:
      return plan satisfies never;
  }
}
