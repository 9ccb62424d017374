// Every file that deploy keeps on a host: where, what, whose, and what must happen to which unit when it changes.
// Each file ends with a seal, the checksum of what mfsctl wrote, so that an edit by hand is seen and never overwritten.

import { createHash } from "node:crypto";
import { findOption } from "../../daemons/config/options.ts";
import { parseConfig } from "../../daemons/config/parse-config.ts";
import type { DaemonName, Inventory, InventoryHost } from "../inventory/schema.ts";
import {
  masterFile,
  metadataHosts,
  mountUnit,
  mountUnitOf,
  paths,
  stampFolder,
  stateFolder,
  unitOf,
  witnessPort,
  type Daemon,
} from "../layout.ts";
import { factsOf, type World } from "../facts/world.ts";
import {
  chunkserverConfig,
  exportsFile,
  hddFile,
  masterConfig,
  metaloggerConfig,
  topologyFile,
} from "../render/files.ts";
import { renderTemplate } from "../render/render.ts";
import { holdsSecret } from "../secrets.ts";
import { binaries, requireEngine } from "./engine.ts";
import { markedDisks, removedDisks } from "./disk-state.ts";
import { startLinesInSed } from "./stamps.ts";

export interface ManagedFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
  /** The unit whose daemon reads the file, and how it learns of a change. */
  readonly readBy?: { readonly unit: string; readonly by: "reload" | "restart" };
}

const sealPattern = /\n# mfsctl sha256 ([0-9a-f]{64})(\n|$)/;

/** Ends a file's content with the checksum of what stands above. */
export function seal(content: string): string {
  const body = content.replace(/\n*$/, "");
  return `${body}\n# mfsctl sha256 ${sha256(body)}\n`;
}

/** What stands above the seal; a file without one as it is. */
export function unseal(content: string): string {
  return content.replace(sealPattern, "\n");
}

/** `ours`: as mfsctl wrote it; `edited`: changed since; `foreign`: never written by mfsctl. */
export function sealState(content: string): "ours" | "edited" | "foreign" {
  const match = sealPattern.exec(content);
  if (match === null) return "foreign";
  const whole = seal(content.slice(0, match.index)) === content;
  return whole ? "ours" : "edited";
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** What runs on a host, given who is master now. */
export function daemonsOn(world: World, host: string): readonly Daemon[] {
  const roles = world.inventory.hosts[host]?.roles ?? [];
  const daemons: Daemon[] = [];
  if (world.mastership.host === host) daemons.push("master");
  else if (metadataHosts(world.inventory).includes(host)) daemons.push("metalogger");
  if (roles.includes("chunkserver")) daemons.push("chunkserver");
  if (roles.includes("monitor")) daemons.push("cgiserv");
  return daemons;
}

/** All files that deploy keeps on a host. */
export function managedFiles(world: World, hostName: string): readonly ManagedFile[] {
  const { inventory } = world;
  requireEngine(inventory);
  const host = inventory.hosts[hostName];
  if (host === undefined) throw new Error(`no host "${hostName}" in the inventory`);
  const isMetadataHost = metadataHosts(inventory).includes(hostName);
  return [
    limitsFile(inventory),
    ...(isMetadataHost ? metadataFiles(world, host) : []),
    ...(host.roles.includes("chunkserver") ? chunkserverFiles(world, host) : []),
    ...(host.roles.includes("monitor") ? [monitorUnit(inventory)] : []),
    ...host.mounts.map((mount) => mountUnitFile(world, mount)),
  ];
}

function systemFile(path: string, content: string, mode = 0o644): ManagedFile {
  return { path, content: seal(content), mode, owner: "root", group: "root" };
}

function configFile(
  inventory: Inventory,
  path: string,
  content: string,
  readBy: { unit: string; by: "reload" | "restart" },
): ManagedFile {
  return {
    path,
    content: seal(content),
    mode: 0o640,
    owner: "root",
    group: inventory.group,
    readBy,
  };
}

function limitsFile(inventory: Inventory): ManagedFile {
  return systemFile(
    "/etc/security/limits.d/90-mfsctl.conf",
    renderTemplate("limits.conf.ejs", { user: inventory.user, nofile: inventory.limits.nofile }),
  );
}

function unitFile(name: string, content: string): ManagedFile {
  return {
    // A mount's options may hold a password (src/secrets.ts).
    ...systemFile(`/etc/systemd/system/${name}`, content, holdsSecret(content) ? 0o600 : 0o644),
    ...(name.endsWith(".service") && !name.includes("@")
      ? { readBy: { unit: name, by: "restart" as const } }
      : {}),
  };
}

/** Both kinds of metadata daemon are prepared on every metadata host, so that failover changes roles, not files. */
function metadataFiles(world: World, host: InventoryHost): readonly ManagedFile[] {
  const { inventory } = world;
  const at = paths(inventory);
  const master = { unit: unitOf("master"), by: "reload" as const };
  const others = metadataHosts(inventory)
    .filter((name) => name !== host.name)
    .map((name) => inventory.hosts[name]?.address ?? "");
  const common = {
    cluster: inventory.cluster,
    host: host.name,
    nofile: inventory.limits.nofile,
    stamps: stampFolder,
    startLines: startLinesInSed,
    masterFile,
    port: witnessPort,
  };
  const config = masterConfig(inventory, host);
  const metalogger = metaloggerConfig(inventory, host, masterAddress(world));
  return [
    configFile(inventory, at.exports, exportsFile(withOwnExport(inventory)), master),
    configFile(inventory, at.topology, topologyFile(inventory), master),
    configFile(inventory, at.masterConfig, config, master),
    configFile(inventory, at.metaloggerConfig, metalogger, {
      unit: unitOf("metalogger"),
      by: "reload",
    }),
    systemFile(
      `${stateFolder}/start-guard`,
      renderTemplate("start-guard.ejs", { ...common, others: others.join(" ") }),
      0o755,
    ),
    unitFile("mfs-witness.socket", renderTemplate("mfs-witness.socket.ejs", common)),
    unitFile("mfs-witness@.service", renderTemplate("mfs-witness@.service.ejs", common)),
    unitFile(
      unitOf("master"),
      renderTemplate("mfs-master.service.ejs", {
        ...common,
        guard: `${stateFolder}/start-guard`,
        program: binaries(inventory).master,
        config: at.masterConfig,
        files: [at.masterConfig, at.exports, at.topology].join(" "),
        restartKey: restartKey("mfsmaster", config),
        vip: movingAddress(inventory),
      }),
    ),
    daemonUnit(inventory, "metalogger", {
      files: [at.metaloggerConfig],
      content: metalogger,
      requiredDisks: [],
    }),
  ];
}

/** mfsctl itself sets goals from the master's own host, over loopback, as root; mounts never come from 127.0.0.1. */
function withOwnExport(inventory: Inventory): Inventory {
  return {
    ...inventory,
    exports: [...inventory.exports, "127.0.0.1  /  rw,alldirs,admin,maproot=0:0"],
  };
}

/** A hash of the options that a daemon reads only at start: a change of one changes the unit, and so restarts it. */
function restartKey(daemon: DaemonName, config: string): string {
  const fixed = [...parseConfig(daemon, config).defined.values()]
    .filter(({ name }) => findOption(daemon, name)?.reloadable !== true)
    .map(({ name, value }) => `${name}=${value}`);
  return sha256(fixed.sort().join("\n")).slice(0, 16);
}

/** A disk that failed to mount must not keep the others from serving: its line is then skipped, not fatal. */
function toleratingLostDisks(inventory: Inventory, host: InventoryHost): InventoryHost {
  const option = "ALLOW_STARTING_WITH_INVALID_DISKS";
  const decided =
    option in inventory.settings.mfschunkserver || option in host.settings.mfschunkserver;
  if (decided || !host.disks.some((disk) => disk.mountpoint === "required")) return host;
  const mfschunkserver = { ...host.settings.mfschunkserver, [option]: 1 };
  return { ...host, settings: { ...host.settings, mfschunkserver } };
}

/** The address that the master's unit brings up, with and without its prefix; null where none moves. */
export function movingAddress({ failover }: Inventory) {
  if (failover.via !== "vip" || failover.vip === undefined) return null;
  return { ...failover.vip, ip: failover.vip.address.split("/")[0] ?? "" };
}

/** What daemons and mounts are given as the master: its name, or its present address with `via: config`. */
export function masterAddress(world: World): string {
  const { inventory, mastership } = world;
  if (inventory.failover.via !== "config") return inventory.master_name;
  return inventory.hosts[mastership.host]?.address ?? inventory.master_name;
}

function daemonUnit(
  inventory: Inventory,
  daemon: "metalogger" | "chunkserver",
  reads: {
    /** What it reads, its configuration first. */
    readonly files: readonly string[];
    /** Of its configuration. */
    readonly content: string;
    readonly requiredDisks: readonly string[];
  },
): ManagedFile {
  return unitFile(
    unitOf(daemon),
    renderTemplate("mfs-daemon.service.ejs", {
      daemon,
      cluster: inventory.cluster,
      program: binaries(inventory)[daemon],
      config: reads.files[0] ?? "",
      files: reads.files.join(" "),
      restartKey: restartKey(`mfs${daemon}`, reads.content),
      requiredDisks: reads.requiredDisks,
      mountUnits: reads.requiredDisks.map(mountUnitOf).join(" "),
      nofile: inventory.limits.nofile,
      stamps: stampFolder,
      startLines: startLinesInSed,
    }),
  );
}

function chunkserverFiles(world: World, host: InventoryHost): readonly ManagedFile[] {
  const { inventory } = world;
  const at = paths(inventory);
  const reader = { unit: unitOf("chunkserver"), by: "reload" as const };
  const facts = factsOf(world, host.name);
  const removed = removedDisks(facts);
  const present = { ...host, disks: host.disks.filter((disk) => !removed.has(disk.path)) };
  const config = chunkserverConfig(
    inventory,
    toleratingLostDisks(inventory, host),
    masterAddress(world),
  );
  return [
    configFile(inventory, at.chunkserverConfig, config, reader),
    configFile(
      inventory,
      at.disks,
      hddFile(inventory, present, markedDisks(facts, at.disks)),
      reader,
    ),
    daemonUnit(inventory, "chunkserver", {
      files: [at.chunkserverConfig, at.disks],
      content: config,
      // Those that were taken out too: nothing may be written below them either.
      requiredDisks: host.disks
        .filter((disk) => disk.mountpoint === "required")
        .map((disk) => disk.path),
    }),
  ];
}

function monitorUnit(inventory: Inventory): ManagedFile {
  return unitFile(
    unitOf("cgiserv"),
    renderTemplate("mfs-cgiserv.service.ejs", {
      cluster: inventory.cluster,
      program: binaries(inventory).cgiserv,
      nofile: inventory.limits.nofile,
      stamps: stampFolder,
      startLines: startLinesInSed,
    }),
  );
}

function mountUnitFile(world: World, mount: InventoryHost["mounts"][number]): ManagedFile {
  const { inventory } = world;
  return unitFile(
    mountUnit(mount.path),
    renderTemplate("mfs-mount.service.ejs", {
      cluster: inventory.cluster,
      program: binaries(inventory).mount,
      path: mount.path,
      master: masterAddress(world),
      subfolder: mount.subfolder,
      options: mount.options.map((option) => ` -o ${option}`).join(""),
      nofile: inventory.limits.nofile,
      stamps: stampFolder,
      startLines: startLinesInSed,
    }),
  );
}
