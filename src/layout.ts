// Where things lie on a host, and what they are called. One place for every path, unit, port and package name.

import type { Inventory, Role } from "./inventory/schema.ts";

/** Daemons that run under mfsctl's own units. */
export type Daemon = "master" | "metalogger" | "chunkserver" | "cgiserv";

/** mfsctl's own folder on each host: lease, token, who is master, journal mirrors. */
export const stateFolder = "/var/lib/mfsctl";
/** Stamps of what the running daemons have read; gone after a boot, as the daemons are. */
export const stampFolder = "/run/mfsctl";
/** `TOKEN HOST`: which host is the cluster's master since which token. */
export const masterFile = `${stateFolder}/master`;
/** A token: since this failover the host's metadata files are of the present history; older ones are not believed. */
export const eraFile = `${stateFolder}/metadata-era`;
/** The token of the last failover after which this client has written. */
export const firstWriteFile = `${stateFolder}/first-write`;
/** Disks that were taken out, one path a line, on each chunkserver's host. */
export const removedDisksFile = `${stateFolder}/removed-disks`;
/** Chunkservers that were seen empty and are leaving, on the metadata hosts. */
export const removedNodesFile = `${stateFolder}/leaving-nodes`;
/** Another text after each boot. */
export const bootIdFile = "/proc/sys/kernel/random/boot_id";
/** Whose host this is: cluster, prefix and user; written by the first deploy, never changed under a living cluster. */
export const clusterFile = `${stateFolder}/cluster`;
/** Serves `masterFile` to the start guard of other metadata hosts. */
export const witnessPort = 9428;

export const ports = {
  metaloggers: 9419,
  chunkservers: 9420,
  clients: 9421,
  data: 9422,
  monitor: 9425,
} as const;

export function unitOf(daemon: Daemon): string {
  return `mfs-${daemon}.service`;
}

export function paths(inventory: Inventory) {
  const etc = `${inventory.prefix}/etc/mfs`;
  return {
    prefix: inventory.prefix,
    etc,
    data: `${inventory.prefix}/var/mfs`,
    masterConfig: `${etc}/mfsmaster.cfg`,
    exports: `${etc}/mfsexports.cfg`,
    topology: `${etc}/mfstopology.cfg`,
    metaloggerConfig: `${etc}/mfsmetalogger.cfg`,
    chunkserverConfig: `${etc}/mfschunkserver.cfg`,
    disks: `${etc}/mfshdd.cfg`,
  } as const;
}

/** The unit that keeps one mount up; the name holds the path as systemd-escape would write it. */
export function mountUnit(mountPath: string): string {
  return `mfs-mount-${escapePath(mountPath)}.service`;
}

/** systemd's own unit of a mount point, from fstab or from the mount table. */
export function mountUnitOf(mountPath: string): string {
  return `${escapePath(mountPath)}.mount`;
}

/** systemd.unit(5), "String escaping for inclusion in unit names", for a normalised absolute path. */
function escapePath(absolute: string): string {
  return [...Buffer.from(absolute.slice(1))]
    .map((byte, index) => {
      const char = String.fromCharCode(byte);
      if (char === "/") return "-";
      if (/[A-Za-z0-9:_]/.test(char) || (char === "." && index > 0)) return char;
      return `\\x${byte.toString(16).padStart(2, "0")}`;
    })
    .join("");
}

/** Hosts that can hold the cluster's metadata: the inventory's master and its metaloggers, in inventory order. */
export function metadataHosts(inventory: Inventory): readonly string[] {
  return hostsWith(inventory, "master", "metalogger");
}

/** Names of the hosts that have one of the roles, in inventory order. */
export function hostsWith(inventory: Inventory, ...roles: readonly Role[]): readonly string[] {
  return Object.values(inventory.hosts)
    .filter((host) => host.roles.some((role) => roles.includes(role)))
    .map((host) => host.name);
}

/** Packages of the engine `packages`, by daemon; the same names on Debian and in the dnf repositories. */
export const packageOf = {
  master: "moosefs-master",
  metalogger: "moosefs-metalogger",
  chunkserver: "moosefs-chunkserver",
  client: "moosefs-client",
  cgiserv: "moosefs-cgiserv",
} as const;
