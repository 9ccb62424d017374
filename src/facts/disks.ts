// The disks of chunkservers as they tell themselves, each asked through its own host on its data port.
// A chunkserver that does not answer is absent from the result: unknown is never empty. Spec: wire-admin.md 5.1.

import { MfsctlError } from "../errors.ts";
import type { CallOptions, Host, Hosts } from "../host/host.ts";
import type { Inventory } from "../inventory/schema.ts";
import { ports } from "../layout.ts";
import { WireClient } from "../wire/client.ts";
import { readDisks, type Disk } from "../wire/disks.ts";

/** Where a host's own chunkserver listens: the settings may bind it to one address or another port. */
export function dataEndpoint(
  inventory: Inventory,
  host: string,
): { readonly address: string; readonly port: number } {
  const settings = {
    ...inventory.settings.mfschunkserver,
    ...inventory.hosts[host]?.settings.mfschunkserver,
  };
  const address = String(settings["CSSERV_LISTEN_HOST"] ?? "*");
  return {
    address: address === "*" ? "127.0.0.1" : address,
    port: Number(settings["CSSERV_LISTEN_PORT"] ?? ports.data),
  };
}

/** Asks the chunkserver of one host. Throws `MfsctlError` when it does not answer. */
export async function askDisksOf(
  host: Host,
  inventory: Inventory,
  options: CallOptions,
): Promise<readonly Disk[]> {
  const stream = await host.connect(dataEndpoint(inventory, host.name), options);
  const client = new WireClient(stream, { name: host.name });
  try {
    return await readDisks(client);
  } finally {
    client.close();
  }
}

/** Asks several hosts at once; those that do not answer are left out. */
export async function askDisks(
  hosts: Hosts,
  inventory: Inventory,
  names: readonly string[],
  options: CallOptions,
): Promise<ReadonlyMap<string, readonly Disk[]>> {
  const found = new Map<string, readonly Disk[]>();
  await Promise.all(
    names.map(async (name) => {
      try {
        found.set(name, await askDisksOf(await hosts.host(name, options), inventory, options));
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!(error instanceof MfsctlError)) throw error;
      }
    }),
  );
  return found;
}
