// Deploy: the field guide's "部署", as one list.

import { checkBeforeDeploy } from "../checks/before-deploy.ts";
import {
  claimHosts,
  droppedDisks,
  editedFiles,
  nameTheMaster,
  openWitness,
  prepareDisks,
  recordMastership,
  writeConfiguration,
} from "../phases/deploy/configure.ts";
import {
  createFolders,
  createUser,
  installEverything,
  loadFuse,
} from "../phases/deploy/prepare.ts";
import { restartChunkservers, startChunkservers } from "../phases/deploy/start-chunkservers.ts";
import {
  firstMetadata,
  mountClients,
  setGoals,
  startMaster,
  startMetaloggers,
  startMonitor,
} from "../phases/deploy/start.ts";
import { retireOldMasters } from "../phases/failover/retire.ts";
import { verifyLimits } from "../phases/deploy/verify.ts";
import { hostsWith } from "../layout.ts";
import type { Runbook } from "../runner/phase.ts";
import type { RunContext } from "../runner/plan.ts";

export interface DeployOptions {
  /** Files that were edited by hand and may be replaced all the same. */
  readonly overwrite: ReadonlySet<string>;
  /** Names of checks whose failure is accepted. */
  readonly ignoredChecks: ReadonlySet<string>;
}

/** The context of a deploy: it looks at the disks that each chunkserver says it uses. */
export function deployContext(context: RunContext): RunContext {
  return { ...context, disksOf: hostsWith(context.inventory, "chunkserver") };
}

/** Converges every host to the inventory; a second run changes nothing. */
export function deploy(options: DeployOptions): Runbook {
  return {
    name: "deploy",
    phases: [
      checkBeforeDeploy(options.ignoredChecks),
      claimHosts,
      installEverything,
      createUser,
      loadFuse,
      createFolders,
      nameTheMaster,
      {
        ...writeConfiguration,
        gates: (world) => [
          ...editedFiles(world, options.overwrite),
          ...droppedDisks(world, options.overwrite),
        ],
      },
      prepareDisks,
      recordMastership,
      retireOldMasters,
      openWitness,
      firstMetadata,
      startMaster,
      startMetaloggers,
      startChunkservers,
      restartChunkservers,
      startMonitor,
      mountClients,
      setGoals,
      verifyLimits,
    ],
  };
}
