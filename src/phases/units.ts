// What must happen to a unit so that its daemon runs with what stands on disk: nothing, reload, restart or start.
// Decided from the host's own state (what its unit wrote down, stamps.ts), so a run that was cut off converges.

import type { Action } from "../runner/actions.ts";
import { run } from "../runner/actions.ts";
import { factsOf, type World } from "../facts/world.ts";
import { managedFiles } from "./managed-files.ts";
import { hasRead, wasStartedBy } from "./stamps.ts";

export type UnitNeed = "nothing" | "reload" | "restart" | "start";

/** A master stores its image before it ends, for as long as its unit allows (TimeoutStopSec), and some more. */
export const restartMs = 31 * 60_000;
const otherwiseMs = 10 * 60_000;

/** What a unit of a host needs, given that its files are as deploy wants them. */
export function unitNeed(world: World, host: string, unit: string): UnitNeed {
  if (factsOf(world, host).units.get(unit)?.active !== "active") return "start";
  const files = managedFiles(world, host).filter((file) => file.readBy?.unit === unit);
  for (const { readBy, content } of files) {
    if (readBy?.by === "restart" && !wasStartedBy(world, host, unit, content)) return "restart";
  }
  const unread = files.some(
    ({ readBy, path, content }) =>
      readBy?.by === "reload" && !hasRead(world, { host, unit, path }, content),
  );
  return unread ? "reload" : "nothing";
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
    timeoutMs: verb === "restart" ? restartMs : otherwiseMs,
    hint: `mfsctl logs --node ${host} shows why`,
  });
}
