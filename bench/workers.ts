// The processes that work at once. They live as long as the run: their start is no part of any figure, and all of
// them serve both sides in turn.

import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { Order, WorkerAnswer } from "./worker.ts";
import type { Task, WorkloadName } from "./workloads.ts";

const workerFile = path.join(import.meta.dirname, "worker.ts");

/** A fixed number of processes. Leaving the scope (`using`) ends them. */
export class Workers implements Disposable {
  readonly #children: readonly ChildProcess[];

  constructor(count: number) {
    this.#children = Array.from({ length: count }, () =>
      fork(workerFile, { execArgv: ["--disable-warning=ExperimentalWarning"] }),
    );
  }

  /**
   * Runs a workload with one process per task, which all start together, and returns the seconds from the first
   * start to the last end. `begin` is called when all are prepared.
   */
  async run(
    workload: WorkloadName,
    tasks: readonly Task[],
    begin: () => Promise<void> = async () => undefined,
  ): Promise<number> {
    const children = this.#children.slice(0, tasks.length);
    const prepare = (index: number): Order => {
      const task = tasks[index];
      if (task === undefined) throw new Error(`Cannot prepare task ${index}: there is none`);
      return { kind: "prepare", workload, task };
    };
    await Promise.all(children.map((child, index) => ask(child, prepare(index))));
    await begin();
    const answers = await Promise.all(children.map((child) => ask(child, { kind: "run" })));
    const ran = answers.filter((answer) => answer.kind === "ran");
    const start = Math.min(...ran.map((answer) => answer.startMs));
    const end = Math.max(...ran.map((answer) => answer.endMs));
    return (end - start) / 1000;
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill();
  }
}

async function ask(child: ChildProcess, order: Order): Promise<WorkerAnswer> {
  const done = new AbortController();
  const { signal } = done;
  const ended = once(child, "exit", { signal }).then(() => {
    throw new Error(`Cannot ${order.kind}: the worker ended, expected an answer`);
  });
  try {
    const answered = once(child, "message", { signal });
    child.send(order);
    const [answer] = (await Promise.race([answered, ended])) as [WorkerAnswer];
    if (answer.kind === "failed") throw new Error(`Cannot ${order.kind}: ${answer.message}`);
    return answer;
  } finally {
    ended.catch(() => undefined); // it is called off when the answer came first
    done.abort();
  }
}
