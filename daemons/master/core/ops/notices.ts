// What mounts tell by themselves: file times they kept (AMTIME), and the question for the master's clock.
// Spec: wire-client-master-2.md sections 9.2 and 9.3.

import { FileTimes, TimeSync, TimeSyncAnswer } from "../../../protocol/packets/client-register.ts";
import type { Client } from "../client.ts";
import { findNode } from "../rights.ts";
import { movesAccessTime } from "../times.ts";
import { notice } from "./operation.ts";
import type { Operation } from "./operation.ts";

export const fileTimes = notice(FileTimes, (client, { files }) => {
  for (const { inode, accessTime, modificationTime } of files) {
    if (inode !== 0 && (accessTime !== 0 || modificationTime !== 0)) {
      keepTimes(client, { inode, accessTime, modificationTime });
    }
  }
});

/** Both times only move forward; a newer modification time is the change time too. */
function keepTimes(
  client: Client,
  times: { inode: number; accessTime: number; modificationTime: number },
): void {
  const { service } = client;
  const { nodes } = service.world;
  const inode = findNode(client, times.inode, true);
  if (inode === 0) return;
  let atime = nodes.accessTime(inode);
  let mtime = nodes.modificationTime(inode);
  let ctime = nodes.changeTime(inode);
  const { accessTime, modificationTime } = times;
  const reads = accessTime > atime && movesAccessTime(service, inode, accessTime);
  const writes = modificationTime > mtime;
  if (!reads && !writes) return;
  if (reads) atime = accessTime;
  if (writes) {
    mtime = modificationTime;
    ctime = modificationTime;
  }
  service.commit({ op: "AMTIME", inode, atime, mtime, ctime });
}

export const timeSync: Operation = {
  request: TimeSync,
  answer: TimeSyncAnswer,
  run(client, body) {
    const asked = TimeSync.decode(body);
    const timeUs = client.service.nowMicroseconds;
    if (asked.variant === "plain") client.send(TimeSyncAnswer, { variant: "plain", timeUs });
    else {
      const { messageId } = asked;
      client.send(TimeSyncAnswer, { variant: "numbered", messageId, timeUs });
    }
  },
};
