// `goal set`: one step on the master's host.

import type { Phase, Runbook } from "../runner/phase.ts";

/** Sets a goal where something has another one. */
export function setGoalOf(request: {
  readonly path: string;
  readonly goal: number;
  readonly recursive: boolean;
  /** Something below has another goal. */
  readonly needed: boolean;
}): Runbook {
  const { path, goal, recursive, needed } = request;
  const phase: Phase = {
    title: "Set the goal",
    hosts: (world) => [world.mastership.host],
    plan: () =>
      needed ? [{ kind: "goal", title: `Set goal ${goal} on ${path}`, path, goal, recursive }] : [],
  };
  return { name: "goal set", phases: [phase] };
}
