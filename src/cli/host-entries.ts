// From the inventory to connections: the common \`ssh\` settings, overridden by each host's own.

import type { HostEntry } from "../host/pool.ts";
import type { Inventory } from "../inventory/schema.ts";

/** One connection entry for each host of the inventory. */
export function hostEntries(inventory: Inventory): readonly HostEntry[] {
  return Object.values(inventory.hosts).map((host): HostEntry => {
    const { host_key: hostKey, ...own } = host.ssh;
    const ssh = { ...inventory.ssh, ...own };
    return {
      name: host.name,
      address: host.address,
      connection: host.connection,
      user: ssh.user,
      port: ssh.port,
      identityFile: ssh.identity_file,
      knownHosts: inventory.ssh.known_hosts,
      jump: ssh.jump,
      hostKeys: hostKey === undefined ? undefined : [hostKey],
      sudo: host.connection === "ssh" ? ssh.user !== "root" : process.getuid?.() !== 0,
    };
  });
}
