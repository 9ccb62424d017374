// Unmounting: never under anybody's feet. A busy mount is refused with the names of its users; `--lazy` takes it out of
// the tree and lets them end. Field guide: "取消挂载".

import type { MountLooks } from "../../facts/mounts.ts";
import { factsOf, type World } from "../../facts/world.ts";
import { mountUnit } from "../../layout.ts";
import { run, type Action } from "../../runner/actions.ts";
import type { Phase } from "../../runner/phase.ts";
import {
  busyRefusals,
  foreignRefusals,
  situationOf,
  type MountTarget,
  type Situation,
} from "./situation.ts";

export interface UmountOptions {
  readonly looks: MountLooks;
  readonly lazy: boolean;
}

/** Takes mounts away. */
export function umountPhase(targets: readonly MountTarget[], options: UmountOptions): Phase {
  return {
    title: "Unmount clients",
    hosts: () => [...new Set(targets.map(({ host }) => host))],
    gates: (world) =>
      targets.flatMap((target) => {
        if (!world.facts.has(target.host)) return [];
        const situation = situationOf(world, target, options.looks);
        const foreign = foreignRefusals(target, situation);
        const free = options.lazy || situation.look?.state === "dead";
        const hint = `let them end, or: mfsctl client umount ${target.host}:${target.path} --lazy`;
        return free || foreign.length > 0 ? foreign : busyRefusals(target, situation, hint);
      }),
    plan: (host, world) =>
      targets
        .filter((target) => target.host === host)
        .flatMap((target) => umountActions(world, target, options)),
  };
}

function umountActions(
  world: World,
  target: MountTarget,
  options: UmountOptions,
): readonly Action[] {
  const situation = situationOf(world, target, options.looks);
  const unit = mountUnit(target.path);
  const state = factsOf(world, target.host).units.get(unit)?.active ?? "inactive";
  const runs = state !== "inactive" && state !== "failed";
  if (situation.layers === 0 && !runs) return [];
  const busy = (situation.look?.users.length ?? 0) > 0;
  const away = takeAway(target, situation, options);
  // The process of a lazily unmounted file system serves its users until they end; then it ends by itself.
  if (busy && options.lazy && situation.look?.state !== "dead") return away;
  return [
    ...away,
    run(`Stop ${unit}`, ["systemctl", "stop", unit], { timeoutMs: 120_000 }),
    run("Forget failures", ["systemctl", "reset-failed", unit], { okCodes: [0, 1] }),
  ];
}

/** One umount for each layer. Never by the unit's stop alone: that would end the process under its users. */
export function takeAway(
  target: MountTarget,
  situation: Situation,
  options: { readonly lazy: boolean },
): readonly Action[] {
  const { host, path } = target;
  const busy = (situation.look?.users.length ?? 0) > 0;
  const lazy = situation.look?.state === "dead" || (options.lazy && busy);
  return Array.from({ length: situation.layers }, () =>
    run(
      lazy ? `Unmount ${path} lazily` : `Unmount ${path}`,
      lazy ? ["umount", "-l", path] : ["umount", path],
      {
        timeoutMs: 60_000,
        hint: `mfsctl client status ${host}:${path} shows who uses it`,
      },
    ),
  );
}
