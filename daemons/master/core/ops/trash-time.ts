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
import { operation } from "./operation.ts";
import type { ValueCount } from "./subtree.ts";
import { countValues, isFileOrDirectory, reach } from "./subtree.ts";

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
  const { files, directories } = countValues(world, { inode, recursive }, (each) =>
    isFileOrDirectory(nodes, each) ? nodes.trashHours(each) : undefined,
  );
  const told = { files: files.map(inSeconds), directories: directories.map(inSeconds) };
  return { variant: "full" as const, messageId, ...told };
});

function inSeconds([hours, count]: ValueCount) {
  return { seconds: hours * hourSeconds, count };
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
