// A process that shows a run as mfsctl does and waits to be interrupted: `view-process.ts lines|tree`. Its result is the
// only thing on stdout, as with every command.

import { interrupts } from "../../src/cli/interrupts.ts";
import { createView, type HostTask, type PhaseTask, type ViewKind } from "../../src/runner/view.ts";

/** What a test starts with Node. */
export const viewProcessFile = import.meta.filename;

async function main(kind: ViewKind): Promise<void> {
  const note = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const { stopping, abort, end } = interrupts(note);
  // Keeps the process alive, as connections to hosts do.
  const alive = setInterval(() => undefined, 1000);
  const words: string[] = [];

  const phases: readonly PhaseTask[] = [
    {
      title: "First phase",
      concurrency: 2,
      start: () =>
        Promise.resolve<readonly HostTask[]>([
          {
            host: "meta01",
            run: async (update) => {
              update("Wait for a signal");
              process.stderr.write("ready\n");
              await new Promise((resolve) => stopping.addEventListener("abort", resolve));
              words.push("finished");
              return { ok: true, words: "finished" };
            },
          },
          { host: "meta02", run: () => Promise.resolve({ ok: false, words: "broke" }) },
        ]),
    },
    { title: "Second phase", concurrency: 2, start: () => Promise.resolve([]) },
  ];

  await createView(kind)(phases).catch((error: unknown) => note(String(error)));

  clearInterval(alive);
  end();
  process.stdout.write(
    `${JSON.stringify({ words, stopped: stopping.aborted, aborted: abort.aborted })}\n`,
  );
  process.exitCode = 130;
}

if (import.meta.main) await main((process.argv[2] ?? "lines") as ViewKind);
