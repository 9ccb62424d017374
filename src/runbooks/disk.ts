// The run-books of a disk's life: marked, taken out when it is safe, unmarked, added. None of them waits for a drain:
// that needs no lock (disk-wait.ts). Field guide: "移除磁盘".

import {
  addDisks,
  markDisks,
  prepareNewDisks,
  takeOutDisks,
  theDisks,
  unmarkDisks,
} from "../phases/disk/change.ts";
import type { DiskTarget } from "../phases/disk/servers.ts";
import type { Runbook } from "../runner/phase.ts";

/** Marks disks; the cluster then makes their copies elsewhere by itself. */
export function markForRemoval(target: DiskTarget): Runbook {
  return { name: "disk remove", phases: [markDisks(theDisks(target))] };
}

/** Takes disks out that are safe: judged again under the lock. */
export function finalizeRemoval(target: DiskTarget): Runbook {
  return { name: "disk remove", phases: [takeOutDisks(theDisks(target))] };
}

/** Takes the mark back: the disks stay. */
export function cancelRemoval(target: DiskTarget): Runbook {
  return { name: "disk cancel", phases: [unmarkDisks(theDisks(target))] };
}

/** Puts disks of the inventory into service. */
export function addToService(target: DiskTarget): Runbook {
  return {
    name: "disk add",
    phases: [prepareNewDisks(theDisks(target)), addDisks(theDisks(target))],
  };
}
