// What `disk list` and `disk status` say of each disk: rows as data, for people and for --json.

import type { World } from "../../facts/world.ts";
import { diskAt, type Disk } from "../../wire/disks.ts";
import { removedDisks } from "../disk-state.ts";
import { listedDisks, markReadMs, removalState, type RemovalState } from "./removal.ts";
import { chunkserverHosts, configuredDisks, type DiskTarget } from "./servers.ts";

/** One disk of one chunkserver. Figures are absent where nobody could ask. */
export interface DiskRow {
  readonly host: string;
  readonly path: string;
  /** In words: configured, marked, damaged, scanning, not deployed, removed, unknown and so on. */
  readonly is: readonly string[];
  readonly marked: boolean;
  readonly chunks?: number;
  readonly usedBytes?: number;
  readonly totalBytes?: number;
  readonly lastError?: { readonly time: string; readonly chunk: string };
}

/** All disks that the inventory, the files or the chunkservers know. */
export function diskRows(world: World, hosts: readonly string[]): readonly DiskRow[] {
  return hosts.flatMap((host) => {
    const listed = world.disks?.get(host);
    const known = [
      ...(world.inventory.hosts[host]?.disks ?? []).map((disk) => disk.path),
      ...(configuredDisks(world, host) ?? []).map((disk) => disk.path),
      ...(listed ?? []).map((disk) => disk.path.replace(/\/$/, "")),
    ];
    return [...new Set(known)].map((path) => diskRow(world, host, path));
  });
}

function diskRow(world: World, host: string, path: string): DiskRow {
  const configured = configuredDisks(world, host)?.find((disk) => disk.path === path);
  const listed = world.disks?.get(host);
  const disk = diskAt(listed ?? [], path);
  const marked = disk?.markedForRemoval === true || configured?.markedForRemoval === true;
  const error = disk?.lastError;
  return {
    host,
    path,
    is: conditions(world, { host, path, listed, disk }),
    marked,
    ...(disk === undefined || disk.invalid
      ? {}
      : { chunks: disk.chunks, usedBytes: disk.usedBytes, totalBytes: disk.totalBytes }),
    ...(error === undefined
      ? {}
      : {
          lastError: {
            time: new Date(error.time * 1000).toISOString(),
            chunk: error.chunkId.toString(16).toUpperCase().padStart(16, "0"),
          },
        }),
  };
}

function conditions(
  world: World,
  at: { host: string; path: string; listed: readonly Disk[] | undefined; disk: Disk | undefined },
): readonly string[] {
  const { host, path, listed, disk } = at;
  const facts = world.facts.get(host);
  if (facts === undefined) return ["unknown: the host cannot be reached"];
  const configured = configuredDisks(world, host)?.find((each) => each.path === path);
  const inInventory = world.inventory.hosts[host]?.disks.some((each) => each.path === path);
  const words: string[] = [];
  if (configured === undefined) {
    words.push(removedDisks(facts).has(path) ? "taken out" : "not in mfshdd.cfg");
  }
  if (inInventory !== true) words.push("not in the inventory");
  if (listed === undefined) return [...words, "unknown: the chunkserver does not answer"];
  if (configured?.markedForRemoval === true) words.push("marked");
  if (disk === undefined) return configured === undefined ? words : [...words, "not in use"];
  if (disk.markedForRemoval && configured?.markedForRemoval !== true) words.push("marked in use");
  if (disk.invalid) words.push("cannot be used");
  else if (disk.damaged) words.push("damaged");
  else if (disk.scanPercent !== undefined) words.push(`scanning ${disk.scanPercent} %`);
  else words.push("in use");
  return words;
}

/** How far one target is, with what can be said of speed and end. */
export interface RemovalReport {
  readonly host: string;
  readonly paths: readonly string[];
  readonly state: RemovalState["state"];
  /** Why it is halted or not yet verified. */
  readonly reasons: readonly string[];
  /** Halted, but nothing is broken: the master will make up its mind by itself. */
  readonly waitsOnly: boolean;
  /** On the marked disks. */
  readonly chunks: number;
  readonly usedBytes: number;
  /** Chunks that still lack copies elsewhere; null while the master does not know. */
  readonly chunksLeft: number | null;
  readonly bytesLeft: number | null;
  readonly chunksPerSecond: number | null;
  readonly etaSeconds: number | null;
}

/** How many chunks were left when; a report that knows an earlier look tells the speed since then. */
export interface EarlierLook {
  readonly atMs: number;
  readonly left: number;
}

/** The report of one target. `nowMs` is this machine's time, as the facts' clock offsets are. */
export function removalReport(
  world: World,
  target: DiskTarget,
  nowMs: number,
  earlier?: EarlierLook,
): RemovalReport {
  const judged = removalState(world, target);
  const disks = listedDisks(world, target);
  const chunks = disks.reduce((sum, disk) => sum + disk.chunks, 0);
  const usedBytes = disks.reduce((sum, disk) => sum + disk.usedBytes, 0);
  const left = judged.state === "draining" ? (judged.left ?? null) : null;
  const look = earlier ?? sinceTheMark(world, target.host, chunks);
  const speed = left === null || look === undefined ? null : speedSince(look, left, nowMs);
  return {
    host: target.host,
    paths: target.paths,
    state: judged.state,
    reasons: "reasons" in judged ? judged.reasons : [],
    waitsOnly: "waitsOnly" in judged,
    chunks,
    usedBytes,
    chunksLeft: left,
    bytesLeft: left === null || chunks === 0 ? null : Math.round((left * usedBytes) / chunks),
    chunksPerSecond: speed,
    etaSeconds: etaOf(world, judged, speed),
  };
}

/** Every chunk of the disk was left when the chunkserver read the mark. */
function sinceTheMark(world: World, host: string, chunks: number): EarlierLook | undefined {
  const readMs = markReadMs(world, host);
  const offsetMs = world.facts.get(host)?.clockOffsetMs;
  if (readMs === undefined || offsetMs === undefined) return undefined;
  return { atMs: readMs - offsetMs, left: chunks };
}

function speedSince(look: EarlierLook, left: number, nowMs: number): number | null {
  const seconds = (nowMs - look.atMs) / 1000;
  const done = look.left - left;
  return seconds > 0 && done > 0 ? done / seconds : null;
}

function etaOf(world: World, judged: RemovalState, speed: number | null): number | null {
  const loop = world.cluster?.chunkLoop;
  // What is left to be seen takes at most the rest of this loop and two whole ones.
  if (judged.state === "verifying") {
    return loop === undefined || loop.start === 0 ? null : 3 * (loop.end - loop.start);
  }
  if (judged.state !== "draining" || judged.left === undefined || speed === null) return null;
  return Math.ceil(judged.left / speed);
}

/** Every target with a mark, one a server; a chunkserver that cannot be asked may have one, so it is named too. */
export function markedTargets(world: World): readonly DiskTarget[] {
  return chunkserverHosts(world.inventory).flatMap((host): readonly DiskTarget[] => {
    const paths = markedPaths(world, host);
    const unknown = !world.facts.has(host);
    return paths.length > 0 || unknown ? [{ host, paths }] : [];
  });
}

/** Paths that the file or the chunkserver of a host marks. */
export function markedPaths(world: World, host: string): readonly string[] {
  const files = configuredDisks(world, host)?.filter((disk) => disk.markedForRemoval) ?? [];
  const listed = world.disks?.get(host)?.filter((disk) => disk.markedForRemoval) ?? [];
  return [...new Set([...files, ...listed].map((disk) => disk.path.replace(/\/$/, "")))];
}
