// Deploy, the proof: what was asked for is true of the running processes.

import { factsOf, type World } from "../../facts/world.ts";
import { mountUnit, unitOf, type Daemon } from "../../layout.ts";
import type { Phase, Refusal } from "../../runner/phase.ts";
import { daemonsOn } from "../managed-files.ts";

/** 3.0.117 sets its own limit at start, whatever it was given (config-and-cli.md 2.1, 12.1). */
const ownLimit: Readonly<Record<Daemon | "mount", number>> = {
  master: 16_384,
  metalogger: 4_096,
  chunkserver: 16_384,
  cgiserv: Number.POSITIVE_INFINITY,
  // The mount's unit names the inventory's limit.
  mount: Number.POSITIVE_INFINITY,
};

/** The soft limit of open files that a process must have: the inventory's, but not more than it takes itself. */
export function expectedNofile(world: World, kind: Daemon | "mount"): number {
  return Math.min(world.inventory.limits.nofile, ownLimit[kind]);
}

/** Running processes whose limit of open files is lower than it should be. */
function limitProblems(world: World): readonly Refusal[] {
  return [...world.facts.keys()].flatMap((host) => {
    const units: readonly (readonly [string, Daemon | "mount"])[] = [
      ...daemonsOn(world, host).map((daemon) => [unitOf(daemon), daemon] as const),
      ...(world.inventory.hosts[host]?.mounts ?? []).map(
        (mount) => [mountUnit(mount.path), "mount"] as const,
      ),
    ];
    return units.flatMap(([unit, kind]): readonly Refusal[] => {
      const found = factsOf(world, host).units.get(unit);
      if (found?.active !== "active" || found.nofile === undefined) return [];
      const wanted = expectedNofile(world, kind);
      if (found.nofile >= wanted) return [];
      return [
        {
          host,
          code: "unhealthy",
          message: `Cannot accept the limit of open files of ${unit}: the running process has ${found.nofile}, expected ${wanted}`,
          hint: "mfsctl check names the limit that stands in the way; then: mfsctl restart",
        },
      ];
    });
  });
}

/** Limits are read from /proc/PID/limits of the running daemons and mounts. It changes nothing. */
export const verifyLimits: Phase = {
  title: "Verify limits of open files",
  hosts: () => [],
  gates: limitProblems,
  gatesOnlyInTurn: true,
  plan: () => [],
};
