// What a person sees while a run works: listr2 on stderr, a tree on a terminal, one line a step elsewhere.
// stdout stays free for the result, and signals stay with the runner (listr2 would call process.exit(127) itself).

import { Listr, ListrLogger, ProcessOutput, type ListrTask } from "listr2";

/** Work on one host within a phase. \`run\` never rejects: failures are kept by the runner. */
export interface HostTask {
  readonly host: string;
  /** Does the work; \`update\` names the step in hand. Answers how it ended, in a few words. */
  readonly run: (
    update: (line: string) => void,
  ) => Promise<{ readonly ok: boolean; readonly words: string }>;
}

/** One phase. \`start\` plans it; no tasks means that all is as it should be. */
export interface PhaseTask {
  readonly title: string;
  readonly start: () => Promise<readonly HostTask[]>;
  readonly concurrency: number;
}

/** Shows and drives phases, one after the other; stops at the first that throws. */
export type View = (phases: readonly PhaseTask[]) => Promise<void>;

export type ViewKind = "tree" | "lines" | "silent";

/** The view for a kind of output. */
export function createView(kind: ViewKind): View {
  return kind === "silent" ? silentView : (phases) => listrView(phases, kind);
}

async function silentView(phases: readonly PhaseTask[]): Promise<void> {
  for (const phase of phases) {
    const waiting = [...(await phase.start())];
    const lanes = Array.from({ length: phase.concurrency }, async () => {
      for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
        await task.run(() => undefined);
      }
    });
    await Promise.all(lanes);
  }
}

async function listrView(phases: readonly PhaseTask[], kind: "tree" | "lines"): Promise<void> {
  const logger = new ListrLogger({
    processOutput: new ProcessOutput(process.stderr, process.stderr),
  });
  const tasks: ListrTask[] = phases.map((phase) => ({
    title: phase.title,
    task: async (_context, task) => {
      const hosts = await phase.start();
      if (hosts.length === 0) {
        task.title = `${phase.title}: already so`;
        return undefined;
      }
      return task.newListr(
        hosts.map((each) => ({
          title: each.host,
          task: async (_inner, line) => {
            const ended = await each.run((step) => {
              line.output = kind === "lines" ? `${each.host}: ${step}` : step;
            });
            line.title = `${each.host}: ${ended.words}`;
            if (!ended.ok) throw new Error(ended.words);
          },
        })),
        { concurrent: phase.concurrency, exitOnError: false },
      );
    },
  }));
  await new Listr(tasks, {
    concurrent: false,
    exitOnError: true,
    registerSignalListeners: false,
    renderer: kind === "tree" ? "default" : "simple",
    fallbackRenderer: "simple",
    rendererOptions: {
      logger,
      collapseSubtasks: true,
      collapseErrors: false,
      showErrorMessage: true,
    },
    fallbackRendererOptions: { logger },
  } as ConstructorParameters<typeof Listr>[1]).run();
}
