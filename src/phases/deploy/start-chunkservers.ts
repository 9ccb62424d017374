// Deploy, chunkservers: started or told to read their files all at once, restarted one at a time, each proven by the
// master's word that it is connected and by its own that it uses its disks. Spec: wire-admin.md 5.1.

import { factsOf, type World } from "../../facts/world.ts";
import { hostsWith, paths, unitOf } from "../../layout.ts";
import type { Action } from "../../runner/actions.ts";
import type { Phase } from "../../runner/phase.ts";
import { diskAt } from "../../wire/disks.ts";
import { markedDisks, removedDisks } from "../disk-state.ts";
import { mountedAt } from "../mounts.ts";
import { answers, chunksCameBack } from "../services/answers.ts";
import { unitActions, unitNeed } from "../units.ts";

const diskSeconds = 60;

/** Chunkservers are registered with the master, and use their disks. */
export const startChunkservers: Phase = {
  title: "Start chunkservers",
  hosts: chunkserverHosts,
  needs: ["cluster"],
  plan: (host, world) => {
    const unit = unitOf("chunkserver");
    if (unitNeed(world, host, unit) === "restart") return [];
    const actions = unitActions(world, host, unit);
    return actions.length === 0 && serves(world, host)
      ? []
      : [...actions, ...chunkserverAnswers(world, host)];
  },
};

/** Chunkservers whose process itself must change; the next one waits until no chunk lacks all of its copies. */
export const restartChunkservers: Phase = {
  title: "Restart chunkservers, one at a time",
  hosts: chunkserverHosts,
  batch: 1,
  needs: ["cluster"],
  plan: (host, world) => {
    const unit = unitOf("chunkserver");
    if (unitNeed(world, host, unit) !== "restart") return [];
    return [
      ...unitActions(world, host, unit),
      ...chunkserverAnswers(world, host),
      ...chunksCameBack(world),
    ];
  },
};

/** Hosts that serve chunks; one whose disks were all taken out (`node remove`) stays stopped until `disk add`. */
function chunkserverHosts(world: World): readonly string[] {
  return hostsWith(world.inventory, "chunkserver").filter((host) => {
    const facts = world.facts.get(host);
    const removed = facts === undefined ? new Set<string>() : removedDisks(facts);
    return world.inventory.hosts[host]?.disks.some(({ path }) => !removed.has(path)) === true;
  });
}

function chunkserverAnswers(world: World, host: string): readonly Action[] {
  return [
    answers(world, { host, role: "chunkserver", unit: unitOf("chunkserver") }),
    ...usableDisks(world, host).map((path): Action => ({
      kind: "wait",
      title: `See that ${path} is used`,
      probe: { probe: "disk", path, expected: "unmarked" },
      timeoutSeconds: diskSeconds,
      hint: `mfsctl logs --node ${host} shows what the chunkserver says of ${path}`,
    })),
  ];
}

/** Disks that the chunkserver should use: not taken out, not marked, and mounted where that is required. */
function usableDisks(world: World, host: string): readonly string[] {
  const facts = factsOf(world, host);
  const removed = removedDisks(facts);
  const marked = markedDisks(facts, paths(world.inventory).disks);
  return (world.inventory.hosts[host]?.disks ?? [])
    .filter(({ path }) => !removed.has(path) && !marked.has(path))
    .filter(({ path, mountpoint }) => mountpoint !== "required" || mountedAt(facts, path))
    .map(({ path }) => path);
}

/** The master sees the chunkserver, and it uses its disks; where nobody asked for disks, they are not judged. */
function serves(world: World, host: string): boolean {
  const { addresses } = factsOf(world, host);
  const connected = world.cluster?.chunkservers.some(
    (server) => server.connected && addresses.includes(server.ip),
  );
  if (connected !== true) return false;
  if (world.disks === undefined) return true;
  const listed = world.disks.get(host) ?? [];
  return usableDisks(world, host).every((path) => {
    const disk = diskAt(listed, path);
    return disk !== undefined && !disk.damaged && !disk.invalid && !disk.markedForRemoval;
  });
}
