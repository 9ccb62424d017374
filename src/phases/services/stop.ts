// Stopping, against the order of dependence. A master stores its image before it ends, and that is waited for.

import { factsOf, type World } from "../../facts/world.ts";
import type { Role } from "../../inventory/schema.ts";
import { paths } from "../../layout.ts";
import { run, type Action } from "../../runner/actions.ts";
import type { Phase } from "../../runner/phase.ts";
import { chosenServices, type Selection } from "./selection.ts";

/** A large image takes minutes; the unit itself gives up after half an hour. */
const masterStopMs = 31 * 60_000;
const daemonStopMs = 6 * 60_000;

const titles = {
  monitor: "Stop the monitor",
  chunkserver: "Stop chunkservers",
  metalogger: "Stop metaloggers",
  master: "Stop the master",
} as const satisfies Partial<Record<Role, string>>;

/** The phases that stop the chosen daemons; mounts go before them (src/phases/client). */
export function stopDaemons(selection: Selection): readonly Phase[] {
  return (["monitor", "chunkserver", "metalogger", "master"] as const).map((role) => ({
    title: titles[role],
    hosts: (world) => chosenServices(world, selection, role).map(({ host }) => host),
    plan: (host, world) =>
      chosenServices(world, selection, role)
        .filter((service) => service.host === host)
        .flatMap(({ unit }) => stopUnit(world, { host, unit, role })),
  }));
}

function stopUnit(
  world: World,
  service: { readonly host: string; readonly unit: string; readonly role: Role },
): readonly Action[] {
  const { host, unit, role } = service;
  const state = factsOf(world, host).units.get(unit)?.active ?? "inactive";
  if (state === "inactive" || state === "failed") return [];
  const isMaster = role === "master";
  const stop = run(
    isMaster ? `Stop ${unit}; it stores its image first` : `Stop ${unit}`,
    ["systemctl", "stop", unit],
    {
      timeoutMs: isMaster ? masterStopMs : daemonStopMs,
      hint: `mfsctl logs --node ${host} shows why`,
    },
  );
  // A master that was still waiting in its start guard has stored nothing.
  return isMaster && state === "active" ? [stop, imageStored(world, host)] : [stop];
}

function imageStored(world: World, host: string): Action {
  return {
    kind: "wait",
    title: "See the stored image",
    probe: {
      probe: "command",
      command: { argv: ["test", "-s", `${paths(world.inventory).data}/metadata.mfs`] },
      what: "metadata.mfs is stored",
    },
    timeoutSeconds: 10,
    hint: `mfsctl failover --to ${host} --dry-run shows what the disk holds`,
  };
}
