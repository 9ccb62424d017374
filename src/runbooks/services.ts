// Start, stop, restart and reload: the order of dependence, or the way back. Field guide: "启停".

import type { MountLooks } from "../facts/mounts.ts";
import { mountPhase } from "../phases/client/mount.ts";
import type { MountTarget } from "../phases/client/situation.ts";
import { umountPhase } from "../phases/client/umount.ts";
import { reloadPhases } from "../phases/services/reload.ts";
import { restartDaemons } from "../phases/services/restart.ts";
import type { Selection } from "../phases/services/selection.ts";
import { startDaemons } from "../phases/services/start.ts";
import { stopDaemons } from "../phases/services/stop.ts";
import type { Runbook } from "../runner/phase.ts";

/** The mounts among what was chosen, looked at. */
export interface ChosenMounts {
  readonly targets: readonly MountTarget[];
  readonly looks: MountLooks;
}

/** Starts what does not run. */
export function startServices(
  selection: Selection,
  mounts: ChosenMounts,
  options: { readonly aloneBecause?: string | undefined },
): Runbook {
  return {
    name: "start",
    phases: [...startDaemons(selection, options), mountPhase(mounts.targets, mounts)],
  };
}

/** Stops what runs, mounts first. */
export function stopServices(selection: Selection, mounts: ChosenMounts): Runbook {
  return {
    name: "stop",
    phases: [
      umountPhase(mounts.targets, { looks: mounts.looks, lazy: false }),
      ...stopDaemons(selection),
    ],
  };
}

/** Restarts everything that was chosen: mounts are taken away first, or the run is refused where one is busy. */
export function restartServices(
  selection: Selection,
  mounts: ChosenMounts,
  options: { readonly sinceMs?: number | undefined },
): Runbook {
  return {
    name: "restart",
    phases: [
      umountPhase(mounts.targets, { looks: mounts.looks, lazy: false }),
      ...restartDaemons(selection, options),
      {
        ...mountPhase(mounts.targets, { looks: mounts.looks, again: true }),
        title: "Mount clients again",
      },
    ],
  };
}

/** Lets daemons read their files again. */
export function reloadServices(
  selection: Selection,
  options: { readonly sinceMs?: number | undefined },
): Runbook {
  return { name: "reload", phases: reloadPhases(selection, options) };
}
