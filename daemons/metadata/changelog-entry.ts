// What the rows of the operations make of a change: the type of its entry and of its results.
// Spec: changelog.md 7.
import type { ValueOf } from "./changelog-fields.ts";
import type { operations } from "./changelog-operations.ts";

/** Values of fields by their names. */
export type ValuesOf<F> = { readonly [K in keyof F]: ValueOf<F[K]> };

export type OperationName = keyof typeof operations;

/** The arguments of an operation beside its name. */
export type EntryOf<O extends OperationName> = {
  [K in O]: { readonly op: K } & ValuesOf<(typeof operations)[K]["takes"]>;
}[O];

type Given<F> = keyof F extends never ? object : ValuesOf<F>;

/** What an operation gave when it was logged; an empty object for those that give nothing. */
export type ResultOf<O extends OperationName> = Given<(typeof operations)[O]["gives"]>;

/** Any change of the tree. */
export type Entry = EntryOf<OperationName>;

/** A change with what it gave. */
export type Change = {
  [O in OperationName]: { readonly entry: EntryOf<O>; readonly result: ResultOf<O> };
}[OperationName];
