// What a valid inventory comes to, in one line and as counts.

import type { Inventory } from "./schema.ts";

export interface InventorySummary {
  readonly text: string;
  readonly counts: {
    readonly cluster: string;
    readonly engine: string;
    readonly hosts: number;
    readonly metaloggers: number;
    readonly chunkservers: number;
    readonly disks: number;
    readonly clients: number;
    readonly mounts: number;
  };
}

/** Counts hosts, roles, disks and mounts. */
export function summarize(inventory: Inventory): InventorySummary {
  const hosts = Object.values(inventory.hosts);
  const having = (role: (typeof hosts)[number]["roles"][number]): number =>
    hosts.filter((host) => host.roles.includes(role)).length;
  const counts = {
    cluster: inventory.cluster,
    engine: inventory.engine,
    hosts: hosts.length,
    metaloggers: having("metalogger"),
    chunkservers: having("chunkserver"),
    disks: hosts.reduce((sum, host) => sum + host.disks.length, 0),
    clients: having("client"),
    mounts: hosts.reduce((sum, host) => sum + host.mounts.length, 0),
  };
  const parts = [
    `${counted(counts.hosts, "host")} in cluster "${counts.cluster}" (engine ${counts.engine})`,
    "1 master",
    counted(counts.metaloggers, "metalogger"),
    `${counted(counts.chunkservers, "chunkserver")} with ${counted(counts.disks, "disk")}`,
    `${counted(counts.clients, "client")} with ${counted(counts.mounts, "mount")}`,
  ];
  return { text: `valid: ${parts.join(", ")}`, counts };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
