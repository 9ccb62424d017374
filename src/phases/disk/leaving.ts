// A chunkserver that leaves for good: it is emptied, stopped, its entries deleted, its machine powered off and on by a
// person, and forgotten by the master. Field guide: "移除chunkserver", nine steps.

import { factsOf, type World } from "../../facts/world.ts";
import { dataEndpoint } from "../../facts/disks.ts";
import { bootIdFile, metadataHosts, removedNodesFile, unitOf } from "../../layout.ts";
import { run, type Action } from "../../runner/actions.ts";
import type { Phase, Refusal } from "../../runner/phase.ts";
import type { Disks } from "./change.ts";
import { changeDiskFiles } from "./disk-file.ts";
import { finalizeGates } from "./gates.ts";
import { chunksLeft } from "./removal.ts";
import { configuredDisks, disconnected, serverOf } from "./servers.ts";

/** What was seen when a chunkserver was found empty: how the master knows it, and its machine's boot. */
export interface LeavingRecord {
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly bootId: string;
}

const line = /^([A-Za-z0-9][A-Za-z0-9.-]*) (\d+\.\d+\.\d+\.\d+) (\d{1,5}) ([0-9a-f-]{36}|unknown)$/;

/** Parses the file of leaving nodes; other lines are passed over. */
export function parseLeaving(content: string): readonly LeavingRecord[] {
  return content.split("\n").flatMap((text) => {
    const [, host, address, port, bootId] = line.exec(text) ?? [];
    if (host === undefined || address === undefined || bootId === undefined) return [];
    return [{ host, address, port: Number(port), bootId }];
  });
}

/** All disks of a host. */
export function everyDisk(host: string): Disks {
  return {
    host,
    of: (world) => ({ host, paths: configuredDisks(world, host)?.map((disk) => disk.path) ?? [] }),
  };
}

/** The record of a host, from any metadata host that answered. */
export function leavingRecord(world: World, host: string): LeavingRecord | undefined {
  return metadataHosts(world.inventory)
    .flatMap((name) => parseLeaving(contentOn(world, name)))
    .find((record) => record.host === host);
}

function contentOn(world: World, metadataHost: string): string {
  return world.facts.get(metadataHost)?.paths.get(removedNodesFile)?.content ?? "";
}

/** True once the entries are gone, the master has forgotten it, and no record is left. */
export function hasLeft(world: World, host: string): boolean {
  return (
    configuredDisks(world, host)?.length === 0 &&
    leavingRecord(world, host) === undefined &&
    world.cluster !== undefined &&
    serverOf(world, host) === undefined
  );
}

/** Before the chunkserver stops: empty, as the cluster tells now. Later: still nobody misses its copies. */
function leavingGates(world: World, host: string): readonly Refusal[] {
  if (hasLeft(world, host)) return [];
  if (leavingRecord(world, host) === undefined || isActive(world, host)) {
    const target = everyDisk(host).of(world);
    if (world.facts.has(host) && target.paths.length > 0) return finalizeGates(world, target);
    const why = world.facts.has(host) ? "it has no disk in its file" : "it cannot be reached";
    return [refusal(host, `${why} and was not seen empty before`, `mfsctl disk list ${host}`)];
  }
  const why = [...disconnected(world, host)];
  const chunks = world.cluster?.chunks;
  if (chunks !== undefined && !chunks.matrixExact) why.push("the master is still counting copies");
  if (chunks !== undefined && chunks.all.missing + chunks.all.endangered > 0) {
    why.push(`${chunks.all.missing} chunks are missing, ${chunks.all.endangered} endangered`);
  }
  if (world.cluster !== undefined && chunks?.matrixExact === true) {
    const left = chunksLeft(world, world.cluster);
    if (left > 0) why.push(`${left} chunks lack copies on the others`);
  }
  return why.map((text) =>
    refusal(host, text, "mfsctl status; try again when the others are whole"),
  );
}

function refusal(host: string, why: string, hint: string): Refusal {
  return { host, message: `Cannot remove "${host}": ${why}, expected that nobody needs it`, hint };
}

function isActive(world: World, host: string): boolean {
  const state = world.facts.get(host)?.units.get(unitOf("chunkserver"))?.active;
  return state !== undefined && state !== "inactive" && state !== "failed";
}

/** Writes down, on the metadata hosts, that the node was seen empty: it may be off for days. */
export function recordLeaving(host: string): Phase {
  return {
    title: "Record that the chunkserver is empty",
    hosts: reachableMetadataHosts,
    needs: ["cluster"],
    gates: (world) => leavingGates(world, host),
    plan: (name, world) => {
      if (hasLeft(world, host)) return [];
      const record = isActive(world, host) ? seenNow(world, host) : leavingRecord(world, host);
      if (record === undefined) return [];
      return writeRecords(world, name, (others) => [...others, record], host);
    },
  };
}

function seenNow(world: World, host: string): LeavingRecord | undefined {
  const server = serverOf(world, host);
  if (server === undefined) return undefined;
  const bootId = factsOf(world, host).paths.get(bootIdFile)?.content?.trim() ?? "unknown";
  return { host, address: server.ip, port: server.port, bootId };
}

function reachableMetadataHosts(world: World): readonly string[] {
  return metadataHosts(world.inventory).filter((name) => world.facts.has(name));
}

function writeRecords(
  world: World,
  on: string,
  change: (others: readonly LeavingRecord[]) => readonly LeavingRecord[],
  host: string,
): readonly Action[] {
  const present = world.facts.get(on)?.paths.get(removedNodesFile)?.content;
  const others = parseLeaving(present ?? "").filter((record) => record.host !== host);
  const content = change(others)
    .map((record) => `${record.host} ${record.address} ${record.port} ${record.bootId}\n`)
    .join("");
  if (content === (present ?? "")) return [];
  return [
    {
      kind: "write",
      title: `Record which nodes leave`,
      path: removedNodesFile,
      content,
      mode: 0o644,
      owner: "root",
      group: "root",
      present,
    },
  ];
}

/** Stops the chunkserver and keeps it from starting at the next boot. */
export function stopForGood(host: string): Phase {
  return {
    title: "Stop the chunkserver",
    hosts: () => [host],
    plan: (_host, world) => {
      if (hasLeft(world, host)) return [];
      const unit = unitOf("chunkserver");
      const state = factsOf(world, host).units.get(unit);
      const actions: Action[] = [];
      if (isActive(world, host)) {
        const options = { timeoutMs: 10 * 60_000, hint: `mfsctl logs --node ${host} shows why` };
        actions.push(run(`Stop ${unit}`, ["systemctl", "stop", unit], options));
      }
      if (state?.file === "enabled") {
        actions.push(run(`Disable ${unit}`, ["systemctl", "disable", unit]));
      }
      return actions;
    },
  };
}

/** Deletes the entries of all its disks; the chunkserver does not run. */
export function deleteEntries(host: string): Phase {
  return {
    title: "Delete the entries of its disks",
    hosts: () => [host],
    plan: (_host, world) => changeDiskFiles(world, everyDisk(host).of(world), "takeOut"),
  };
}

/** The human step. It is done when the machine is back with another boot, or said to be gone. */
export function pauseForHands(host: string, gone: boolean): Phase {
  return {
    title: "Power off, pull the disks, power on",
    hosts: (world) => [world.mastership.host],
    plan: (_host, world) => {
      const record = leavingRecord(world, host);
      if (gone || record === undefined || hasNewBoot(world, record)) return [];
      return [
        {
          kind: "pause",
          title: `Wait for hands at ${host}`,
          instruction: `power off ${host}, pull its disks and power it on again; where the machine itself goes away: mfsctl node remove ${host} --finalize --gone`,
        },
      ];
    },
  };
}

function hasNewBoot(world: World, record: LeavingRecord): boolean {
  const now = world.facts.get(record.host)?.paths.get(bootIdFile)?.content?.trim();
  return now !== undefined && record.bootId !== "unknown" && now !== record.bootId;
}

/** Takes the disconnected server out of the master's list. */
export function forgetServer(host: string): Phase {
  return {
    title: "Make the master forget the chunkserver",
    hosts: (world) => [world.mastership.host],
    needs: ["cluster"],
    plan: (_host, world) => {
      const server = serverOf(world, host);
      const record = leavingRecord(world, host);
      if (server === undefined && record === undefined) return [];
      const address = server?.ip ?? record?.address ?? "";
      const port = server?.port ?? record?.port ?? dataEndpoint(world.inventory, host).port;
      if (!world.cluster?.chunkservers.some((each) => each.ip === address && each.port === port)) {
        return [];
      }
      return [{ kind: "forget", title: `Forget ${address}:${port}`, address, port }];
    },
  };
}

/** The node has left: its record is no longer needed. */
export function dropRecord(host: string): Phase {
  return {
    title: "Close the record",
    hosts: reachableMetadataHosts,
    plan: (name, world) => writeRecords(world, name, (others) => others, host),
  };
}
