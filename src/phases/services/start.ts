// Starting: what does not run is started, in the order of dependence; what runs is left alone. Field guide: "启停".

import { factsOf, type World } from "../../facts/world.ts";
import { stampFolder } from "../../layout.ts";
import { run, type Action } from "../../runner/actions.ts";
import type { Phase, Refusal } from "../../runner/phase.ts";
import { startChunkservers } from "../deploy/start-chunkservers.ts";
import { firstStartGates, startMaster, startMetaloggers, startMonitor } from "../deploy/start.ts";
import { allChosen, chosenServices, type Selection } from "./selection.ts";
import type { Role } from "../../inventory/schema.ts";

/** Read and removed by the start guard, once (templates/start-guard.ejs). */
const startAlone = `${stampFolder}/start-alone`;

/** The phases that start what was chosen, without the mounts (src/phases/client). */
export function startDaemons(
  selection: Selection,
  options: { readonly aloneBecause?: string | undefined } = {},
): readonly Phase[] {
  const master = whereStopped(startMaster, "master", selection);
  return [
    {
      ...master,
      gates: (world) => [...notDeployed(world, selection), ...masterGates(world, selection)],
      plan: (host, world) => [
        ...orderAlone(master.plan(host, world), options.aloneBecause),
        ...master.plan(host, world).map(hintAlone),
      ],
    },
    whereStopped(startMetaloggers, "metalogger", selection),
    whereStopped(startChunkservers, "chunkserver", selection),
    whereStopped(startMonitor, "monitor", selection),
  ];
}

/** Units of the chosen daemons that no deploy has made yet; mounts are judged where they are mounted. */
export function notDeployed(world: World, selection: Selection): readonly Refusal[] {
  const daemons = allChosen(world, selection).filter(({ role }) => role !== "client");
  return daemons.flatMap(({ host, unit }): readonly Refusal[] => {
    const found = world.facts.get(host)?.units.get(unit);
    if (!world.facts.has(host) || (found !== undefined && found.load !== "not-found")) return [];
    return [
      {
        host,
        message: `Cannot use ${unit}: it is not installed, expected a deployed cluster`,
        hint: "mfsctl deploy",
      },
    ];
  });
}

/** True where a chosen service of this role does not run. */
export function isStopped(world: World, host: string, unit: string): boolean {
  return factsOf(world, host).units.get(unit)?.active !== "active";
}

function whereStopped(phase: Phase, role: Role, selection: Selection): Phase {
  const { gates: _gates, ...rest } = phase;
  return {
    ...rest,
    hosts: (world) => chosenServices(world, selection, role).map(({ host }) => host),
    plan: (host, world) =>
      chosenServices(world, selection, role).some(
        (service) => service.host === host && isStopped(world, host, service.unit),
      )
        ? phase.plan(host, world)
        : [],
  };
}

function masterGates(world: World, selection: Selection): readonly Refusal[] {
  return chosenServices(world, selection, "master").length > 0 ? firstStartGates(world) : [];
}

/** The guard waits while no other metadata host answers; the operator's word ends that, once. */
function orderAlone(start: readonly Action[], because: string | undefined): readonly Action[] {
  if (because === undefined || start.length === 0) return [];
  return [
    run(`Create ${stampFolder}`, ["install", "-d", "-m", "0755", stampFolder]),
    {
      kind: "write",
      title: "Order the start without the other metadata hosts",
      path: startAlone,
      content: `${because}\n`,
      mode: 0o644,
      owner: "root",
      group: "root",
      present: undefined,
    },
  ];
}

function hintAlone(action: Action): Action {
  if (action.kind !== "run" || !action.title.startsWith("Start ")) return action;
  const others = "if the other metadata hosts are gone: mfsctl start --role master --alone REASON";
  return { ...action, hint: `${action.hint ?? ""}; ${others}` };
}
