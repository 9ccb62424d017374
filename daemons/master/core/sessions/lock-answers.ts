// Answers to requests that waited for a lock: they go to whatever connection the session has by then.
// Spec: wire-client-master-2.md section 8.3.

import type { Packet } from "../../../protocol/packet.ts";
import type { Client } from "../client.ts";
import type { Service } from "../service.ts";

/** A request whose answer is due. */
export interface AnsweredRequest {
  readonly session: number;
  readonly messageId: number;
}

/** Lost when the session has no connection: its mount asks again when it comes back. */
export function answerWaiting(
  service: Service,
  answer: Pick<Packet<unknown>, "id">,
  request: AnsweredRequest,
  status: number,
): void {
  const client = latestMountOf(service, request.session);
  if (client === undefined) return;
  const { messageId } = request;
  service.outbox.sendStatus(client.peer, answer, { messageId, status });
}

/** A connection that came later is good when an earlier one may be dead already. */
function latestMountOf(service: Service, session: number): Client | undefined {
  let latest: Client | undefined;
  for (const client of service.clients.values()) {
    if (client.kind === "mount" && client.session.id === session) latest = client;
  }
  return latest;
}
