// Mounts of clients: `client mount` and `client umount`.

import { mountPhase, type MountOptions } from "../phases/client/mount.ts";
import type { MountTarget } from "../phases/client/situation.ts";
import { umountPhase, type UmountOptions } from "../phases/client/umount.ts";
import type { Runbook } from "../runner/phase.ts";

/** Mounts the targets. */
export function mountClients(targets: readonly MountTarget[], options: MountOptions): Runbook {
  return { name: "client mount", phases: [mountPhase(targets, options)] };
}

/** Unmounts the targets. */
export function umountClients(targets: readonly MountTarget[], options: UmountOptions): Runbook {
  return { name: "client umount", phases: [umountPhase(targets, options)] };
}
