// Looks at the world: every host in one round trip, the cluster through its master. Only reads.

import type { ClassName } from "../wire/goal.ts";
import { MfsctlError } from "../errors.ts";
import type { CallOptions, Host, Hosts } from "../host/host.ts";
import type { Inventory } from "../inventory/schema.ts";
import { metadataHosts, ports } from "../layout.ts";
import { WireClient } from "../wire/client.ts";
import { readClusterState, type ClusterState } from "../wire/cluster-state.ts";
import { openGoalSession } from "../wire/goal.ts";
import { askDisks } from "./disks.ts";
import { gatherHostFacts, type HostFacts } from "./host-facts.ts";
import { gatherMetadata } from "./metadata.ts";
import { hostQuestions } from "./questions.ts";
import { explainFailedBatch } from "./root.ts";
import { mastershipOf, type World } from "./world.ts";

export interface GatherOptions extends CallOptions {
  readonly now: () => number;
  /** Folders whose goals are wanted. */
  readonly goalsOf?: readonly string[];
  /** Hosts whose chunkservers are asked for their disks. */
  readonly disksOf?: readonly string[] | undefined;
  /** The metadata folders are looked into. */
  readonly metadata?: boolean | undefined;
  /** Hosts that were out of reach a moment ago: they are not tried again. */
  readonly lost?: ReadonlyMap<string, MfsctlError> | undefined;
}

/** Where a host's own master listens for clients: the settings may bind it to one address or another port. */
export function clientEndpoint(
  inventory: Inventory,
  host: string,
): { address: string; port: number } {
  const settings = {
    ...inventory.settings.mfsmaster,
    ...inventory.hosts[host]?.settings.mfsmaster,
  };
  const address = String(settings["MATOCL_LISTEN_HOST"] ?? "*");
  return {
    address: address === "*" ? "127.0.0.1" : address,
    port: Number(settings["MATOCL_LISTEN_PORT"] ?? ports.clients),
  };
}

/** Opens a wire connection to the master that runs on a host, through the host. */
export async function openMaster(
  host: Host,
  inventory: Inventory,
  options: CallOptions,
): Promise<WireClient> {
  const stream = await host.connect(clientEndpoint(inventory, host.name), options);
  return new WireClient(stream, { name: host.name });
}

/** Asks the master on a host for the cluster's state; undefined when it does not answer. */
export async function askCluster(
  hosts: Hosts,
  inventory: Inventory,
  master: string,
  options: CallOptions,
): Promise<ClusterState | undefined> {
  let client: WireClient | undefined;
  try {
    client = await openMaster(await hosts.host(master, options), inventory, options);
    return await readClusterState(client);
  } catch (error) {
    // A master that hangs is no more known than one that is gone.
    const unknown =
      error instanceof MfsctlError && ["unreachable", "timedOut"].includes(error.code);
    if (unknown) return undefined;
    throw error;
  } finally {
    client?.close();
  }
}

/**
 * Facts of some hosts, in parallel; those that cannot be reached are named with the reason. Both are in the order of the
 * names, whoever answers first, so that the same world is told in the same words.
 */
export async function gatherFacts(
  hosts: Hosts,
  inventory: Inventory,
  names: readonly string[],
  options: GatherOptions,
): Promise<{ facts: Map<string, HostFacts>; unreachable: Map<string, MfsctlError> }> {
  const answers = await Promise.all(
    names.map(async (name) => {
      try {
        const host = await hosts.host(name, options);
        return await askHost(host, inventory, options);
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!(error instanceof MfsctlError)) throw error;
        return error;
      }
    }),
  );
  const facts = new Map<string, HostFacts>();
  const unreachable = new Map<string, MfsctlError>();
  for (const [index, name] of names.entries()) {
    const answer = answers[index];
    if (answer instanceof MfsctlError) unreachable.set(name, answer);
    else if (answer !== undefined) facts.set(name, answer);
  }
  return { facts, unreachable };
}

async function askHost(
  host: Host,
  inventory: Inventory,
  options: GatherOptions,
): Promise<HostFacts> {
  try {
    return await gatherHostFacts(host, hostQuestions(inventory, host.name), options);
  } catch (error) {
    throw await explainFailedBatch(host, inventory, error, options);
  }
}

/** The whole world: all hosts of the inventory, then the cluster and the goals as the present master tells. */
export async function gatherWorld(
  hosts: Hosts,
  inventory: Inventory,
  options: GatherOptions,
): Promise<World> {
  const lost = options.lost ?? new Map<string, MfsctlError>();
  const names = Object.keys(inventory.hosts).filter((name) => !lost.has(name));
  const { facts, unreachable } = await gatherFacts(hosts, inventory, names, options);
  const mastership = mastershipOf(inventory, facts);
  const world: World = {
    inventory,
    facts,
    unreachable: new Map([...lost, ...unreachable]),
    cluster: undefined,
    goals: new Map(),
    mastership,
  };
  const known = await refreshMetadata(hosts, world, options);
  return await refreshCluster(hosts, known, options);
}

/** The same world with the metadata folders looked into anew, where the run wants to know them. */
export async function refreshMetadata(
  hosts: Hosts,
  world: World,
  options: GatherOptions,
): Promise<World> {
  if (options.metadata !== true) return world;
  const names = metadataHosts(world.inventory).filter((name) => world.facts.has(name));
  return { ...world, metadata: await gatherMetadata(hosts, world.inventory, names, options) };
}

/** The same world with the cluster asked anew. */
export async function refreshCluster(
  hosts: Hosts,
  world: World,
  options: GatherOptions,
): Promise<World> {
  const { facts, inventory } = world;
  const asked = await refreshMaster(hosts, world, options);
  if (options.disksOf === undefined) return asked;
  const names = options.disksOf.filter((name) => facts.has(name));
  return { ...asked, disks: await askDisks(hosts, inventory, names, options) };
}

async function refreshMaster(hosts: Hosts, world: World, options: GatherOptions): Promise<World> {
  const { inventory, mastership } = world;
  if (!world.facts.has(mastership.host)) return { ...world, cluster: undefined, goals: new Map() };
  const cluster = await askCluster(hosts, inventory, mastership.host, options);
  if (cluster === undefined || options.goalsOf === undefined || options.goalsOf.length === 0) {
    return { ...world, cluster, goals: new Map() };
  }
  const host = await hosts.host(mastership.host, options);
  return { ...world, cluster, goals: await readGoals(host, inventory, options) };
}

/** Goals of folders, each by itself: one that is not there, or a master that admits nobody, hides no other. */
async function readGoals(
  host: Host,
  inventory: Inventory,
  options: GatherOptions,
): Promise<ReadonlyMap<string, ClassName>> {
  const goals = new Map<string, ClassName>();
  const client = await openMaster(host, inventory, options);
  const session = await unlessRefused(() => openGoalSession(client));
  if (session === undefined) return goals;
  try {
    for (const path of options.goalsOf ?? []) {
      const use = await unlessRefused(() => session.get(path, false));
      const named = use === undefined ? undefined : [...use.files, ...use.directories][0]?.class;
      if (named !== undefined) goals.set(path, named);
    }
  } finally {
    await session.close();
  }
  return goals;
}

/** What the master refuses to tell is unknown; setting it says what is wrong. */
async function unlessRefused<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof MfsctlError && error.code === "refused") return undefined;
    throw error;
  }
}
