// Once a minute: what the minute brought, from sums that only grow, into the charts.
// Spec: wire-admin.md sections 7.1 and 7.2, semantics-master.md section 23.

import type { Charts, Sample, Series } from "../charts.ts";
import { countedOperations } from "../counters.ts";
import type { Counters } from "../counters.ts";
import type { SpaceSums } from "../chunks/servers.ts";

const minuteSeconds = 60;

/** Series of which the process and the sockets know the sums since the start. */
export type GrowingSeries =
  | "ucpu"
  | "scpu"
  | "prcvd"
  | "psent"
  | "brcvd"
  | "bsent"
  | "delete"
  | "replicate"
  | "create"
  | "change"
  | "delete_ok"
  | "delete_err"
  | "replicate_ok"
  | "replicate_err"
  | "create_ok"
  | "create_err"
  | "change_ok"
  | "change_err";

/** Sums since the start; what is left out is not known and has no chart. */
export type Sums = Readonly<Partial<Record<GrowingSeries, bigint>>>;

/** What a minute's end is made from. */
export interface MinuteEnd {
  readonly sums: Sums;
  readonly residentBytes: number;
  readonly virtualBytes: number;
  readonly space: SpaceSums;
  readonly counters: Counters;
}

/** Turns sums into minutes. */
export class ChartSampler {
  readonly #charts: Charts;
  #before = new Map<Series, bigint>();

  constructor(charts: Charts) {
    this.#charts = charts;
  }

  /** At each full minute; the values are those of the minute that has just passed. */
  minuteEnded(localSeconds: number, end: MinuteEnd): void {
    const sums = sumsOf(end);
    const sample: Partial<Record<Series, bigint>> = {
      memoryrss: BigInt(end.residentBytes),
      memoryvirt: BigInt(end.virtualBytes),
      usedspace: end.space.totalBytes - end.space.availableBytes,
      totalspace: end.space.totalBytes,
    };
    for (const [series, sum] of sums) {
      const grown = sum - (this.#before.get(series) ?? 0n);
      sample[series] = grown < 0n ? 0n : grown;
    }
    this.#before = sums;
    this.#charts.add(localSeconds - minuteSeconds, sample satisfies Sample);
  }
}

function sumsOf(end: MinuteEnd): Map<Series, bigint> {
  const sums = new Map(Object.entries(end.sums)) as Map<Series, bigint>;
  for (const name of countedOperations) sums.set(name, BigInt(end.counters.total(name)));
  return sums;
}
