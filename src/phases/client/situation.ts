// Where a mount stands, from the host's facts and from a look at it. Field guide: "client挂载网络文件系统" and "问题".

import { describeUsers, type MountLook, type MountLooks } from "../../facts/mounts.ts";
import { factsOf, type World } from "../../facts/world.ts";
import { mountUnit } from "../../layout.ts";
import type { Refusal } from "../../runner/phase.ts";
import { isMooseMount } from "../mounts.ts";

/** One mount that the inventory names. */
export interface MountTarget {
  readonly host: string;
  readonly path: string;
}

export interface Situation {
  /** How many file systems are mounted at the path, one over the other. */
  readonly layers: number;
  /** The topmost one is MooseFS. */
  readonly isMoose: boolean;
  /** The unit's own process runs. */
  readonly unitRuns: boolean;
  readonly unitState: string;
  readonly look: MountLook | undefined;
}

/** How a mount stands now. */
export function situationOf(world: World, target: MountTarget, looks: MountLooks): Situation {
  const facts = factsOf(world, target.host);
  const layers = facts.mounts.filter(({ path }) => path === target.path);
  const top = layers.at(-1);
  const unit = facts.units.get(mountUnit(target.path));
  return {
    layers: layers.length,
    isMoose: top !== undefined && isMooseMount(top),
    unitRuns: unit?.active === "active",
    unitState: unit?.active ?? "inactive",
    look: looks.get(target.host)?.get(target.path),
  };
}

/** Why a busy mount is not taken away; empty where nobody uses it. */
export function busyRefusals(
  target: MountTarget,
  situation: Situation,
  hint: string,
): readonly Refusal[] {
  const users = describeUsers(situation.look?.users ?? []);
  if (situation.layers === 0 || users.length === 0) return [];
  const shown = users.slice(0, 10).join("; ");
  const more = users.length > 10 ? ` and ${users.length - 10} more` : "";
  return [
    {
      host: target.host,
      message: `Cannot unmount "${target.path}": it is used by ${shown}${more}, expected nobody`,
      hint,
    },
  ];
}

/** Something else than MooseFS is mounted at the path: it is not ours to touch. */
export function foreignRefusals(target: MountTarget, situation: Situation): readonly Refusal[] {
  if (situation.layers === 0 || situation.isMoose) return [];
  return [
    {
      host: target.host,
      message: `Cannot use "${target.path}": another file system is mounted there, expected MooseFS or nothing`,
      hint: `on ${target.host}: umount ${target.path}, or another path in the inventory`,
    },
  ];
}
