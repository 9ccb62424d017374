// Deploy, last part: the first metadata, daemons in order, mounts, goals. Field guide: "启停".

import { factsOf, metaloggerHosts, type World } from "../../facts/world.ts";
import { hostsWith, metadataHosts, mountUnit, paths, unitOf } from "../../layout.ts";
import { run, type Action } from "../../runner/actions.ts";
import type { Phase, Refusal } from "../../runner/phase.ts";
import { createOnce } from "../../shell/files.ts";
import { completeImage } from "../../shell/metalogger.ts";
import { masterIsUp } from "../health.ts";
import { mountedAt } from "../mounts.ts";
import { answers } from "../services/answers.ts";
import { unitActions, unitNeed, restartMs } from "../units.ts";
import { folder } from "./prepare.ts";

const startSeconds = 60;
/** Loading a large image takes minutes. */
const loadSeconds = 3600;
/** 3.0.117's image of a file system that was never stored is these eight bytes (metadata-file.md 3.1). */
const emptyImage = "MFSM NEW";

const master = (world: World) => [world.mastership.host];

/** Names that hold metadata or changes; the packaged sample `metadata.mfs.empty` does not count. */
function metadataFiles(world: World, host: string): readonly string[] {
  return factsOf(world, host)
    .dataFiles.map((file) => file.name)
    .filter((name) => /^(metadata|changelog)/.test(name) && name !== "metadata.mfs.empty");
}

/** Everything that speaks against an empty file system: any trace of an older one on any host. */
export function tracesOfMetadata(world: World): readonly string[] {
  const onMetadataHosts = metadataHosts(world.inventory).flatMap((host) => {
    if (!world.facts.has(host)) return [`${host}: not reachable`];
    return metadataFiles(world, host).map((name) => `${host}: ${name}`);
  });
  const onChunkservers = hostsWith(world.inventory, "chunkserver").flatMap((host) => {
    if (!world.facts.has(host)) return [`${host}: not reachable`];
    const facts = factsOf(world, host);
    const disks = world.inventory.hosts[host]?.disks ?? [];
    const marked = disks.filter((disk) => facts.paths.has(`${disk.path}/.metaid`));
    const registered = facts.dataFiles.some((file) => file.name === "chunkserverid.mfs");
    return [
      ...marked.map((disk) => `${host}: ${disk.path} belongs to a file system`),
      ...(registered ? [`${host}: chunkserverid.mfs`] : []),
    ];
  });
  return [...onMetadataHosts, ...onChunkservers];
}

type MasterState =
  "running" | "fresh" | "startable" | "empty" | "blank" | "needsRecovery" | "emptyOverOlder";

/** What the master host's data folder allows: see config-and-cli.md 11. */
function masterState(world: World): MasterState {
  const host = world.mastership.host;
  const facts = factsOf(world, host);
  const size = (name: string) => facts.dataFiles.find((file) => file.name === name)?.size;
  const isEmpty = (name: string) => size(name) === emptyImage.length;
  // What an empty file system of this very host leaves is no trace of an older one.
  const own = ["metadata.mfs", "metadata.mfs.back", "changelog.0.mfs"].map(
    (name) => `${host}: ${name}`,
  );
  const older = (mine: readonly string[]) =>
    tracesOfMetadata(world).some((trace) => !mine.includes(trace));
  if (facts.units.get(unitOf("master"))?.active === "active") {
    if (!isEmpty("metadata.mfs.back")) return "running";
    return older(own) ? "emptyOverOlder" : "fresh";
  }
  if (isEmpty("metadata.mfs")) return older(own.slice(0, 1)) ? "emptyOverOlder" : "empty";
  if (size("metadata.mfs") !== undefined) return "startable";
  return older([]) ? "needsRecovery" : "blank";
}

/** Refuses to start where only a recovery may: an empty file system never replaces an old one. */
export function firstStartGates(world: World): readonly Refusal[] {
  const host = world.mastership.host;
  if (!world.facts.has(host)) return [];
  const state = masterState(world);
  if (state !== "needsRecovery" && state !== "emptyOverOlder") return [];
  const traces = tracesOfMetadata(world).slice(0, 3).join("; ");
  const is = state === "needsRecovery" ? "it has no metadata.mfs" : "its metadata is empty";
  return [
    {
      host,
      message: `Cannot start the master: ${is}, but this cluster has held data (${traces})`,
      hint: `mfsctl failover --to ${host} --dry-run shows what can be recovered`,
    },
  ];
}

/** The empty metadata of a new cluster, and its first real image: without one no metalogger has a candidate. */
export const firstMetadata: Phase = {
  title: "Create the first metadata",
  hosts: master,
  gates: firstStartGates,
  plan: (host, world) => {
    const unit = unitOf("master");
    const state = masterState(world);
    const image = `${paths(world.inventory).data}/metadata.mfs`;
    const store: readonly Action[] = [
      run("Stop the master, so that it stores its first image", ["systemctl", "stop", unit], {
        timeoutMs: restartMs,
      }),
    ];
    if (state === "fresh") return store;
    if (state !== "blank" && state !== "empty") return [];
    const { user, group } = world.inventory;
    const write: Action = {
      kind: "run",
      title: "Write the empty metadata",
      command: createOnce({ path: image, content: emptyImage, owner: `${user}:${group}` }),
    };
    return [
      // A run that was cut off may have written it already.
      ...(state === "blank" ? [write] : []),
      run(`Start ${unit}`, ["systemctl", "start", unit], {
        hint: `mfsctl logs --node ${host} shows why`,
      }),
      {
        kind: "wait",
        title: "Wait for the master",
        probe: { probe: "masterServes" },
        timeoutSeconds: startSeconds,
      },
      ...store,
    ];
  },
};

/** The master runs with its present configuration and answers. */
export const startMaster: Phase = {
  title: "Start the master",
  hosts: master,
  needs: ["cluster"],
  plan: (host, world) => {
    const actions = unitActions(world, host, unitOf("master"));
    if (actions.length === 0 && masterIsUp(world)) return [];
    return [
      ...actions,
      {
        kind: "wait",
        title: "Wait for the master",
        probe: { probe: "masterServes" },
        timeoutSeconds: loadSeconds,
        hint: `mfsctl logs --node ${host} shows why`,
      },
    ];
  },
};

/** Metaloggers are connected and hold an image, one after the other: before that they are no failover candidates. */
export const startMetaloggers: Phase = {
  title: "Start metaloggers",
  hosts: metaloggerHosts,
  batch: 1,
  needs: ["cluster"],
  plan: (host, world) => {
    const { addresses } = factsOf(world, host);
    const actions = unitActions(world, host, unitOf("metalogger"));
    const connected = world.cluster?.metaloggers.some(({ ip }) => addresses.includes(ip)) === true;
    if (actions.length === 0 && connected && holdsImage(world, host)) return [];
    const hint = `mfsctl logs --node ${host} shows why`;
    return [
      ...actions,
      answers(world, { host, role: "metalogger", unit: unitOf("metalogger") }),
      {
        kind: "wait",
        title: "Wait for the first download",
        probe: {
          probe: "command",
          command: completeImage(`${paths(world.inventory).data}/${downloaded}`),
          what: `${downloaded} has been downloaded`,
        },
        timeoutSeconds: startSeconds,
        hint,
      },
    ];
  },
};

/** A metalogger names its download so once it is whole (metalogger.md 3.3). */
const downloaded = "metadata_ml.mfs.back";

/** True for an image of more than the eight bytes of an empty file system, which is no candidate. */
function holdsImage(world: World, host: string): boolean {
  const { dataFiles } = factsOf(world, host);
  return dataFiles.some(({ name, size }) => name === downloaded && size > emptyImage.length);
}

/** The web monitor of the engine. */
export const startMonitor: Phase = {
  title: "Start the monitor",
  hosts: (world) => hostsWith(world.inventory, "monitor"),
  plan: (host, world) => unitActions(world, host, unitOf("cgiserv")),
};

/** Mount points are made and mounted; a mount whose unit changed is only replaced when nothing uses it. */
export const mountClients: Phase = {
  title: "Mount clients",
  hosts: (world) => hostsWith(world.inventory, "client"),
  plan: (host, world) =>
    (world.inventory.hosts[host]?.mounts ?? []).flatMap((mount) => {
      const unit = mountUnit(mount.path);
      const facts = factsOf(world, host);
      const mounted = mountedAt(facts, mount.path) !== undefined;
      const point =
        mounted || facts.paths.has(mount.path) ? [] : mountPoint(world, host, mount.path);
      const replace =
        mounted && unitNeed(world, host, unit) === "restart"
          ? [
              run(`Unmount ${mount.path}`, ["umount", mount.path], {
                hint: `something uses the mount; mfsctl client umount ${host}:${mount.path} shows what`,
              }),
            ]
          : [];
      const actions = unitActions(world, host, unit);
      if (actions.length === 0) return [];
      return [
        ...point,
        ...replace,
        ...actions,
        {
          kind: "wait" as const,
          title: `Wait for ${mount.path}`,
          probe: {
            probe: "command" as const,
            command: { argv: ["mountpoint", "-q", mount.path] as const },
            what: `${mount.path} is mounted`,
          },
          timeoutSeconds: startSeconds,
          hint: `mfsctl logs --node ${host} shows why`,
        },
      ];
    }),
};

function mountPoint(world: World, host: string, path: string): readonly Action[] {
  const { user, group } = world.inventory;
  return folder(world, host, path, { mode: 0o755, owner: user, group });
}

/** The number of copies, on each folder that a mount's \`goal\` names. Field guide: "设置文件备份数". */
export const setGoals: Phase = {
  title: "Set goals",
  hosts: master,
  needs: ["cluster"],
  notes: (world) =>
    wantedGoals(world.inventory).flatMap(({ subfolder, goal }) => {
      const present = world.goals.get(subfolder);
      if (present === undefined || "goal" in present) return [];
      return [
        `Left alone: ${subfolder} has the storage class "${present.className}", the inventory wants goal ${goal}; mfsctl goal set ${subfolder} ${goal} replaces it`,
      ];
    }),
  plan: (_host, world) =>
    wantedGoals(world.inventory)
      .filter(({ subfolder, goal }) => {
        const present = world.goals.get(subfolder);
        // Somebody chose a named class on purpose: it may say more than a number of copies.
        return present === undefined || ("goal" in present && present.goal !== goal);
      })
      .map(({ subfolder, goal }) => ({
        kind: "goal",
        title: `Set goal ${goal} on ${subfolder}`,
        path: subfolder,
        goal,
      })),
};

/** Each folder of the cluster that some mount wants a goal on; the first mount that names it decides. */
export function wantedGoals(
  inventory: World["inventory"],
): readonly { readonly subfolder: string; readonly goal: number }[] {
  const goals = new Map<string, number>();
  for (const host of Object.values(inventory.hosts)) {
    for (const mount of host.mounts) {
      if (mount.goal !== undefined && !goals.has(mount.subfolder)) {
        goals.set(mount.subfolder, mount.goal);
      }
    }
  }
  return [...goals].map(([subfolder, goal]) => ({ subfolder, goal }));
}
