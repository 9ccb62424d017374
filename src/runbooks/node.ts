// Removing a chunkserver: the field guide's nine steps. The wait between the two run-books needs no lock.

import { markDisks } from "../phases/disk/change.ts";
import {
  deleteEntries,
  dropRecord,
  everyDisk,
  forgetServer,
  pauseForHands,
  recordLeaving,
  stopForGood,
} from "../phases/disk/leaving.ts";
import type { Runbook } from "../runner/phase.ts";

/** Steps 1 and 2: marks all disks of a chunkserver. */
export function emptyNode(host: string): Runbook {
  return { name: "node remove", phases: [markDisks(everyDisk(host))] };
}

/** Steps 4 to 9, once it is empty. `gone`: the machine does not come back. */
export function removeNode(host: string, gone: boolean): Runbook {
  return {
    name: "node remove",
    phases: [
      recordLeaving(host),
      stopForGood(host),
      deleteEntries(host),
      pauseForHands(host, gone),
      forgetServer(host),
      dropRecord(host),
    ],
  };
}
