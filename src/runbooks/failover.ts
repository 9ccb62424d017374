// Failover: the field guide's "master的主备切换", as one list. Spec: metalogger.md 5 and 6.

import { startMetaloggers } from "../phases/deploy/start.ts";
import { assembleMetadata } from "../phases/failover/assemble.ts";
import { fenceOldMaster, stopMetaloggers } from "../phases/failover/fence.ts";
import {
  waitForChunks,
  waitForChunkservers,
  waitForClients,
  waitForFirstWrite,
} from "../phases/failover/follow.ts";
import { moveTheName, recordNewMaster, startNewMaster } from "../phases/failover/promote.ts";
import { retireOldMasters } from "../phases/failover/retire.ts";
import { promoted, type FailoverOptions } from "../phases/failover/stage.ts";
import type { Phase, Runbook } from "../runner/phase.ts";

/** Makes the target the master, whatever became of the old one. Each phase decides from what the hosts hold. */
export function failover(options: FailoverOptions): Runbook {
  const after = (phase: Phase): Phase => asPromoted(phase, options.target);
  return {
    name: "failover",
    phases: [
      fenceOldMaster(options),
      stopMetaloggers(options),
      assembleMetadata(options),
      recordNewMaster(options),
      startNewMaster(options),
      moveTheName(options),
      after(waitForFirstWrite),
      after(retireOldMasters),
      after(startMetaloggers),
      after(waitForChunkservers),
      after(waitForChunks),
      after(waitForClients),
    ],
  };
}

/** A phase that plans as if the target were the master already: a dry run then shows what will be. */
function asPromoted(phase: Phase, target: string): Phase {
  return {
    ...phase,
    hosts: (world) => phase.hosts(promoted(world, target)),
    plan: (host, world) => phase.plan(host, promoted(world, target)),
  };
}
