// What mfsctl wants to know of each host, from the inventory alone, so that one round trip answers everything.

import path from "node:path";
import type { Inventory } from "../inventory/schema.ts";
import {
  bootIdFile,
  clusterFile,
  eraFile,
  firstWriteFile,
  masterFile,
  mountUnit,
  packageOf,
  paths,
  removedDisksFile,
  removedNodesFile,
  stampFolder,
  stateFolder,
  unitOf,
} from "../layout.ts";
import type { HostQuestions } from "./host-facts.ts";

/** Programs that some step needs on a host. */
const tools = [
  "apt-get",
  "base64",
  "bash",
  "dnf",
  "find",
  "flock",
  "fusermount3",
  "fusermount",
  "ip",
  "modprobe",
  "mountpoint",
  "od",
  "rsync",
  "ss",
  "stat",
  "sudo",
  "systemctl",
  "timeout",
  "yum",
];

/** Units whose activity may stand in mfsctl's way. */
export const firewallUnits = ["firewalld.service", "nftables.service", "ufw.service"];

/** Paths that are looked at on every host. */
const commonPaths = [
  "/etc/hosts",
  "/etc/security/limits.d/90-mfsctl.conf",
  "/dev/fuse",
  stateFolder,
  masterFile,
  clusterFile,
  eraFile,
  firstWriteFile,
  `${stateFolder}/token`,
  `${stateFolder}/lease`,
  `${stateFolder}/start-guard`,
  removedDisksFile,
  removedNodesFile,
  bootIdFile,
];

/** All the questions to one host. */
export function hostQuestions(inventory: Inventory, hostName: string): HostQuestions {
  const host = inventory.hosts[hostName];
  if (host === undefined) throw new Error(`no host "${hostName}" in the inventory`);
  const at = paths(inventory);
  const mounts = host.mounts.map((mount) => mountUnit(mount.path));
  const units = [
    ...(["master", "metalogger", "chunkserver", "cgiserv"] as const).map(unitOf),
    ...mounts,
  ];
  const packaged = Object.values(packageOf).map((name) => `${name}.service`);
  return {
    user: inventory.user,
    group: inventory.group,
    tools,
    packages: [...Object.values(packageOf), "fuse3", "rsync", "procps", "iproute2"],
    paths: [
      ...new Set([
        ...commonPaths,
        at.prefix,
        at.etc,
        at.data,
        at.masterConfig,
        at.exports,
        at.topology,
        at.metaloggerConfig,
        at.chunkserverConfig,
        at.disks,
        ...[...units, "mfs-witness.socket", "mfs-witness@.service"].map(
          (unit) => `/etc/systemd/system/${unit}`,
        ),
        ...units.flatMap((unit) => [`${stampFolder}/${unit}`, `${stampFolder}/${unit}.read`]),
        ...host.disks.flatMap((disk) => [
          disk.path,
          `${disk.path}/.metaid`,
          ...(disk.link_to === undefined ? [] : [disk.link_to]),
        ]),
        ...host.mounts.map((mount) => mount.path),
      ]),
    ],
    units: [...units, "mfs-witness.socket", ...packaged, ...firewallUnits],
    spaceOf: [at.data, ...host.disks.map((disk) => disk.link_to ?? disk.path)],
    masterName: inventory.master_name,
    dataFolder: at.data,
    headsOf: [
      `${at.data}/metadata.mfs`,
      `${at.data}/metadata.mfs.back`,
      `${at.data}/metadata_ml.mfs.back`,
      `${at.data}/chunkserverid.mfs`,
      ...host.disks.map((disk) => `${disk.link_to ?? disk.path}/.metaid`),
    ],
    parentsOf: [
      "/etc/systemd/system",
      stateFolder,
      at.etc,
      at.data,
      ...host.disks.map((disk) => disk.link_to ?? disk.path),
      // A mount itself is never asked: it may hang.
      ...host.mounts.map((mount) => path.posix.dirname(mount.path)),
    ],
  };
}
