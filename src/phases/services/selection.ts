// Which services a command means: the services of each host as they are now (who is master comes from the cluster's
// record, not from the inventory), and the choice of them by role and host.

import type { World } from "../../facts/world.ts";
import type { Role } from "../../inventory/schema.ts";
import { mountUnit, unitOf, type Daemon } from "../../layout.ts";
import { daemonsOn } from "../managed-files.ts";

/** What was chosen; no roles means all. */
export interface Selection {
  readonly hosts: ReadonlySet<string>;
  readonly roles: ReadonlySet<Role> | undefined;
}

/** One unit of a host that serves the cluster. */
export interface Service {
  readonly host: string;
  readonly role: Role;
  readonly unit: string;
  /** Of a client's mount. */
  readonly mountPath?: string;
}

/** Each depends on those before it; stopping goes the other way. */
export const startOrder = [
  "master",
  "metalogger",
  "chunkserver",
  "monitor",
  "client",
] as const satisfies readonly Role[];

const roleOf: Readonly<Record<Daemon, Role>> = {
  master: "master",
  metalogger: "metalogger",
  chunkserver: "chunkserver",
  cgiserv: "monitor",
};

/** Everything that should run on a host. */
export function servicesOf(world: World, host: string): readonly Service[] {
  return [
    ...daemonsOn(world, host).map((daemon) => ({
      host,
      role: roleOf[daemon],
      unit: unitOf(daemon),
    })),
    ...(world.inventory.hosts[host]?.mounts ?? []).map(({ path }) => ({
      host,
      role: "client" as const,
      unit: mountUnit(path),
      mountPath: path,
    })),
  ];
}

/** The chosen services of one role, by host in inventory order. */
export function chosenServices(world: World, selection: Selection, role: Role): readonly Service[] {
  if (selection.roles !== undefined && !selection.roles.has(role)) return [];
  return Object.keys(world.inventory.hosts)
    .filter((host) => selection.hosts.has(host))
    .flatMap((host) => servicesOf(world, host).filter((service) => service.role === role));
}

/** All chosen services, in the order of starting. */
export function allChosen(world: World, selection: Selection): readonly Service[] {
  return startOrder.flatMap((role) => chosenServices(world, selection, role));
}
