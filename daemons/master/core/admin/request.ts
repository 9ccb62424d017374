// A question of a monitor or an administrator: any connection may ask it, registered or not, and it is
// answered at once with one packet. The table of all of them is table.ts. Spec: wire-admin.md section 1.2.

import type { Packet } from "../../../protocol/packet.ts";
import type { PeerId } from "../client.ts";
import type { Monitored } from "./providers.ts";

/** Which packet it is. */
type PacketName = Pick<Packet<unknown>, "id" | "name">;

/** One row of the table. */
export interface MonitorRequest {
  readonly request: PacketName;
  readonly answer: PacketName;
  run(core: Monitored, peer: PeerId, body: Uint8Array): void;
}

/** Declares a request: decodes, runs, and sends the answer. */
export function monitorRequest<R, A>(
  request: Packet<R>,
  answer: Packet<A>,
  run: (core: Monitored, asked: NoInfer<R>, peer: PeerId) => NoInfer<A>,
): MonitorRequest {
  return {
    request,
    answer,
    run(core, peer, body) {
      core.outbox.send(peer, answer, run(core, request.decode(body), peer));
    },
  };
}

/** A sum as answers can carry it: those beyond 2^53-1 are shown as that. */
export function shownSum(sum: bigint): number {
  return Number(sum > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : sum);
}
