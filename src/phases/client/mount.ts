// Mounting: the mount point, the unit, and proof from the master. "Already mounted" and "Transport endpoint is not
// connected" are repaired as the field guide does it: unmount, then mount again.

import type { MountLooks } from "../../facts/mounts.ts";
import { factsOf, type World } from "../../facts/world.ts";
import { mountUnit } from "../../layout.ts";
import { run, type Action } from "../../runner/actions.ts";
import type { Phase, Refusal } from "../../runner/phase.ts";
import { folder } from "../deploy/prepare.ts";
import { answers } from "../services/answers.ts";
import {
  busyRefusals,
  foreignRefusals,
  situationOf,
  type MountTarget,
  type Situation,
} from "./situation.ts";
import { takeAway } from "./umount.ts";

const mountSeconds = 60;

export interface MountOptions {
  readonly looks: MountLooks;
  /** Take a busy mount away all the same, where one made by hand stands in the way. */
  readonly lazy?: boolean;
  /** An earlier phase of the same run takes the mounts away: they count as gone, also in a dry run. */
  readonly again?: boolean;
}

const gone = { layers: 0, isMoose: false, unitRuns: false, unitState: "inactive", look: undefined };

/** Mounts what is not mounted, and replaces what is dead or was mounted by hand. */
export function mountPhase(targets: readonly MountTarget[], options: MountOptions): Phase {
  return {
    title: "Mount clients",
    hosts: () => [...new Set(targets.map(({ host }) => host))],
    gates: (world) => targets.flatMap((target) => gatesOf(world, target, options)),
    plan: (host, world) =>
      targets
        .filter((target) => target.host === host)
        .flatMap((target) => mountActions(world, target, options)),
  };
}

function gatesOf(world: World, target: MountTarget, options: MountOptions): readonly Refusal[] {
  if (!world.facts.has(target.host)) return [];
  const unit = factsOf(world, target.host).units.get(mountUnit(target.path));
  if (unit === undefined || unit.load === "not-found") {
    return [
      {
        host: target.host,
        message: `Cannot mount "${target.path}": its unit is not installed, expected a deployed client`,
        hint: "mfsctl deploy",
      },
    ];
  }
  const situation = situationOf(world, target, options.looks);
  const hint = `let them end, or: mfsctl client mount ${target.host}:${target.path} --lazy`;
  const foreign = foreignRefusals(target, situation);
  if (foreign.length > 0 || !isInTheWay(situation) || options.lazy === true) return foreign;
  return situation.look?.state === "dead" ? [] : busyRefusals(target, situation, hint);
}

/** Mounted, but not by a running unit of ours: dead, or made by hand. */
function isInTheWay({ layers, unitRuns, look }: Situation): boolean {
  return layers > 0 && (!unitRuns || look?.state === "dead");
}

function mountActions(world: World, target: MountTarget, options: MountOptions): readonly Action[] {
  const { host, path } = target;
  const unit = mountUnit(path);
  const situation = options.again === true ? gone : situationOf(world, target, options.looks);
  const inTheWay = isInTheWay(situation);
  if (situation.unitRuns && situation.layers > 0 && !inTheWay) return enable(world, host, unit);
  const { user, group } = world.inventory;
  const point =
    options.again === true || situation.layers > 0 || factsOf(world, host).paths.has(path)
      ? []
      : folder(world, host, path, { mode: 0o755, owner: user, group });
  // A unit that runs without its mount is what a lazy unmount left behind; only a restart mounts again.
  const verb = situation.unitRuns ? "restart" : "start";
  return [
    ...(inTheWay ? takeAway(target, situation, { lazy: true }) : []),
    ...point,
    ...enable(world, host, unit),
    run("Forget failures", ["systemctl", "reset-failed", unit], { okCodes: [0, 1] }),
    run(`Mount ${path}`, ["systemctl", verb, unit], {
      timeoutMs: 120_000,
      hint: `mfsctl logs --role client --node ${host} shows why`,
    }),
    {
      kind: "wait",
      title: `Wait for ${path}`,
      probe: {
        probe: "command",
        command: { argv: ["mountpoint", "-q", path] },
        what: `${path} is mounted`,
      },
      timeoutSeconds: mountSeconds,
      hint: `mfsctl logs --role client --node ${host} shows why`,
    },
    answers(world, { host, role: "client", unit, mountPath: path }),
  ];
}

function enable(world: World, host: string, unit: string): readonly Action[] {
  return factsOf(world, host).units.get(unit)?.file === "enabled"
    ? []
    : [run(`Enable ${unit}`, ["systemctl", "enable", unit])];
}
