// A request that the master serves: which packet asks, which answers, and what is done in between.
// The table of all of them is table.ts.

import type { Packet } from "../../../protocol/packet.ts";
import type { Client } from "../client.ts";

/** The answer comes later, or never: the operation sends it itself. */
export const later = Symbol("later");

/** Requests of this kind start with a message id, and so do their answers. */
export interface Numbered {
  readonly messageId: number;
}

/** What an operation gives: the answer's body, a status to answer with, or `later`. */
export type Outcome<A> = A | number | typeof later;

/** One row of the table. */
export interface Operation {
  readonly request: Packet<unknown>;
  readonly answer: Packet<unknown>;
  run(client: Client, body: Uint8Array): void;
}

/** Declares an operation: decodes, runs, and sends the answer. */
export function operation<R extends Numbered, A>(
  request: Packet<R>,
  answer: Packet<A>,
  run: (client: Client, request: R) => Outcome<NoInfer<A>>,
): Operation {
  return {
    request,
    answer,
    run(client, body) {
      const asked = request.decode(body);
      const outcome = run(client, asked);
      if (outcome === later) return;
      if (typeof outcome === "number") {
        client.service.outbox.sendStatus(client.peer, answer, {
          messageId: asked.messageId,
          status: outcome,
        });
      } else client.send(answer, outcome);
    },
  };
}

/** Declares a packet that nobody answers. */
export function notice<R>(
  request: Packet<R>,
  run: (client: Client, request: NoInfer<R>) => void,
): Operation {
  return { request, answer: request, run: (client, body) => run(client, request.decode(body)) };
}
