// Requests that meet a locked or busy chunk wait in the master; others are answered with what they met.
// Spec: wire-client-master-2.md section 5.3.

import type { Packet } from "../../../protocol/packet.ts";
import type { Client } from "../client.ts";
import { status } from "../status.ts";
import { later } from "./operation.ts";
import type { Outcome } from "./operation.ts";

/** What a request met. */
export interface Met {
  readonly chunkId: number;
  readonly messageId: number;
  readonly met: number;
}

/** Lets the request wait when its chunk is locked or busy; `again` evaluates it anew. */
export function waitForChunk<A>(
  client: Client,
  { chunkId, messageId, met }: Met,
  answer: Packet<A>,
  again: () => Outcome<A>,
): Outcome<A> {
  if (met !== status.LOCKED && met !== status.CHUNKBUSY) return met;
  const { service } = client;
  const waits = service.waiting.add(
    chunkId,
    {
      peer: client.peer,
      retry: () => service.finish(client, answer, messageId, again),
      giveUp: () => service.outbox.sendStatus(client.peer, answer, { messageId, status: met }),
    },
    service.now,
  );
  return waits ? later : met;
}
