// What a change function is: it takes the world, the time and one entry of the changelog, and gives the
// entry's results, or a status when the entry cannot be. Live service and replay call the same functions.

import type { World } from "../store/world.ts";
import type { EntryOf, OperationName, ResultOf } from "../../../metadata/changelog-entry.ts";

/** Results of an operation, or the status that refuses it (never 0). */
export type Applied<O extends OperationName> = ResultOf<O> | number;

/** The result of operations that log none. */
export const none = Object.freeze({});

/**
 * Applies an entry. `logged` is what the changelog says it gave: replay passes it, live service does not.
 * A refusal changes nothing.
 */
export type Apply<O extends OperationName> = (
  world: World,
  ts: number,
  entry: EntryOf<O>,
  logged?: ResultOf<O>,
) => Applied<O>;

/** Applies an entry now and writes it to the changelog: how all live changes are made. */
export type Commit = <O extends OperationName>(entry: EntryOf<O>) => Applied<O>;
