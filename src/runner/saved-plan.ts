// A plan kept in a file, and the comparison with what would be planned now: `deploy --plan FILE` applies exactly what was
// reviewed, or stops.

import { readFile, writeFile } from "node:fs/promises";
import { MfsctlError } from "../errors.ts";
import type { PlannedStep } from "./plan.ts";

const format = 1;
/** A plan holds the text of changed files; more than this is no plan of ours. */
const planBytesMax = 64 * 1024 * 1024;

/** What the file holds. The options decide what a plan is, so they are part of it. */
export interface SavedPlan {
  readonly format: number;
  readonly cluster: string;
  readonly madeAt: string;
  readonly options: Readonly<Record<string, readonly string[]>>;
  readonly steps: readonly PlannedStep[];
}

/** Writes a plan; its diffs may show secrets of the configuration, so only its owner may read it. */
export async function savePlan(file: string, plan: Omit<SavedPlan, "format">): Promise<void> {
  const text = `${JSON.stringify({ format, ...plan }, undefined, 2)}\n`;
  try {
    await writeFile(file, text, { mode: 0o600 });
  } catch (cause) {
    throw new MfsctlError("usage", `Cannot write the plan "${file}": ${words(cause)}`, {
      hint: "name a file in a folder that you may write",
      cause,
    });
  }
}

/** Reads a plan; throws a usage error when the file is none. */
export async function loadPlan(file: string): Promise<SavedPlan> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw wrong(file, words(cause), cause);
  }
  if (text.length > planBytesMax) throw wrong(file, "it is too large");
  let plan: Partial<SavedPlan> | null;
  try {
    plan = JSON.parse(text) as Partial<SavedPlan> | null;
  } catch (cause) {
    throw wrong(file, "it is not JSON", cause);
  }
  if (plan?.format !== format || !Array.isArray(plan.steps) || plan.options === undefined) {
    throw wrong(file, "it has another form");
  }
  return plan as SavedPlan;
}

function wrong(file: string, what: string, cause?: unknown): MfsctlError {
  return new MfsctlError(
    "usage",
    `Cannot read the plan "${file}": ${what}, expected a saved plan`,
    {
      hint: "mfsctl plan -o FILE",
      cause,
    },
  );
}

function words(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Refuses when what would be done now is not what was saved. */
export function refuseDrift(
  saved: SavedPlan,
  now: {
    readonly cluster: string;
    readonly options: SavedPlan["options"];
    readonly steps: readonly PlannedStep[];
  },
): void {
  const drift = driftOf(saved, now);
  if (drift.length === 0) return;
  throw new MfsctlError(
    "refused",
    `Cannot apply the plan of ${saved.madeAt}: ${drift.length} differences, expected the cluster as it was then`,
    { details: drift.slice(0, 20), hint: "mfsctl plan -o FILE, review it, then deploy it" },
  );
}

/** The differences, one line each. The order between hosts is no difference. */
export function driftOf(
  saved: Pick<SavedPlan, "cluster" | "options" | "steps">,
  now: Pick<SavedPlan, "cluster" | "options" | "steps">,
): readonly string[] {
  if (saved.cluster !== now.cluster) {
    return [`the plan is for cluster "${saved.cluster}", the inventory for "${now.cluster}"`];
  }
  if (JSON.stringify(saved.options) !== JSON.stringify(now.options)) {
    return ["the plan was made with other options of --overwrite or --ignore-check"];
  }
  const count = new Map<string, { step: PlannedStep; left: number }>();
  const add = (step: PlannedStep, by: number): void => {
    const key = JSON.stringify([step.phase, step.host, step.title, step.text, step.diff]);
    const known = count.get(key) ?? { step, left: 0 };
    known.left += by;
    count.set(key, known);
  };
  for (const step of saved.steps) add(step, 1);
  for (const step of now.steps) add(step, -1);
  return [...count.values()]
    .filter(({ left }) => left !== 0)
    .map(
      ({ step, left }) =>
        `${step.host}: ${step.text}: ${left > 0 ? "planned then, not now" : "planned now, not then"}`,
    );
}
