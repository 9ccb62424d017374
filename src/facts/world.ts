// Everything a plan may know: the inventory, the facts of each host, the cluster as the wire shows it, and who is master.
// A host or a cluster that could not be asked is absent here, and phases treat absence as "unknown", never as healthy.

import type { ClassName } from "../wire/goal.ts";
import type { Inventory } from "../inventory/schema.ts";
import type { MfsctlError } from "../errors.ts";
import type { ClusterState } from "../wire/cluster-state.ts";
import type { Disk } from "../wire/disks.ts";
import type { HostFacts } from "./host-facts.ts";
import type { MetadataFacts } from "./metadata.ts";
import { hostsWith, masterFile, metadataHosts } from "../layout.ts";

export interface World {
  readonly inventory: Inventory;
  readonly facts: ReadonlyMap<string, HostFacts>;
  /** Hosts that could not be asked, and why. */
  readonly unreachable: ReadonlyMap<string, MfsctlError>;
  /** The cluster as its master tells; undefined when the master did not answer or was not asked. */
  readonly cluster: ClusterState | undefined;
  /** What the folders that the inventory names have, a goal or a named storage class; an unknown folder is absent. */
  readonly goals: ReadonlyMap<string, ClassName>;
  readonly mastership: Mastership;
  /** What the metadata hosts hold; only failover asks. A host that could not be asked is absent. */
  readonly metadata?: ReadonlyMap<string, MetadataFacts>;
  /** Token of the lease that the run holds; absent before the lock and in dry runs. */
  readonly leaseToken?: number;
  /** Disks as the chunkservers of these hosts tell; a host that was not asked or did not answer is absent. */
  readonly disks?: ReadonlyMap<string, readonly Disk[]>;
}

/** Who is master, since which token; `recorded` is false before the first deploy. */
export interface Mastership {
  readonly host: string;
  readonly token: number;
  readonly recorded: boolean;
}

/** Parses a master file, `TOKEN HOST`; undefined when it holds anything else. */
export function parseMasterFile(content: string): { token: number; host: string } | undefined {
  const match = /^(\d{1,15}) ([A-Za-z0-9][A-Za-z0-9.-]*)\n?$/.exec(content);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { token: Number(match[1]), host: match[2] };
}

/** The record with the highest token among the metadata hosts that answered; the inventory's master before any record. */
export function mastershipOf(
  inventory: Inventory,
  facts: ReadonlyMap<string, HostFacts>,
): Mastership {
  let best: Mastership | undefined;
  for (const name of metadataHosts(inventory)) {
    const content = facts.get(name)?.paths.get(masterFile)?.content;
    const record = content === undefined ? undefined : parseMasterFile(content);
    if (record === undefined) continue; // identity.ts refuses changes while a record is in doubt
    if (best === undefined || record.token > best.token) best = { ...record, recorded: true };
  }
  return best ?? { host: hostsWith(inventory, "master")[0] ?? "", token: 0, recorded: false };
}

/** Metadata hosts that are not the present master: they run metaloggers, whatever the inventory's roles say. */
export function metaloggerHosts(world: World): readonly string[] {
  return metadataHosts(world.inventory).filter((name) => name !== world.mastership.host);
}

/** The facts of a host that must have been gathered. */
export function factsOf(world: World, host: string): HostFacts {
  const facts = world.facts.get(host);
  if (facts === undefined) throw new Error(`no facts of "${host}"`);
  return facts;
}
