// GETDIRSTATS: how much a node and everything below it takes. Constant time: the sums are kept.
// Spec: wire-client-master-3.md section 6.5, semantics-master.md section 10.3.

import {
  GetDirectoryStats,
  GetDirectoryStatsAnswer,
} from "../../../protocol/packets/client-reports.ts";
import { findNode } from "../rights.ts";
import { status } from "../status.ts";
import { operation } from "./operation.ts";

const zeros = [0, 0] as const;

export const getDirectoryStats = operation(
  GetDirectoryStats,
  GetDirectoryStatsAnswer,
  (client, request) => {
    const { nodes, statistics } = client.service.world;
    const inode = findNode(client, request.inode);
    if (inode === 0) return status.ENOENT;
    if (!nodes.isDirectory(inode) && !nodes.isFile(inode)) return status.EPERM;
    const { messageId } = request;
    const tally = statistics.tallyOf(inode);
    if (client.kind === "tools") return { variant: "tools" as const, messageId, ...tally };
    return { variant: "mount" as const, messageId, zeros, moreZeros: zeros, ...tally };
  },
);
