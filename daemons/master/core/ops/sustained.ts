// SUSTAINED_INODES: the complete list of what a mount holds open. What is missing is closed, what is new is
// opened. Spec: wire-client-master-2.md section 9.1.

import { SustainedInodes } from "../../../protocol/packets/client-register.ts";
import { releaseFile } from "../sessions/ending.ts";
import { notice } from "./operation.ts";

export const sustainedInodes = notice(SustainedInodes, (client, { inodes }) => {
  const { service, session } = client;
  const held = new Set(inodes);
  const before = [...service.world.openFiles.inodesOf(session.id)];
  for (const inode of before) {
    if (!held.has(inode)) releaseFile(service, session.id, inode);
  }
  for (const inode of held) {
    if (inode !== 0) service.acquire(session.id, inode);
  }
});
