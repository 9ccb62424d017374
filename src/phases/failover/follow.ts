// After the new master: the first write of a client, and the proof that everybody is back.

import { factsOf, type World } from "../../facts/world.ts";
import { firstWriteFile, hostsWith, mountUnit, unitOf } from "../../layout.ts";
import type { Action, Probe } from "../../runner/actions.ts";
import type { Phase } from "../../runner/phase.ts";
import { firstWrite } from "../../shell/metadata.ts";
import { mountedAt } from "../mounts.ts";

/** Title of the step whose end is the end of the outage. */
export const firstWriteTitle = "Wait for the first client write";

const firstWriteSeconds = 180;
const returnSeconds = 120;

/** Mounts of the inventory that are up on a host. */
function liveMounts(world: World, host: string) {
  const facts = factsOf(world, host);
  return (world.inventory.hosts[host]?.mounts ?? []).filter(
    ({ path }) =>
      facts.units.get(mountUnit(path))?.active === "active" && mountedAt(facts, path) !== undefined,
  );
}

/** The first client of the inventory with a live mount; nobody where there is none. */
function firstClient(world: World): readonly string[] {
  return hostsWith(world.inventory, "client")
    .filter((host) => world.facts.has(host) && liveMounts(world, host).length > 0)
    .slice(0, 1);
}

/** A client writes a byte with fsync through its mount: master and chunkservers serve again. Once for each failover. */
export const waitForFirstWrite: Phase = {
  title: "See a client write",
  hosts: firstClient,
  plan: (host, world) => {
    const token = `${world.mastership.token}\n`;
    const present = factsOf(world, host).paths.get(firstWriteFile)?.content;
    const mount = liveMounts(world, host)[0];
    // The record of a first deploy is 1: nothing was interrupted then.
    if (mount === undefined || world.mastership.token <= 1 || present === token) return [];
    return [
      {
        kind: "run",
        title: firstWriteTitle,
        command: firstWrite(mount.path, firstWriteSeconds),
        hint: "mfsctl status shows the cluster; then: mfsctl resume",
      },
      {
        kind: "write",
        title: "Note that it wrote",
        path: firstWriteFile,
        content: token,
        mode: 0o644,
        owner: "root",
        group: "root",
        present,
      },
    ];
  },
};

function waitUntil(title: string, probe: Probe): Action {
  return { kind: "wait", title, probe, timeoutSeconds: returnSeconds };
}

/** Every chunkserver that runs is registered with the new master. */
export const waitForChunkservers: Phase = {
  title: "Wait for chunkservers",
  hosts: (world) => hostsWith(world.inventory, "chunkserver"),
  needs: ["cluster"],
  plan: (host, world) => {
    const { units, addresses } = factsOf(world, host);
    if (units.get(unitOf("chunkserver"))?.active !== "active") return [];
    const here = world.cluster?.chunkservers.some(
      (server) => server.connected && addresses.includes(server.ip),
    );
    if (here === true) return [];
    return [waitUntil("Wait for registration", { probe: "chunkserverConnected", addresses })];
  },
};

/** No chunk is missing; not asked while a chunkserver's host is out of reach, for then some may well be. */
export const waitForChunks: Phase = {
  title: "See that no chunk is missing",
  hosts: (world) => [world.mastership.host],
  needs: ["cluster"],
  plan: (_host, world) => {
    const silent = hostsWith(world.inventory, "chunkserver").some((host) => !world.facts.has(host));
    const chunks = world.cluster?.chunks;
    if (silent || (chunks?.matrixExact === true && chunks.all.missing === 0)) return [];
    return [waitUntil("Wait for all chunks", { probe: "noChunkMissing" })];
  },
};

/** The sessions of all live mounts are back. */
export const waitForClients: Phase = {
  title: "Wait for clients",
  hosts: (world) => hostsWith(world.inventory, "client"),
  needs: ["cluster"],
  plan: (host, world) => {
    const { addresses } = factsOf(world, host);
    return liveMounts(world, host)
      .filter(
        ({ path }) =>
          world.cluster?.sessions.some(
            (each) => each.connected && addresses.includes(each.ip) && each.info === path,
          ) !== true,
      )
      .map(({ path }) =>
        waitUntil(`Wait for ${path}`, { probe: "mountConnected", addresses, path }),
      );
  },
};
