// Destroy: the way back from deploy. Data stays unless it is asked for by name.

import { umountPhase } from "../phases/client/umount.ts";
import { removeChunks, removeMetadata } from "../phases/destroy/remove-data.ts";
import { disableUnits, removeFiles } from "../phases/destroy/remove-files.ts";
import type { Selection } from "../phases/services/selection.ts";
import { stopDaemons } from "../phases/services/stop.ts";
import type { Runbook } from "../runner/phase.ts";
import type { ChosenMounts } from "./services.ts";

/** Takes the cluster off its hosts. */
export function destroy(
  everything: Selection,
  mounts: ChosenMounts,
  options: { readonly removeData: boolean },
): Runbook {
  return {
    name: "destroy",
    phases: [
      umountPhase(mounts.targets, { looks: mounts.looks, lazy: false }),
      ...stopDaemons(everything),
      disableUnits,
      ...(options.removeData ? [removeChunks] : []),
      removeFiles,
      ...(options.removeData ? [removeMetadata] : []),
    ],
  };
}
