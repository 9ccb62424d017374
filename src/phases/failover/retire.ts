// What a host that is not the master any more must not keep: a master's unit that could start, and metadata of an
// older history that could be taken for fresh. Deploy and failover share these phases.

import { factsOf, metaloggerHosts, type World } from "../../facts/world.ts";
import { eraFile, unitOf } from "../../layout.ts";
import { run, type Action } from "../../runner/actions.ts";
import type { Phase } from "../../runner/phase.ts";
import { retireUnit, setMetadataAside } from "../../shell/metadata.ts";
import { eraOf } from "./candidates.ts";
import { failoverFolders } from "./stage.ts";

const graceSeconds = 300;

/** The actions for one host that follows the master of this world; empty when there is nothing old. */
export function retireActions(world: World, host: string): readonly Action[] {
  const { units, paths: found } = factsOf(world, host);
  const { inventory, mastership } = world;
  const master = units.get(unitOf("master"));
  const up = master !== undefined && !["inactive", "failed"].includes(master.active);
  const actions: Action[] = [];
  if (master?.load === "loaded" && (up || master.file === "enabled")) {
    actions.push({
      kind: "run",
      title: `Stop and disable the master on ${host}`,
      command: retireUnit(unitOf("master"), graceSeconds),
    });
  }
  if (!mastership.recorded || eraOf(world, host) >= mastership.token) return actions;
  const metalogger = unitOf("metalogger");
  const { data, aside } = failoverFolders(world);
  if (units.get(metalogger)?.active === "active") {
    actions.push(run(`Stop ${metalogger}`, ["systemctl", "stop", metalogger]));
  }
  return [
    ...actions,
    {
      kind: "run",
      title: "Set metadata of an older history aside",
      command: setMetadataAside({
        data,
        aside: aside(mastership.token),
        owner: `${inventory.user}:${inventory.group}`,
      }),
    },
    {
      kind: "write",
      title: "Name the history that follows",
      path: eraFile,
      content: `${mastership.token}\n`,
      mode: 0o644,
      owner: "root",
      group: "root",
      present: found.get(eraFile)?.content,
    },
  ];
}

/** Hosts that were master, or missed a failover, become plain metaloggers. */
export const retireOldMasters: Phase = {
  title: "Retire old masters",
  hosts: metaloggerHosts,
  plan: (host, world) => retireActions(world, host),
};
