// What must happen to a unit so that its daemon runs with what stands on disk: nothing, reload, restart or start.
// Decided from the host's own state (file times against the daemon's stamp), so a run that was cut off converges.

import type { Action } from "../runner/actions.ts";
import { run } from "../runner/actions.ts";
import { factsOf, type World } from "../facts/world.ts";
import { stampFolder } from "../layout.ts";
import { managedFiles } from "./managed-files.ts";

export type UnitNeed = "nothing" | "reload" | "restart" | "start";

/** What a unit of a host needs, given that its files are as deploy wants them. */
export function unitNeed(world: World, host: string, unit: string): UnitNeed {
  const facts = factsOf(world, host);
  const state = facts.units.get(unit);
  if (state?.active !== "active") return "start";
  const stamp = facts.paths.get(`${stampFolder}/${unit}`)?.mtimeMs ?? 0;
  let need: UnitNeed = "nothing";
  for (const file of managedFiles(world, host)) {
    if (file.readBy?.unit !== unit) continue;
    const present = facts.paths.get(file.path);
    const newer = present?.content !== file.content || present.mtimeMs > stamp;
    if (!newer) continue;
    if (file.readBy.by === "restart") return "restart";
    need = "reload";
  }
  return need;
}

/** The actions that bring a unit up with its present files; empty when it runs with them. */
export function unitActions(world: World, host: string, unit: string): readonly Action[] {
  const actions: Action[] = [];
  if (factsOf(world, host).units.get(unit)?.file !== "enabled") {
    actions.push(run(`Enable ${unit}`, ["systemctl", "enable", unit]));
  }
  const need = unitNeed(world, host, unit);
  switch (need) {
    case "nothing":
      return actions;
    case "start":
      return [
        ...actions,
        run("Forget failures", ["systemctl", "reset-failed", unit], { okCodes: [0, 1] }),
        systemctl("start", unit, host),
      ];
    case "reload":
    case "restart":
      return [...actions, systemctl(need, unit, host)];
    default:
      return need satisfies never;
  }
}

function systemctl(verb: "start" | "reload" | "restart", unit: string, host: string): Action {
  const title = `${verb[0]?.toUpperCase() ?? ""}${verb.slice(1)} ${unit}`;
  return run(title, ["systemctl", verb, unit], {
    timeoutMs: 10 * 60_000,
    hint: `mfsctl logs --node ${host} shows why`,
  });
}
