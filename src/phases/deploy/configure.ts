// Deploy, second part: names, configuration, units and data folders. Field guide: "master", "chunkserver", "同步".

import { parseDisks } from "../../../daemons/config/hdd.ts";
import { clusterIdentity } from "../../facts/identity.ts";
import { factsOf, type World } from "../../facts/world.ts";
import type { Disk } from "../../inventory/schema.ts";
import { clusterFile, hostsWith, masterFile, metadataHosts, paths } from "../../layout.ts";
import { run, type Action } from "../../runner/actions.ts";
import type { Phase, Refusal } from "../../runner/phase.ts";
import { removedDisks } from "../disk-state.ts";
import { managedFiles, movingAddress, sealState, type ManagedFile } from "../managed-files.ts";
import { mountedAt } from "../mounts.ts";
import { folder } from "./prepare.ts";

const allHosts = (world: World) => Object.keys(world.inventory.hosts);

/** /etc/hosts with the master's name pointing to the present master, other lines untouched. */
export function hostsFileWith(
  content: string,
  name: string,
  address: string,
  cluster: string,
): string {
  const block = `# mfsctl begin ${cluster}\n${address} ${name}\n# mfsctl end ${cluster}\n`;
  const others = hostsFileWithout(content, cluster);
  return `${others}${others === "" || others.endsWith("\n") ? "" : "\n"}${block}`;
}

/** /etc/hosts without what mfsctl wrote for this cluster; blocks of other clusters stay. */
export function hostsFileWithout(content: string, cluster: string): string {
  // A cluster's name holds letters, digits and hyphens only, so it is safe inside the pattern.
  const block = new RegExp(
    `^# mfsctl begin ${cluster}\\n[\\s\\S]*?^# mfsctl end ${cluster}\\n`,
    "gm",
  );
  return content.replace(block, "");
}

/** A hosts file that could not be read as a whole, as text, is never written. */
function hostsFileGates(world: World): readonly Refusal[] {
  return [...world.facts.values()].flatMap(({ host, paths: found }): readonly Refusal[] => {
    const fact = found.get("/etc/hosts");
    if (fact === undefined || fact.content !== undefined) return [];
    return [
      {
        host,
        message: `Cannot read /etc/hosts: it is ${fact.type === "file" ? "longer than 256 KiB or no text" : `a ${fact.type}`}, expected a text file`,
        hint: "mend it by hand, or use failover.via: config",
      },
    ];
  });
}

/** Every host finds the master by its name in /etc/hosts, except with `failover.via: config`. */
export const nameTheMaster: Phase = {
  title: "Point the master's name to the master",
  hosts: (world) => (world.inventory.failover.via === "config" ? [] : allHosts(world)),
  gates: (world) => (world.inventory.failover.via === "config" ? [] : hostsFileGates(world)),
  plan: (host, world) => {
    const { inventory, mastership } = world;
    const moving = movingAddress(inventory)?.ip;
    const address = moving ?? inventory.hosts[mastership.host]?.address ?? "";
    const present = factsOf(world, host).paths.get("/etc/hosts")?.content;
    const content = hostsFileWith(present ?? "", inventory.master_name, address, inventory.cluster);
    if (content === present) return [];
    return [
      {
        kind: "write",
        title: `Point ${inventory.master_name} to ${moving ?? mastership.host}`,
        path: "/etc/hosts",
        content,
        mode: 0o644,
        owner: "root",
        group: "root",
        present,
      },
    ];
  },
};

/** Whose host this is, before anything else stands on it; a mismatch is refused before any plan (identity.ts). */
export const claimHosts: Phase = {
  title: "Claim the hosts for this cluster",
  hosts: allHosts,
  plan: (host, world) => {
    if (factsOf(world, host).paths.has(clusterFile)) return [];
    const { cluster } = world.inventory;
    return [
      {
        kind: "write",
        title: `Claim the host for cluster ${cluster}`,
        path: clusterFile,
        content: clusterIdentity(world.inventory),
        mode: 0o644,
        owner: "root",
        group: "root",
        present: undefined,
      },
    ];
  },
};

/** Disks that the chunkserver uses and the inventory no longer names: dropping them would drop their copies. */
export function droppedDisks(world: World, overwrite: ReadonlySet<string>): readonly Refusal[] {
  if (overwrite.has(paths(world.inventory).disks)) return [];
  return hostsWith(world.inventory, "chunkserver").flatMap((host): readonly Refusal[] => {
    const facts = world.facts.get(host);
    const present = facts?.paths.get(paths(world.inventory).disks)?.content;
    if (facts === undefined || present === undefined) return [];
    const named = new Set(world.inventory.hosts[host]?.disks.map((disk) => disk.path));
    const removed = removedDisks(facts);
    return parseDisks(present)
      .disks.map((disk) => disk.path.replace(/(?<=.)\/$/, ""))
      .filter((disk) => !named.has(disk) && !removed.has(disk))
      .map((disk) => ({
        host,
        message: `Cannot drop "${disk}": the chunkserver uses it, and the inventory does not name it`,
        hint: `put it back into the inventory, then take it out safely: mfsctl disk remove ${host}:${disk}`,
      }));
  });
}

/** Who is master, on every metadata host: what start guards ask for. Written once, then only by failover. */
export const recordMastership: Phase = {
  title: "Record who is master",
  hosts: (world) => metadataHosts(world.inventory),
  plan: (host, world) => {
    const { mastership } = world;
    const token = mastership.recorded ? mastership.token : 1;
    const content = `${token} ${mastership.host}\n`;
    const present = factsOf(world, host).paths.get(masterFile)?.content;
    if (present === content) return [];
    return [
      {
        kind: "write",
        title: `Record ${mastership.host} as master`,
        path: masterFile,
        content,
        mode: 0o644,
        owner: "root",
        group: "root",
        present,
      },
    ];
  },
};

/** Files that were edited by hand since mfsctl wrote them, or that mfsctl never wrote: deploy refuses both. */
export function editedFiles(world: World, overwrite: ReadonlySet<string>): readonly Refusal[] {
  return [...world.facts.keys()].flatMap((host) =>
    managedFiles(world, host).flatMap((file): readonly Refusal[] => {
      const fact = factsOf(world, host).paths.get(file.path);
      if (fact === undefined || fact.content === file.content) return [];
      const state = fact.content === undefined ? "foreign" : sealState(fact.content);
      if (state === "ours" || overwrite.has(file.path)) return [];
      return [
        {
          host,
          message:
            state === "edited"
              ? `Cannot replace "${file.path}": it was edited by hand since mfsctl wrote it`
              : `Cannot replace "${file.path}": mfsctl did not write it`,
          hint: `mfsctl plan shows the difference; take it over into the inventory, or: mfsctl deploy --overwrite ${file.path}`,
        },
      ];
    }),
  );
}

function writeActions(world: World, host: string): readonly Action[] {
  return managedFiles(world, host).flatMap((file) => writeIfChanged(world, host, file));
}

function writeIfChanged(world: World, host: string, file: ManagedFile): readonly Action[] {
  const fact = factsOf(world, host).paths.get(file.path);
  const same =
    fact?.type === "file" &&
    fact.content === file.content &&
    (fact.mode & 0o777) === file.mode &&
    fact.owner === file.owner &&
    fact.group === file.group;
  if (same) return [];
  return [
    {
      kind: "write",
      title: `Write ${file.path}`,
      path: file.path,
      content: file.content,
      mode: file.mode,
      owner: file.owner,
      group: file.group,
      present: fact?.content,
    },
  ];
}

/** Configuration and units; units that changed are read again by systemd. */
export const writeConfiguration: Phase = {
  title: "Write configuration",
  hosts: allHosts,
  plan: (host, world) => {
    const writes = writeActions(world, host);
    const units = factsOf(world, host).units;
    const stale = [...units.values()].some((unit) => unit.needDaemonReload);
    const unitsChange = writes.some(
      (action) => action.kind === "write" && action.path.startsWith("/etc/systemd/"),
    );
    return stale || unitsChange
      ? [...writes, run("Reload systemd", ["systemctl", "daemon-reload"])]
      : writes;
  },
};

/** The witness socket answers start guards, so it runs before any master does. */
export const openWitness: Phase = {
  title: "Open the witness socket",
  hosts: (world) => metadataHosts(world.inventory),
  plan: (host, world) => {
    const unit = factsOf(world, host).units.get("mfs-witness.socket");
    return unit?.active === "active" && unit.file === "enabled"
      ? []
      : [run("Enable the witness", ["systemctl", "enable", "--now", "mfs-witness.socket"])];
  },
};

/** Data folders of chunkservers. A disk that is declared a mount point is only touched while it is mounted. */
export const prepareDisks: Phase = {
  title: "Prepare data folders",
  hosts: (world) => hostsWith(world.inventory, "chunkserver"),
  plan: (host, world) => {
    // What was taken out may be another's by now; `disk add` prepares it again.
    const removed = removedDisks(factsOf(world, host));
    return (world.inventory.hosts[host]?.disks ?? [])
      .filter(({ path }) => !removed.has(path))
      .flatMap((disk) => prepareDisk(world, host, disk));
  },
};

/** The actions that make the data folder of one disk. */
export function prepareDisk(world: World, host: string, disk: Disk): readonly Action[] {
  const { user, group } = world.inventory;
  const want = { mode: 0o750, owner: user, group };
  if (disk.mountpoint === "required" && !mountedAt(factsOf(world, host), disk.path)) return [];
  if (disk.link_to === undefined) return dataFolder(world, host, disk.path, want);
  return [
    ...dataFolder(world, host, disk.link_to, want),
    ...softLink(world, host, disk.path, disk.link_to),
  ];
}

/** An existing folder's mode is the operator's; only its owner matters to the chunkserver. */
function dataFolder(
  world: World,
  host: string,
  path: string,
  want: { mode: number; owner: string; group: string },
): readonly Action[] {
  const fact = factsOf(world, host).paths.get(path);
  return folder(
    world,
    host,
    path,
    fact === undefined ? want : { ...want, mode: fact.mode & 0o777 },
  );
}

function softLink(world: World, host: string, path: string, target: string): readonly Action[] {
  const fact = factsOf(world, host).paths.get(path);
  if (fact?.type === "link" && fact.target === target) return [];
  const parent = path.slice(0, path.lastIndexOf("/")) || "/";
  return [
    run(`Create ${parent}`, ["install", "-d", "-m", "0755", parent]),
    run(`Link ${path} to ${target}`, ["ln", "-s", "-T", "--", target, path], {
      hint: `move what stands at ${path} on ${host} out of the way, then: mfsctl resume`,
    }),
  ];
}
