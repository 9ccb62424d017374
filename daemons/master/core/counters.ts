// Counts operations, for sessions (this hour and the last) and for the charts.
// Spec: wire-client-master-1.md section 4.1, semantics-master.md section 23.

import type { Session } from "./store/sessions.ts";

/** Counted operations in the order of a session's counters. */
export const countedOperations = [
  "statfs",
  "getattr",
  "setattr",
  "lookup",
  "mkdir",
  "rmdir",
  "symlink",
  "readlink",
  "mknod",
  "unlink",
  "rename",
  "link",
  "readdir",
  "open",
  "read",
  "write",
] as const;

/** The name of a counter. */
export type CountedOperation = (typeof countedOperations)[number];

const places = Object.fromEntries(countedOperations.map((name, place) => [name, place])) as Record<
  CountedOperation,
  number
>;

/** Counters of all sessions together since the start. */
export class Counters {
  /** Requests that we do not serve, by the name of the packet. */
  readonly unserved = new Map<string, number>();
  readonly #totals = new Float64Array(countedOperations.length);

  count(session: Session, operation: CountedOperation): void {
    const place = places[operation];
    session.operations[place] = (session.operations[place] ?? 0) + 1;
    this.#totals[place] = (this.#totals[place] ?? 0) + 1;
  }

  /** Notes a request that was answered with ENOTSUP. */
  countUnserved(packet: string): void {
    this.unserved.set(packet, (this.unserved.get(packet) ?? 0) + 1);
  }

  /** How often this was done since the start. */
  total(operation: CountedOperation): number {
    return this.#totals[places[operation]] ?? 0;
  }
}
