// GETTRASHTIME and SETTRASHTIME: how long removed files are kept. Spec: wire-client-master-3.md section 6.2.

import {
  GetTrashTime,
  GetTrashTimeAnswer,
  SetTrashTime,
  SetTrashTimeAnswer,
} from "../../../protocol/packets/client-tools.ts";
import type { SetTrashTime as Request } from "../../../protocol/packets/client-tools.ts";
import { hourSeconds, recursiveMode, setterMode, trashHoursMax } from "../changes/recursive.ts";
import { disabled, mapUid } from "../client.ts";
import type { Client } from "../client.ts";
import { findNode } from "../rights.ts";
import { status } from "../status.ts";
import type { Nodes } from "../store/nodes.ts";
import { operation } from "./operation.ts";
import { reach, visitTree } from "./subtree.ts";

/** More would wrap around to a short time, or to none. */
const trashSecondsMax = trashHoursMax * hourSeconds;

export const getTrashTime = operation(GetTrashTime, GetTrashTimeAnswer, (client, request) => {
  const { world } = client.service;
  const { nodes } = world;
  const { messageId, recursive } = request;
  if (recursive > reach.tree) return status.EINVAL;
  const inode = findNode(client, request.inode);
  if (inode === 0) return status.ENOENT;
  if (!isFileOrDirectory(nodes, inode)) return status.EPERM;
  const files = new Map<number, number>();
  const directories = new Map<number, number>();
  const count = (each: number): number => {
    if (isFileOrDirectory(nodes, each)) {
      const counts = nodes.isDirectory(each) ? directories : files;
      const hours = nodes.trashHours(each);
      counts.set(hours, (counts.get(hours) ?? 0) + 1);
    }
    return status.OK;
  };
  if (recursive === reach.node) count(inode);
  else visitTree(world, inode, count);
  return {
    variant: "full" as const,
    messageId,
    files: ascending(files),
    directories: ascending(directories),
  };
});

function ascending(counts: ReadonlyMap<number, number>) {
  return [...counts]
    .sort(([left], [right]) => left - right)
    .map(([hours, count]) => ({ seconds: hours * hourSeconds, count }));
}

export const setTrashTime = operation(SetTrashTime, SetTrashTimeAnswer, (client, request) => {
  const { messageId, mode } = request;
  if (client.disables(disabled.setTrashTime)) return status.EPERM;
  if (isBeyondLimits(client, request)) return status.EPERM;
  if ((mode & ~recursiveMode) > setterMode.decrease) return status.EINVAL;
  if (client.readOnly) return status.EROFS;
  const inode = findNode(client, request.inode);
  if (inode === 0) return status.ENOENT;
  if (!isFileOrDirectory(client.service.world.nodes, inode)) return status.EPERM;
  const uid = mapUid(client.session, request.uid);
  const seconds = Math.min(request.seconds, trashSecondsMax);
  const counts = client.service.commit({ op: "SETTRASHTIME", inode, uid, seconds, mode });
  if (typeof counts === "number") return counts;
  const { changed, unchanged, denied } = counts;
  return { variant: "full" as const, messageId, changed, unchanged, notPermitted: denied };
});

/** Whether the session may not ask for so long, or so short, a time. */
function isBeyondLimits(client: Client, { seconds, mode }: Request): boolean {
  const { trashTimeMin, trashTimeMax } = client.session;
  switch (mode & ~recursiveMode) {
    case setterMode.increase:
      return seconds > trashTimeMax;
    case setterMode.decrease:
      return seconds < trashTimeMin;
    default:
      return seconds < trashTimeMin || seconds > trashTimeMax;
  }
}

/** What has a trash time: files in any state, and directories. */
function isFileOrDirectory(nodes: Nodes, inode: number): boolean {
  return nodes.isDirectory(inode) || nodes.isFile(inode);
}
