// Is there room for the copies of disks that are to leave, where the goals can still be met? Pure arithmetic.
// A chunk of goal g has g - 1 copies elsewhere, and a further copy only goes to a server that holds none: so g other
// servers with room always suffice. Spec: semantics-master.md 6.1, 8.4 step 7.2 and 8.5.

import type { World } from "../../facts/world.ts";
import type { ChunkMatrix } from "../../wire/chunk-counts.ts";
import { diskAt } from "../../wire/disks.ts";
import { showBytes } from "../../checks/hint.ts";
import { chunkserverHosts, serverOf, strangers, type DiskTarget } from "./servers.ts";
import { listedDisks } from "./removal.ts";

/** The largest file of one chunk: 64 MiB and its header. */
const chunkFileBytesMax = 64 * 1024 * 1024 + 8 * 1024;
/** A server with less than this part of its space free counts as full. */
const fullShare = 0.01;

/** How much must move, and what is free where. */
export interface RoomQuestion {
  readonly neededBytes: number;
  /** Goals that chunks have now. */
  readonly goals: readonly number[];
  /** Free space of each other server's regular disks. */
  readonly othersFreeBytes: readonly number[];
  /** Free space of the same server's disks that stay; undefined when none stays. */
  readonly ownFreeBytes: number | undefined;
}

/** Undefined when there is room, else what is too small, in words. */
export function lackOfRoom(question: RoomQuestion): string | undefined {
  const { neededBytes, goals, othersFreeBytes, ownFreeBytes } = question;
  const takers = takersCount(neededBytes, othersFreeBytes);
  const servers = othersFreeBytes.length + 1;
  for (const goal of goals.toSorted((left, right) => right - left)) {
    if (goal <= takers) continue;
    // With a copy on every server, the master only moves within the same server.
    if (goal >= servers && ownFreeBytes !== undefined) {
      if (ownFreeBytes >= neededBytes) continue;
      return `chunks of goal ${goal} have a copy on every server and can only move to the other disks of the same server, where ${showBytes(ownFreeBytes)} are free of ${showBytes(neededBytes)} needed`;
    }
    return `chunks of goal ${goal} are in use and ${takers} other servers have room for an even share of ${showBytes(neededBytes)}, expected ${goal}`;
  }
  return undefined;
}

/** The largest number of servers each of which has room for an even share. */
function takersCount(neededBytes: number, freeBytes: readonly number[]): number {
  const sorted = freeBytes.filter((free) => free > 0).toSorted((left, right) => right - left);
  let takers = 0;
  sorted.forEach((free, index) => {
    if (free >= neededBytes / (index + 1)) takers = index + 1;
  });
  return takers;
}

/** The question for disks of a world whose servers have all been asked. */
export function roomQuestion(world: World, target: DiskTarget): RoomQuestion {
  const disks = listedDisks(world, target);
  const others = [
    ...chunkserverHosts(world.inventory)
      .filter((host) => host !== target.host)
      .map((host) => serverOf(world, host)),
    ...strangers(world),
  ];
  const staying = (world.disks?.get(target.host) ?? []).filter(
    (disk) =>
      !disk.markedForRemoval &&
      !disk.damaged &&
      !disk.invalid &&
      diskAt(disks, disk.path) === undefined,
  );
  return {
    neededBytes: disks.reduce(
      (sum, disk) => sum + Math.min(disk.usedBytes, disk.chunks * chunkFileBytesMax),
      0,
    ),
    goals: goalsInUse(world.cluster?.chunks.matrix.all ?? []),
    othersFreeBytes: others.flatMap((server) => (server === undefined ? [] : freeOf(server))),
    ownFreeBytes:
      staying.length === 0
        ? undefined
        : staying.reduce((sum, disk) => sum + (freeOf(disk)[0] ?? 0), 0),
  };
}

function freeOf(space: { readonly usedBytes: number; readonly totalBytes: number }): number[] {
  if (space.totalBytes === 0) return [];
  return [Math.max(0, space.totalBytes * (1 - fullShare) - space.usedBytes)];
}

/** Goals of chunks that belong to a file. */
function goalsInUse(matrix: ChunkMatrix): readonly number[] {
  return matrix.flatMap((row, goal) => (goal > 0 && row.some((count) => count > 0) ? [goal] : []));
}
