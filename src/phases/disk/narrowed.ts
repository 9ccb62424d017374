// A world in which a host has only the disks in question, for phases that plan for all disks of a host.

import type { World } from "../../facts/world.ts";
import type { DiskTarget } from "./servers.ts";

export function narrowed(world: World, target: DiskTarget): World {
  const host = world.inventory.hosts[target.host];
  if (host === undefined) return world;
  const disks = host.disks.filter((disk) => target.paths.includes(disk.path));
  const hosts = { ...world.inventory.hosts, [target.host]: { ...host, disks } };
  return { ...world, inventory: { ...world.inventory, hosts } };
}
