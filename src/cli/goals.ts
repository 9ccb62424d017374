// Goals in words, and the way to the master that knows them.

import { MfsctlError } from "../errors.ts";
import { openMaster } from "../facts/gather.ts";
import { findMaster } from "../facts/master.ts";
import { gatherOptions, type RunContext } from "../runner/plan.ts";
import type { WireClient } from "../wire/client.ts";
import type { GoalUse } from "../wire/goal.ts";

/** Asks the present master about a path; the client is closed by what asks. */
export async function withMaster<T>(
  context: RunContext,
  path: string,
  ask: (client: WireClient) => Promise<T>,
): Promise<T> {
  if (!path.startsWith("/")) {
    throw new MfsctlError(
      "usage",
      `Cannot find "${path}": it is no path within the cluster, expected one that starts with "/"`,
      { hint: "mfsctl goal get /" },
    );
  }
  const options = gatherOptions(context);
  const { host: name } = await findMaster(context.hosts, context.inventory, options);
  const host = await context.hosts.host(name, options);
  return await ask(await openMaster(host, context.inventory, options));
}

/** How many nodes of a use have another goal than this. */
export function countOthers(use: GoalUse, goal: number): number {
  return [...use.files, ...use.directories]
    .filter((row) => !("goal" in row.class && row.class.goal === goal))
    .reduce((sum, { count }) => sum + count, 0);
}

/** One line a goal: `/projects: goal 2 (12 files, 3 folders)`. */
export function goalLines(path: string, use: GoalUse): readonly string[] {
  const rows = new Map<string, { files: number; folders: number }>();
  const add = (list: GoalUse["files"], kind: "files" | "folders"): void => {
    for (const { class: named, count } of list) {
      const name = "goal" in named ? `goal ${named.goal}` : `class ${named.className}`;
      const row = rows.get(name) ?? { files: 0, folders: 0 };
      row[kind] += count;
      rows.set(name, row);
    }
  };
  add(use.files, "files");
  add(use.directories, "folders");
  return [...rows].map(
    ([name, { files, folders }]) => `${path}: ${name} (${files} files, ${folders} folders)`,
  );
}
