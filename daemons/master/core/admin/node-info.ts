// What a node consists of, for whoever has not registered: the original crashes when asked so. Registered
// connections get the operation itself (ops/node-info.ts). Spec: wire-admin.md section 3.17.

import type { Body } from "../../../protocol/packet.ts";
import { NodeInfo, NodeInfoAnswer } from "../../../protocol/packets/client-reports.ts";
import { contentsOf } from "../ops/node-info.ts";
import { monitorRequest } from "./request.ts";

type Answer = Body<typeof NodeInfoAnswer>;

/** NODE_INFO, with inode 1 for the true root. */
export const nodeInfo = monitorRequest(NodeInfo, NodeInfoAnswer, (core, asked): Answer => {
  const node = contentsOf(core, asked.inode, asked);
  return asked.variant === "plain"
    ? { variant: "plain", node }
    : { variant: "numbered", messageId: asked.messageId, node };
});
