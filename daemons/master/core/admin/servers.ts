// Chunkservers and metaloggers as monitors see them, and commands about a chunkserver.
// Spec: wire-admin.md sections 3.2, 3.5 and 3.12.

import {
  ChunkserverCommand,
  ChunkserverCommandAnswer,
  ChunkserverList,
  ChunkserverListAnswer,
  MetaloggerList,
  MetaloggerListAnswer,
} from "../../../protocol/packets/admin.ts";
import type { Body } from "../../../protocol/packet.ts";
import { commandServer, listServers, serverCommand } from "../chunks/server-list.ts";
import { sourcesOf } from "./providers.ts";
import { monitorRequest } from "./request.ts";

type Done = Body<typeof ChunkserverCommandAnswer>;

/** CSERV_LIST. */
export const chunkserverList = monitorRequest(ChunkserverList, ChunkserverListAnswer, (core) => ({
  chunkservers: listServers(core.chunkCore),
}));

/** MLOG_LIST. */
export const metaloggerList = monitorRequest(MetaloggerList, MetaloggerListAnswer, (core) => ({
  metaloggers: sourcesOf(core).metaloggers(),
}));

/** CSSERV_COMMAND; its oldest form removes a server and is never told how that went. */
export const chunkserverCommand = monitorRequest(
  ChunkserverCommand,
  ChunkserverCommandAnswer,
  (core, asked): Done => {
    if (asked.variant === "command") {
      return { variant: "command", status: commandServer(core.chunkCore, asked) };
    }
    commandServer(core.chunkCore, {
      command: serverCommand.remove,
      ip: asked.ip,
      port: asked.port,
    });
    return { variant: "legacy" };
  },
);
