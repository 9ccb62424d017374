// The form of the option tables and the look-up of a name in them.
// Spec: config-and-cli.md 4; the rows stand in master-, chunkserver- and metalogger-options.ts.
import { chunkserverOptions } from "./chunkserver-options.ts";
import { masterOptions } from "./master-options.ts";
import { metaloggerOptions } from "./metalogger-options.ts";
import type { OptionRow } from "./option-row.ts";

/** The three daemons that have a file of "NAME = VALUE" lines. */
export type Daemon = "mfsmaster" | "mfschunkserver" | "mfsmetalogger";

/** Every option of 3.0.117 with its type, default and range, one table per daemon. */
export const options = {
  mfsmaster: masterOptions,
  mfschunkserver: chunkserverOptions,
  mfsmetalogger: metaloggerOptions,
} as const satisfies Record<Daemon, Readonly<Record<string, OptionRow>>>;

/** The row of an option, or undefined when 3.0.117 does not know the name. */
export function findOption(daemon: Daemon, name: string): OptionRow | undefined {
  const table: Readonly<Record<string, OptionRow>> = options[daemon];
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** The known name that a mistyped one most likely stands for, or null. */
export function nearestOption(daemon: Daemon, name: string): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.floor(name.length / 5)) + 1;
  for (const known of Object.keys(options[daemon])) {
    const distance = editDistance(name.toUpperCase(), known);
    if (distance < bestDistance) {
      best = known;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const swap = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
