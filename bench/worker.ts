// A process that works on a mount: it prepares, says so, starts when told, and answers when it began and ended.
// The clock is the machine's monotonic one, so that times of several processes can be compared.

import { workloadOf } from "./workloads.ts";
import type { Task } from "./workloads.ts";

/** Prepare a workload, or run the one that was prepared. */
export type Order =
  { readonly kind: "prepare"; readonly workload: string; readonly task: Task } | { kind: "run" };

/** Done with an order. */
export type WorkerAnswer =
  | { readonly kind: "prepared" }
  | { readonly kind: "ran"; readonly startMs: number; readonly endMs: number }
  | { readonly kind: "failed"; readonly message: string };

let prepared: Extract<Order, { kind: "prepare" }> | undefined;

process.on("message", (order: Order) => {
  try {
    process.send?.(obey(order));
  } catch (error) {
    process.send?.({ kind: "failed", message: String(error) } satisfies WorkerAnswer);
  }
});
process.on("disconnect", () => process.exit(0));

function obey(order: Order): WorkerAnswer {
  if (order.kind === "prepare") {
    workloadOf(order.workload).prepare?.(order.task);
    prepared = order;
    return { kind: "prepared" };
  }
  if (prepared === undefined) throw new Error("Cannot run: nothing was prepared");
  const { workload, task } = prepared;
  const { folder, count } = task;
  const { run } = workloadOf(workload);
  const startMs = nowMs();
  for (let index = 0; index < count; index++) run(folder, index);
  return { kind: "ran", startMs, endMs: nowMs() };
}

function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
