// From what was gathered to the sections of a status report: facts put in order, nothing judged.

import { metaloggerHosts, type World } from "../facts/world.ts";
import { servicesOf } from "../phases/services/selection.ts";
import { mountedAt } from "../phases/mounts.ts";
import { hostsWith } from "../layout.ts";
import { diskAt } from "../wire/disks.ts";
import type {
  ChunkserverStatus,
  DiskStatus,
  HostStatus,
  MetaloggerStatus,
  MountStatus,
  StatusReport,
} from "./report.ts";
import type { StatusView } from "./view.ts";

/** All sections but the findings. */
export function statusSections(view: StatusView): Omit<StatusReport, "healthy" | "findings"> {
  const { world } = view;
  const { inventory, mastership, cluster } = world;
  return {
    cluster: inventory.cluster,
    master: {
      host: mastership.host,
      inventoryHost: hostsWith(inventory, "master")[0] ?? "",
      token: mastership.token,
      serves: cluster !== undefined,
      version: cluster?.info.version ?? null,
      changes: cluster === undefined ? null : (cluster.info.metaVersion - 1n).toString(),
      files: cluster?.info.files ?? null,
    },
    chunks:
      cluster === undefined
        ? null
        : {
            exact: cluster.chunks.matrixExact,
            all: cluster.chunks.all,
            regular: cluster.chunks.regular,
          },
    hosts: Object.keys(inventory.hosts).map((name) => hostStatus(world, name)),
    chunkservers: chunkservers(world),
    disks: hostsWith(inventory, "chunkserver").flatMap((name) => disksOf(view, name)),
    metaloggers: metaloggerHosts(world).map((name) => metalogger(view, name)),
    mounts: Object.values(inventory.hosts).flatMap((host) =>
      host.mounts.map(({ path }) => mount(view, host.name, path)),
    ),
  };
}

function hostStatus(world: World, name: string): HostStatus {
  const facts = world.facts.get(name);
  return {
    name,
    reachable: facts !== undefined,
    roles: world.inventory.hosts[name]?.roles ?? [],
    services: servicesOf(world, name).map(({ role, unit }) => {
      const found = facts?.units.get(unit);
      const state = facts === undefined ? "unknown" : (found?.active ?? "absent");
      const pid = found?.pid ?? 0;
      return { role, unit, state, pid: pid === 0 ? null : pid };
    }),
  };
}

/** Addresses under which the master may see a host. */
export function addressesOf(world: World, name: string): readonly string[] {
  return world.facts.get(name)?.addresses ?? [world.inventory.hosts[name]?.address ?? ""];
}

function chunkservers(world: World): readonly ChunkserverStatus[] {
  const names = hostsWith(world.inventory, "chunkserver");
  const servers = (world.cluster?.chunkservers ?? []).map((server) => ({
    host: names.find((name) => addressesOf(world, name).includes(server.ip)) ?? null,
    ip: server.ip,
    connected: server.connected,
    version: server.version,
    usedBytes: server.usedBytes,
    totalBytes: server.totalBytes,
    chunks: server.chunks,
    maintenance: server.maintenance !== "off",
  }));
  const place = ({ host }: ChunkserverStatus) =>
    host === null ? names.length : names.indexOf(host);
  return servers.toSorted((left, right) => place(left) - place(right));
}

function disksOf(view: StatusView, name: string): readonly DiskStatus[] {
  const shown = view.disks.get(name);
  return (view.world.inventory.hosts[name]?.disks ?? []).map(({ path }) => {
    const disk = shown === undefined ? undefined : diskAt(shown, path);
    const figures = {
      host: name,
      path,
      scanPercent: disk?.scanPercent ?? null,
      chunks: disk?.chunks ?? 0,
      usedBytes: disk?.usedBytes ?? 0,
      totalBytes: disk?.totalBytes ?? 0,
    };
    if (shown === undefined) return { ...figures, state: "unknown" };
    if (disk === undefined) return { ...figures, state: "missing" };
    if (disk.invalid) return { ...figures, state: "invalid" };
    if (disk.damaged) return { ...figures, state: "damaged" };
    if (disk.scanPercent !== undefined) return { ...figures, state: "scanning" };
    return { ...figures, state: disk.markedForRemoval ? "marked" : "ok" };
  });
}

function metalogger(view: StatusView, name: string): MetaloggerStatus {
  const { world } = view;
  const facts = world.facts.get(name);
  const seen = world.cluster?.metaloggers.map(({ ip }) => ip);
  const known = [view.lastChanges.get(name), imageVersion(view, name)].filter(
    (version) => version !== undefined,
  );
  const lastChange = known.length === 0 ? null : Math.max(...known);
  const last = world.cluster === undefined ? undefined : Number(world.cluster.info.metaVersion) - 1;
  return {
    host: name,
    connected: seen?.some((ip) => addressesOf(world, name).includes(ip)) ?? null,
    lastChange,
    // The master is asked first, so changes may have arrived since.
    lag: last === undefined || lastChange === null ? null : Math.max(0, last - lastChange),
    hasImage: facts === undefined ? null : facts.dataFiles.some(isCompleteImage),
  };
}

/** The image of a new file system is eight bytes; only what a metalogger calls back is complete. */
function isCompleteImage({
  name,
  size,
}: {
  readonly name: string;
  readonly size: number;
}): boolean {
  return name === "metadata_ml.mfs.back" && size > 24;
}

/** Without any change since the download, the image tells how far the metalogger is (metadata-file.md 1). */
function imageVersion(view: StatusView, name: string): number | undefined {
  const facts = view.world.facts.get(name);
  const head = [...(facts?.heads ?? [])].find(([path]) => path.endsWith("/metadata_ml.mfs.back"));
  const hex = head?.[1] ?? "";
  if (!/^4d46534d[0-9a-f]{40}$/.test(hex)) return undefined;
  const version = BigInt(`0x${hex.slice(16, 32)}`);
  return version > 0n && version <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(version) - 1
    : undefined;
}

function mount(view: StatusView, name: string, path: string): MountStatus {
  const { world } = view;
  const facts = world.facts.get(name);
  const look = view.looks.get(name)?.get(path);
  const unmounted = facts !== undefined && mountedAt(facts, path) === undefined;
  const addresses = addressesOf(world, name);
  return {
    host: name,
    path,
    state: unmounted ? "notMounted" : (look?.state ?? "unknown"),
    connected:
      world.cluster?.sessions.some(
        (session) => session.connected && session.info === path && addresses.includes(session.ip),
      ) ?? null,
    users: new Set(look?.users.map(({ pid }) => pid)).size,
  };
}
