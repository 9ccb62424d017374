// One kind of request of the model test: how it is drawn, and what the naive file system does with it.

import type { Packet } from "../../daemons/protocol/packet.ts";
import type { Draw } from "./draw.ts";
import type { NaiveFs } from "./naive-fs.ts";
import type { NaiveConnection } from "./naive-types.ts";

/** Who may send it: tools send what is marked so, meta mounts prefer what is theirs. */
export type Audience = "mount" | "tools" | "meta";

/** One kind of request. */
export interface Exchange {
  readonly request: Packet<unknown>;
  /** Name of the answer; undefined where there is none. */
  readonly answer: string | undefined;
  readonly audience: Audience;
  readonly weight: number;
  make(draw: Draw, from: NaiveConnection): object;
  run(fs: NaiveFs, from: NaiveConnection, request: object): unknown;
}

export function exchange<R>(
  [request, answer]: readonly [Packet<R>, Packet<unknown> | undefined],
  [audience, weight]: readonly [Audience, number],
  run: (fs: NaiveFs, from: NaiveConnection, request: R) => unknown,
  make: (draw: Draw, from: NaiveConnection) => object,
): Exchange {
  return {
    request,
    answer: answer?.name,
    audience,
    weight,
    make,
    run: (fs, from, asked) => run(fs, from, asked as R),
  };
}
