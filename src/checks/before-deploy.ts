// The preflight checks as the first phase of a deploy: it changes nothing, its gate stops the run with exit code 3.

import type { World } from "../facts/world.ts";
import type { Phase, Refusal } from "../runner/phase.ts";
import { ignoring, judgeWorld } from "./table.ts";

/** A phase without actions that refuses to go on while a check fails that is not ignored. */
export function checkBeforeDeploy(ignored: ReadonlySet<string>): Phase {
  return {
    title: "Check the hosts",
    hosts: (world) => Object.keys(world.inventory.hosts),
    gates: (world) => refusals(world, ignored),
    plan: () => [],
  };
}

function refusals(world: World, ignored: ReadonlySet<string>): readonly Refusal[] {
  return ignoring(judgeWorld(world), ignored)
    .filter((finding) => finding.level === "fail")
    .map(({ host, message, hint }) => ({ host, message, hint, code: "checkFailed" }));
}
