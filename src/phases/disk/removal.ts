// How far a marked disk is emptied, derived from the cluster's present state alone, so that any machine can tell, days
// later. Only "safe" allows to pull the disk, and everything unknown speaks against it.
// Spec: semantics-master.md 2.2, 8.4 and 9.2; wire-admin.md 3.2, 3.6, 3.7 and 5.1. Reasons: docs/disk-removal.md.

import type { World } from "../../facts/world.ts";
import { stampFolder, paths, unitOf } from "../../layout.ts";
import type { ChunkMatrix } from "../../wire/chunk-counts.ts";
import type { ClusterState } from "../../wire/cluster-state.ts";
import { diskAt, type Disk } from "../../wire/disks.ts";
import { removedDisks } from "../disk-state.ts";
import { hasRead } from "../stamps.ts";
import {
  configuredDisks,
  disconnected,
  diskFile,
  holdersCount,
  serverOf,
  type DiskTarget,
} from "./servers.ts";

/** `reasons` are sentences without a full stop; `left` is undefined while the master's counts are not exact. */
export type RemovalState =
  | { readonly state: "notMarked" }
  /** Taken out by `--finalize`; the disk can be pulled. */
  | { readonly state: "removed" }
  /** `waitsOnly`: nothing is broken, the master has only not made up its mind. */
  | { readonly state: "halted"; readonly reasons: readonly string[]; readonly waitsOnly?: true }
  | { readonly state: "draining"; readonly left: number | undefined }
  | { readonly state: "verifying"; readonly reasons: readonly string[] }
  | { readonly state: "safe" };

/** After a reload the chunkserver needs a moment to read its file and to tell the master each chunk anew. */
const settleMs = 10_000;

/** Judges the disks of a target together: the state of the one that is farthest from safe. */
export function removalState(world: World, target: DiskTarget): RemovalState {
  const place = placeOf(world, target);
  if (place !== "marked") return place;
  const lost = haltReasons(world, target);
  if (lost.length > 0) return { state: "halted", reasons: lost };
  const { cluster } = world;
  const status = serverOf(world, target.host)?.removal.status;
  if (cluster === undefined || status === undefined) {
    return { state: "halted", reasons: ["the master does not answer"] };
  }
  if (!cluster.chunks.matrixExact) return { state: "draining", left: undefined };
  const left = chunksLeft(world, cluster);
  if (left > 0) return { state: "draining", left };
  if (status === "unknown") {
    const why =
      "the master's removal status is unknown, as after its start or after any chunkserver was disconnected; it takes two whole chunk loops";
    return { state: "halted", reasons: [why], waitsOnly: true };
  }
  const doubts = openQuestions(world, target, cluster);
  return doubts.length > 0 ? { state: "verifying", reasons: doubts } : { state: "safe" };
}

/** Chunks that do not have, on disks that stay, as many copies as they can have. */
export function chunksLeft(world: World, cluster: ClusterState): number {
  const holders = holdersCount(world);
  return cells(cluster.chunks.matrix.regular)
    .filter(({ goal, copies }) => goal > 0 && copies < Math.min(goal, holders))
    .reduce((sum, { count }) => sum + count, 0);
}

/** The target's disks as their chunkserver lists them. */
export function listedDisks(world: World, { host, paths }: DiskTarget): readonly Disk[] {
  const all = world.disks?.get(host) ?? [];
  return paths.flatMap((path) => diskAt(all, path) ?? []);
}

/** When the chunkserver last read its file, on its host's clock; undefined when it has not read what stands there. */
export function markReadMs(world: World, host: string): number | undefined {
  const content = diskFile(world, host);
  const file = { host, unit: unitOf("chunkserver"), path: paths(world.inventory).disks };
  if (content === undefined || !hasRead(world, file, content)) return undefined;
  return world.facts.get(host)?.paths.get(`${stampFolder}/${file.unit}`)?.mtimeMs;
}

/** Where the target stands as its host tells; "marked" goes on to be judged. */
function placeOf(world: World, target: DiskTarget): RemovalState | "marked" {
  const { host } = target;
  const facts = world.facts.get(host);
  const lost = world.unreachable.get(host);
  if (facts === undefined) {
    const why = `${host} cannot be asked${lost === undefined ? "" : `: ${lost.message}`}`;
    return { state: "halted", reasons: [why] };
  }
  const configured = new Map(configuredDisks(world, host)?.map((disk) => [disk.path, disk]));
  const listed = world.disks?.get(host);
  const inFile = target.paths.filter((path) => configured.get(path)?.markedForRemoval === true);
  const inUse = target.paths.filter((path) => diskAt(listed ?? [], path) !== undefined);
  const removed = removedDisks(facts);
  if (
    inUse.length === 0 &&
    target.paths.every((path) => removed.has(path) && !configured.has(path))
  ) {
    return { state: "removed" };
  }
  if (inFile.length > 0 && listed === undefined) {
    return { state: "halted", reasons: [`the chunkserver of ${host} does not answer`] };
  }
  const marked = target.paths.filter(
    (path) => diskAt(listed ?? [], path)?.markedForRemoval === true,
  );
  if (marked.length === target.paths.length) return "marked";
  if (inFile.length === 0) return { state: "notMarked" };
  const why = `the chunkserver of ${host} does not list every disk that its file marks`;
  return { state: "halted", reasons: [why] };
}

function haltReasons(world: World, target: DiskTarget): readonly string[] {
  const reasons = [...disconnected(world)];
  for (const disk of listedDisks(world, target)) {
    if (disk.invalid) reasons.push(`the chunkserver cannot use ${disk.path}`);
    else if (disk.damaged) reasons.push(`${disk.path} is damaged: its copies no longer count`);
    else if (disk.scanPercent !== undefined) {
      reasons.push(`${disk.path} is still being scanned (${disk.scanPercent} %)`);
    }
  }
  const all = world.cluster?.chunks.all;
  if (all !== undefined && world.cluster?.chunks.matrixExact === true) {
    if (all.missing > 0) reasons.push(`${all.missing} chunks are missing`);
    if (all.endangered > 0) reasons.push(`${all.endangered} chunks are endangered`);
  }
  return reasons;
}

/** What still has to be seen although every chunk has its copies. */
function openQuestions(world: World, target: DiskTarget, cluster: ClusterState): readonly string[] {
  const doubts: string[] = [];
  if (serverOf(world, target.host)?.removal.status !== "ready") {
    doubts.push("the master has not yet gone through all chunks without finding work");
  }
  const unseen = unseenCopies(world, cluster);
  if (unseen > 0) doubts.push(`the master does not count ${unseen} copies on marked disks as such`);
  const read = markReadMs(world, target.host);
  if (read === undefined) {
    doubts.push(
      `nobody knows since when the chunkserver knows the mark: mfsctl reload --role chunkserver --node ${target.host}`,
    );
  } else if (cluster.chunkLoop.start * 1000 < masterTime(world, target.host, read) + settleMs) {
    doubts.push("no chunk loop has begun and ended since the mark was read");
  }
  return doubts;
}

/** Copies that marked disks hold and that the master takes for regular ones, or does not know. */
function unseenCopies(world: World, cluster: ClusterState): number {
  const held = [...(world.disks?.values() ?? [])]
    .flat()
    .filter((disk) => disk.markedForRemoval && !disk.damaged && !disk.invalid)
    .reduce((sum, disk) => sum + disk.chunks, 0);
  const { all, regular } = cluster.chunks.matrix;
  return Math.max(0, held - (copies(all) - copies(regular)));
}

function copies(matrix: ChunkMatrix): number {
  return cells(matrix).reduce((sum, { copies, count }) => sum + copies * count, 0);
}

function cells(matrix: ChunkMatrix) {
  return matrix.flatMap((row, goal) => row.map((count, copies) => ({ goal, copies, count })));
}

/** A time of a host's clock on the master's clock, as late as the measured difference allows. */
function masterTime(world: World, host: string, timeMs: number): number {
  const own = world.facts.get(host);
  const master = world.facts.get(world.mastership.host);
  if (own === undefined || master === undefined) return Number.POSITIVE_INFINITY;
  const doubtMs = own.clockErrorMs + master.clockErrorMs;
  return timeMs - own.clockOffsetMs + master.clockOffsetMs + doubtMs;
}
