// What must be true before a disk is marked, taken out, unmarked or added. Unknown refuses.

import type { World } from "../../facts/world.ts";
import { paths } from "../../layout.ts";
import type { Refusal } from "../../runner/phase.ts";
import { diskAt } from "../../wire/disks.ts";
import { removedDisks } from "../disk-state.ts";
import { sealState } from "../managed-files.ts";
import { mountedAt } from "../mounts.ts";
import { lackOfRoom, roomQuestion } from "./room.ts";
import { removalState, type RemovalState } from "./removal.ts";
import {
  chunkserverHosts,
  configuredDisks,
  disconnected,
  diskFile,
  serverOf,
  targetText,
  type DiskTarget,
} from "./servers.ts";

/** A file that mfsctl did not write as it stands is never touched. */
export function fileGates(world: World, host: string): readonly Refusal[] {
  if (!world.facts.has(host)) return [];
  const file = paths(world.inventory).disks;
  const content = diskFile(world, host);
  if (content === undefined) {
    return [
      {
        host,
        message: `Cannot change the disks: "${file}" does not exist, expected the file that deploy writes`,
        hint: "mfsctl deploy",
      },
    ];
  }
  const state = sealState(content);
  if (state === "ours") return [];
  const is =
    state === "edited" ? "it was edited by hand since mfsctl wrote it" : "mfsctl did not write it";
  return [
    {
      host,
      message: `Cannot change "${file}": ${is}, expected what mfsctl wrote`,
      hint: `mfsctl plan shows the difference; take it over into the inventory, then: mfsctl deploy --overwrite ${file}`,
    },
  ];
}

/** The disks must stand in the host's file. */
function listedGates(world: World, target: DiskTarget): readonly Refusal[] {
  const { host } = target;
  const configured = new Set(configuredDisks(world, host)?.map((disk) => disk.path));
  return target.paths
    .filter((path) => !configured.has(path))
    .map((path) => ({
      host,
      message: `Cannot find disk "${path}": it is not in mfshdd.cfg, expected one of ${[...configured].join(", ")}`,
      hint: `mfsctl disk list ${host}`,
    }));
}

/** True when file and chunkserver both know the marks. */
export function isMarked(world: World, target: DiskTarget): boolean {
  const configured = new Map(
    configuredDisks(world, target.host)?.map((disk) => [disk.path, disk.markedForRemoval]),
  );
  const listed = world.disks?.get(target.host) ?? [];
  return target.paths.every(
    (path) => configured.get(path) === true && diskAt(listed, path)?.markedForRemoval === true,
  );
}

/** Before a mark: everything connected and whole, no other server is being emptied, and the copies have room. */
export function markGates(world: World, target: DiskTarget): readonly Refusal[] {
  if (!world.facts.has(target.host)) return [];
  const first = [...fileGates(world, target.host), ...listedGates(world, target)];
  if (first.length > 0 || isMarked(world, target)) return first;
  const unhealthy = healthGates(world, target);
  if (unhealthy.length > 0) return unhealthy;
  return [...otherServerGates(world, target), ...roomGates(world, target)];
}

function refusalOf(target: DiskTarget, why: string, hint: string): Refusal {
  const { host } = target;
  return { host, message: `Cannot empty "${target.paths.join('", "')}": ${why}`, hint };
}

function healthGates(world: World, target: DiskTarget): readonly Refusal[] {
  const found = disconnected(world).map((why) =>
    refusalOf(target, `${why}, expected all chunkservers at work`, "mfsctl status"),
  );
  if (world.cluster === undefined || found.length > 0) return found;
  const { all, matrixExact } = world.cluster.chunks;
  if (!matrixExact) {
    const why = "the master is still counting copies, expected exact counts";
    return [refusalOf(target, why, "wait some seconds and try again")];
  }
  const broken = (
    [
      ["missing", all.missing],
      ["endangered", all.endangered],
    ] as const
  ).filter(([, count]) => count > 0);
  return broken.map(([name, count]) =>
    refusalOf(
      target,
      `${count} chunks are ${name}, expected none`,
      "mfsctl status shows the chunks; bring their servers back first",
    ),
  );
}

/** The master reports progress by server, so only one is emptied at a time. */
function otherServerGates(world: World, target: DiskTarget): readonly Refusal[] {
  return chunkserverHosts(world.inventory)
    .filter((host) => host !== target.host)
    .flatMap((host) => {
      const files = configuredDisks(world, host)?.filter((disk) => disk.markedForRemoval) ?? [];
      const listed = world.disks?.get(host)?.filter((disk) => disk.markedForRemoval) ?? [];
      const known = serverOf(world, host)?.removal.totalBytes ?? 0;
      if (files.length === 0 && listed.length === 0 && known === 0) return [];
      const other = (files[0]?.path ?? listed[0]?.path ?? "").replace(/\/$/, "");
      const hint = `mfsctl disk status ${host}:${other}, or: mfsctl disk cancel ${host}:${other}`;
      return [
        refusalOf(target, `${host}:${other} is marked too, expected one server at a time`, hint),
      ];
    });
}

function roomGates(world: World, target: DiskTarget): readonly Refusal[] {
  const marked = (configuredDisks(world, target.host) ?? [])
    .filter((disk) => disk.markedForRemoval)
    .map((disk) => disk.path);
  const leaving = { host: target.host, paths: [...new Set([...target.paths, ...marked])] };
  const lack = lackOfRoom(roomQuestion(world, leaving));
  if (lack === undefined) return [];
  const hint = "add space or a chunkserver, or lower the goal of those files: mfsctl goal set";
  return [refusalOf(target, `there is no room for its copies: ${lack}`, hint)];
}

/** Before disks are taken out: they are safe, as the cluster tells now. */
export function finalizeGates(world: World, target: DiskTarget): readonly Refusal[] {
  if (!world.facts.has(target.host)) return [];
  const first = fileGates(world, target.host);
  if (first.length > 0 || isTakenOut(world, target)) return first;
  const state = removalState(world, target);
  if (state.state === "safe" || state.state === "removed") return [];
  const { host } = target;
  const text = targetText(target);
  return [
    {
      host,
      message: `Cannot take out "${target.paths.join('", "')}": ${unsafeWords(state)}, expected "safe"`,
      hint:
        state.state === "notMarked"
          ? `mfsctl disk remove ${text} --wait --finalize`
          : `mfsctl disk status ${text}`,
    },
  ];
}

/** True for disks that a broken run of \`--finalize\` had already found safe and written out of the file. */
function isTakenOut(world: World, { host, paths }: DiskTarget): boolean {
  const facts = world.facts.get(host);
  const configured = configuredDisks(world, host);
  if (facts === undefined || configured === undefined) return false;
  const removed = removedDisks(facts);
  return paths.every((path) => removed.has(path) && !configured.some((disk) => disk.path === path));
}

function unsafeWords(state: Exclude<RemovalState, { state: "safe" | "removed" }>): string {
  switch (state.state) {
    case "notMarked":
      return "it is not marked for removal";
    case "draining":
      return state.left === undefined
        ? "the master is still counting copies"
        : `${state.left} chunks still lack copies elsewhere`;
    case "halted":
    case "verifying":
      return `${state.state === "halted" ? "it is halted" : "it is not verified"}: ${state.reasons.join("; ")}`;
    default:
      return state satisfies never;
  }
}

/** Before a mark is taken back. */
export function cancelGates(world: World, target: DiskTarget): readonly Refusal[] {
  if (!world.facts.has(target.host)) return [];
  return [...fileGates(world, target.host), ...listedGates(world, target)];
}

/** Before a disk is added: the inventory names it, and what must be mounted is. */
export function addGates(world: World, target: DiskTarget): readonly Refusal[] {
  const facts = world.facts.get(target.host);
  if (facts === undefined) return [];
  const { host } = target;
  const disks = world.inventory.hosts[host]?.disks ?? [];
  const found = target.paths.flatMap((path): readonly Refusal[] => {
    const disk = disks.find((each) => each.path === path);
    if (disk === undefined) {
      const message = `Cannot add disk "${path}": the inventory does not name it on ${host}, expected one of ${disks.map((each) => each.path).join(", ")}`;
      return [{ host, message, hint: `add it below hosts.${host}.disks, then try again` }];
    }
    if (disk.mountpoint !== "required" || mountedAt(facts, path) !== undefined) return [];
    const message = `Cannot add disk "${path}": no file system is mounted there, expected one (mountpoint: required)`;
    return [{ host, message, hint: `mount the disk at ${path} on ${host}, then try again` }];
  });
  return [...fileGates(world, host), ...found];
}
