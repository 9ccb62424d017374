// First of all the old master is made silent: stopped and disabled where it can be reached, fenced where it cannot.
// Nothing that follows could be undone if two masters served.

import type { World } from "../../facts/world.ts";
import { metadataHosts, ports, unitOf } from "../../layout.ts";
import { run, type Action } from "../../runner/actions.ts";
import type { Phase } from "../../runner/phase.ts";
import { portsClosed, retireUnit } from "../../shell/metadata.ts";
import { gatesAhead, unreachableMaster } from "./gates.ts";
import { stageOf, type FailoverOptions } from "./stage.ts";

/** A clean stop stores the image; a large one takes minutes, and killing it throws the proof of no loss away. */
const plannedGraceSeconds = 1800;
const graceSeconds = 300;
const fenceSeconds = 120;
const silenceSeconds = 60;

/** `address:port` of everything a master on this host listens on. */
function masterEndpoints(world: World, host: string): readonly string[] {
  const { inventory } = world;
  const settings = {
    ...inventory.settings.mfsmaster,
    ...inventory.hosts[host]?.settings.mfsmaster,
  };
  const address = inventory.hosts[host]?.address ?? "";
  const rows = [
    ["MATOML_LISTEN_PORT", ports.metaloggers],
    ["MATOCS_LISTEN_PORT", ports.chunkservers],
    ["MATOCL_LISTEN_PORT", ports.clients],
  ] as const;
  return rows.map(([key, standard]) => `${address}:${settings[key] ?? standard}`);
}

/** The line of the inventory's fence_command for a host: %h its name, %a its address, %% a percent sign. */
export function fenceLine(template: string, host: { name: string; address: string }): string {
  return template.replaceAll(/%([ha%])/g, (_, letter: string) =>
    letter === "h" ? host.name : letter === "a" ? host.address : "%",
  );
}

function stopActions(world: World, host: string, options: FailoverOptions): readonly Action[] {
  const unit = unitOf("master");
  const state = world.facts.get(host)?.units.get(unit);
  const quiet = state?.active === "inactive" || state?.active === "failed";
  if (quiet && state.file !== "enabled") return [];
  const seconds = options.planned ? plannedGraceSeconds : graceSeconds;
  return [
    {
      kind: "run",
      title: `Stop and disable the master on ${host}`,
      command: retireUnit(unit, seconds),
      hint: `mfsctl logs --node ${host} shows why; then: ${options.retype("")}`,
    },
  ];
}

function fenceActions(world: World, lost: string): readonly Action[] {
  const { failover, hosts } = world.inventory;
  if (failover.fence_command === undefined) return [];
  const address = hosts[lost]?.address ?? "";
  return [
    {
      kind: "fence",
      title: `Fence ${lost}`,
      line: fenceLine(failover.fence_command, { name: lost, address }),
      timeoutSeconds: fenceSeconds,
    },
  ];
}

function silenceAction(world: World, old: string, options: FailoverOptions): Action {
  return {
    kind: "wait",
    title: `See that ${old} is silent`,
    probe: {
      probe: "command",
      command: portsClosed(masterEndpoints(world, old)),
      what: `no port of a master answers on ${old}`,
    },
    timeoutSeconds: silenceSeconds,
    code: "refused",
    hint: `power ${old} off, then: ${options.retype("")}`,
  };
}

/** The old master is silent before anything else happens; the target looks for itself. */
export function fenceOldMaster(options: FailoverOptions): Phase {
  const { target } = options;
  return {
    title: "Fence the old master",
    batch: 1,
    needs: ["cluster", "metadata"],
    gates: (world) => gatesAhead(world, options),
    hosts: (world) => [...new Set([world.mastership.host, target])],
    plan: (host, world) => {
      const old = world.mastership.host;
      if (old === target || stageOf(world, target).at === "serve") return [];
      if (host === old) return stopActions(world, old, options);
      const lost = unreachableMaster(world, target);
      const fence = lost === undefined ? [] : fenceActions(world, lost);
      return [...fence, silenceAction(world, old, options)];
    },
  };
}

/** No line may arrive while the candidates are judged, and buffered ones must be on disk. */
export function stopMetaloggers({ target }: FailoverOptions): Phase {
  const master = unitOf("master");
  const metalogger = unitOf("metalogger");
  return {
    title: "Stop metaloggers",
    hosts: (world) => metadataHosts(world.inventory),
    plan: (host, world) => {
      if (stageOf(world, target).at !== "assemble") return [];
      const units = world.facts.get(host)?.units;
      const active = units?.get(metalogger)?.active;
      const stop = active === "inactive" || active === "failed" ? [] : [metalogger];
      // A start guard of the target that still waits must not start it from older files.
      if (host === target && units?.get(master)?.active === "activating") stop.push(master);
      return stop.map((unit) => run(`Stop ${unit}`, ["systemctl", "stop", unit]));
    },
  };
}
