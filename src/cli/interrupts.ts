// Ctrl-C: the first finishes what is in hand and begins nothing new, the second ends at once. SIGTERM counts as a first.

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
  const listen = (): void => {
    if (stopping.signal.aborted) {
      note("Interrupted again: ending at once");
      abort.abort();
      return;
    }
    note("Interrupted: finishing the steps in hand, then stopping (once more to end at once)");
    stopping.abort();
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
