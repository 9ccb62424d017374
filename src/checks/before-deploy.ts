// The preflight checks as the first phase of a deploy: it changes nothing, its gate stops the run with exit code 3.

import type { World } from "../facts/world.ts";
import type { Phase, Refusal } from "../runner/phase.ts";
import { refuse } from "../runner/plan.ts";
import type { Finding } from "./finding.ts";
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
  return failed(ignoring(judgeWorld(world), ignored));
}

function failed(findings: readonly Finding[]): readonly Refusal[] {
  return findings
    .filter((finding) => finding.level === "fail")
    .map(({ host, message, hint }) => ({ host, message, hint, code: "checkFailed" }));
}

/** Throws all failures of checks that are asked apart from the plan. */
export function refuseFailed(findings: readonly Finding[]): void {
  const refusals = failed(findings);
  if (refusals.length > 0) throw refuse(refusals);
}
