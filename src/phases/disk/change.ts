// The phases of the disk commands: each changes the disks of one chunkserver and sees on the wire that it took effect.

import type { World } from "../../facts/world.ts";
import type { Action } from "../../runner/actions.ts";
import type { Phase } from "../../runner/phase.ts";
import { prepareDisk } from "../deploy/configure.ts";
import { changeDisks } from "./disk-file.ts";
import { addGates, cancelGates, finalizeGates, markGates } from "./gates.ts";
import type { DiskTarget } from "./servers.ts";

/** The disks in question, which the world may decide: all of a host that leaves. */
export interface Disks {
  readonly host: string;
  readonly of: (world: World) => DiskTarget;
}

/** Always these disks. */
export function theDisks(target: DiskTarget): Disks {
  return { host: target.host, of: () => target };
}

/** How long the loss of the last copies may take to be counted. */
const countSeconds = 120;

/** Marks disks for removal: their chunks are replicated away. Field guide: "移除磁盘". */
export function markDisks(disks: Disks): Phase {
  return {
    title: "Mark for removal",
    hosts: () => [disks.host],
    needs: ["cluster"],
    gates: (world) => markGates(world, disks.of(world)),
    plan: (_host, world) => changeDisks(world, disks.of(world), "mark"),
  };
}

/** Takes the mark back. */
export function unmarkDisks(disks: Disks): Phase {
  return {
    title: "Take the mark back",
    hosts: () => [disks.host],
    needs: ["cluster"],
    gates: (world) => cancelGates(world, disks.of(world)),
    plan: (_host, world) => changeDisks(world, disks.of(world), "unmark"),
  };
}

/** Deletes the entries of disks that are safe to pull, and sees that nothing was lost by it. */
export function takeOutDisks(disks: Disks): Phase {
  return {
    title: "Take out of service",
    hosts: () => [disks.host],
    needs: ["cluster"],
    gates: (world) => finalizeGates(world, disks.of(world)),
    plan: (_host, world) => thenNothingMissing(changeDisks(world, disks.of(world), "takeOut")),
  };
}

function thenNothingMissing(actions: readonly Action[]): readonly Action[] {
  if (actions.length === 0) return [];
  return [
    ...actions,
    {
      kind: "wait",
      title: "Wait until the master has counted the copies again",
      probe: { probe: "noChunkMissing" },
      timeoutSeconds: countSeconds,
      hint: "mfsctl status shows the chunks; do not touch the disk: mfsctl disk add puts it back",
    },
  ];
}

/** Prepares the folders of disks that the inventory names. */
export function prepareNewDisks(disks: Disks): Phase {
  return {
    title: "Prepare the folder",
    hosts: () => [disks.host],
    gates: (world) => addGates(world, disks.of(world)),
    plan: (host, world) => {
      const { paths } = disks.of(world);
      return (world.inventory.hosts[host]?.disks ?? [])
        .filter(({ path }) => paths.includes(path))
        .flatMap((disk) => prepareDisk(world, host, disk));
    },
  };
}

/** Adds disks to the file. */
export function addDisks(disks: Disks): Phase {
  return {
    title: "Put into service",
    hosts: () => [disks.host],
    needs: ["cluster"],
    plan: (_host: string, world: World) => changeDisks(world, disks.of(world), "add"),
  };
}
