// Commands of the master about one chunkserver. Spec: wire-admin.md section 3.5.

import { parseIpv4 } from "../../daemons/protocol/address.ts";
import {
  ChunkserverCommand,
  ChunkserverCommandAnswer,
} from "../../daemons/protocol/packets/admin.ts";
import { statusCode, statusOf } from "../../daemons/protocol/status.ts";
import { MfsctlError } from "../errors.ts";
import type { WireClient } from "./client.ts";

const removeCommand = 0;

/** Makes the master forget a disconnected chunkserver; one that it does not know is forgotten already. */
export async function forgetChunkserver(
  client: WireClient,
  server: { readonly address: string; readonly port: number },
): Promise<void> {
  const { address, port } = server;
  const ip = parseIpv4(address);
  if (ip === undefined) throw new RangeError(`"${address}" is no IPv4 address`);
  const answer = await client.request(
    ChunkserverCommand,
    { variant: "command", command: removeCommand, ip, port },
    ChunkserverCommandAnswer,
    { variant: "command" },
  );
  const status = answer.variant === "command" ? answer.status : 0;
  if (status === 0 || status === statusCode("NOTFOUND")) return;
  throw new MfsctlError(
    "refused",
    `Cannot make the master forget the chunkserver ${address}:${port}: it answered "${statusOf(status).text}", expected "OK"`,
    {
      host: client.name,
      hint: "only a chunkserver that is stopped can be forgotten: mfsctl status",
    },
  );
}
