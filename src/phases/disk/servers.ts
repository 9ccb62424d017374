// Which chunkserver of the master's list runs on which host, and what each host's mfshdd.cfg names.
// What cannot be told is undefined, and nobody takes that for "no".

import { parseDisks, type Disk as ConfiguredDisk } from "../../../daemons/config/hdd.ts";
import type { World } from "../../facts/world.ts";
import type { Inventory } from "../../inventory/schema.ts";
import { hostsWith, paths } from "../../layout.ts";
import type { Chunkserver } from "../../wire/cluster-state.ts";

/** Disks of one chunkserver: one, or all of a host that is to leave. */
export interface DiskTarget {
  readonly host: string;
  readonly paths: readonly string[];
}

/** `cm03:/mnt/hdd`, as users write it. */
export function targetText({ host, paths }: DiskTarget): string {
  return paths.map((path) => `${host}:${path}`).join(" ");
}

/** Hosts whose role is chunkserver, in inventory order. */
export function chunkserverHosts(inventory: Inventory): readonly string[] {
  return hostsWith(inventory, "chunkserver");
}

/** The addresses by which the master may know a host. */
export function addressesOf(world: World, host: string): readonly string[] {
  const own = world.facts.get(host)?.addresses ?? [];
  const named = world.inventory.hosts[host]?.address;
  return named === undefined ? own : [...own, named];
}

/** The master's entry of a host's chunkserver; a connected one wins over a forgotten address. */
export function serverOf(world: World, host: string): Chunkserver | undefined {
  const addresses = addressesOf(world, host);
  const found = (world.cluster?.chunkservers ?? []).filter(({ ip }) => addresses.includes(ip));
  return found.find(({ connected }) => connected) ?? found[0];
}

/** What a host's mfshdd.cfg names; undefined when the host was not asked or has no such file. */
export function configuredDisks(world: World, host: string): readonly ConfiguredDisk[] | undefined {
  const content = diskFile(world, host);
  return content === undefined ? undefined : parseDisks(content).disks;
}

/** The text of a host's mfshdd.cfg. */
export function diskFile(world: World, host: string): string | undefined {
  return world.facts.get(host)?.paths.get(paths(world.inventory).disks)?.content;
}

/** How many chunkservers may hold copies: those with a disk in their file, and those that nobody could ask. */
export function holdersCount(world: World): number {
  const hosts = chunkserverHosts(world.inventory);
  const holding = hosts.filter((host) => configuredDisks(world, host)?.length !== 0);
  return holding.length + strangers(world).length;
}

/** Chunkservers in the master's list that no host of the inventory accounts for. */
export function strangers(world: World): readonly Chunkserver[] {
  const known = new Set(
    chunkserverHosts(world.inventory).flatMap((host) => addressesOf(world, host)),
  );
  return (world.cluster?.chunkservers ?? []).filter(({ ip }) => !known.has(ip));
}

/** Why not every chunkserver, but one excepted, is known to serve; empty when all do. */
export function disconnected(world: World, except?: string): readonly string[] {
  const { cluster } = world;
  if (cluster === undefined) return ["the master does not answer"];
  const own = chunkserverHosts(world.inventory).flatMap((host) => {
    if (host === except) return [];
    if (configuredDisks(world, host)?.length === 0) return [];
    const lost = world.unreachable.get(host);
    const why = lost === undefined ? "" : ` (${lost.message})`;
    if (serverOf(world, host)?.connected !== true) {
      return [`the chunkserver of ${host} is not connected to the master${why}`];
    }
    // A master notices a lost machine late: until then it counts copies that nobody can read.
    if (world.disks?.has(host) === true) return [];
    return [`the chunkserver of ${host} does not answer${why}`];
  });
  const others = strangers(world).flatMap(({ ip, port, connected }) =>
    connected ? [] : [`the chunkserver ${ip}:${port}, not in the inventory, is disconnected`],
  );
  return [...own, ...others];
}
