// What a simulated program is: a function from its arguments to its answer, with the machine at hand.

import type { FakeMachine } from "./machine.ts";
import type { FakeMooseFs, Network } from "./moosefs.ts";
import type { FakeSystemd } from "./systemd.ts";

/** A machine with what runs on it. */
export interface FakeSystem {
  readonly machine: FakeMachine;
  readonly systemd: FakeSystemd;
  readonly moosefs: FakeMooseFs;
  readonly network: Network;
  /** The machine's own clock. */
  readonly nowMs: () => number;
}

export interface ProgramCall {
  readonly system: FakeSystem;
  /** Words after the program's name. */
  readonly words: readonly string[];
  readonly stdin: Buffer;
}

/** What a program ends with; nothing given is silence and success. */
export interface ProgramResult {
  readonly code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

export type Program = (call: ProgramCall) => ProgramResult;

/** Splits words into options with their values and the rest; an option that is not named here is a fault of the fake. */
export function options(
  words: readonly string[],
  known: { readonly flags?: readonly string[]; readonly values?: readonly string[] },
): {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
} {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const rest: string[] = [];
  const waiting = [...words];
  for (let word = waiting.shift(); word !== undefined; word = waiting.shift()) {
    if (word === "--") {
      rest.push(...waiting.splice(0));
    } else if (known.flags?.includes(word) === true) {
      flags.add(word);
    } else if (known.values?.includes(word) === true) {
      values.set(word, waiting.shift() ?? "");
    } else if (word.startsWith("-")) {
      throw new Error(`the fake does not know the option "${word}" in "${words.join(" ")}"`);
    } else rest.push(word);
  }
  return { flags, values, rest };
}
