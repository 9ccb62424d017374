// Ctrl-C: the first finishes what is in hand and begins nothing new, the second ends at once. SIGTERM counts as a first.

import { MfsctlError } from "../errors.ts";

/** Two signals and the way to stop listening. */
export interface Interrupts {
  readonly stopping: AbortSignal;
  readonly abort: AbortSignal;
  readonly end: () => void;
}

/** Listens to SIGINT and SIGTERM until \`end\`. */
export function interrupts(note: (line: string) => void): Interrupts {
  const stopping = new AbortController();
  const abort = new AbortController();
  const listen = (name: NodeJS.Signals): void => {
    if (stopping.signal.aborted) {
      note("Interrupted again: ending at once");
      abort.abort();
      return;
    }
    note("Interrupted: finishing the steps in hand, then stopping (once more to end at once)");
    stopping.abort(
      new MfsctlError(
        name === "SIGTERM" ? "terminated" : "interrupted",
        "Interrupted: the steps in hand were finished, nothing new was begun",
        { hint: "mfsctl resume" },
      ),
    );
  };
  process.on("SIGINT", listen);
  process.on("SIGTERM", listen);
  return {
    stopping: stopping.signal,
    abort: abort.signal,
    end: () => {
      process.off("SIGINT", listen);
      process.off("SIGTERM", listen);
    },
  };
}
