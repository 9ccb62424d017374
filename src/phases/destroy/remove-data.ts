// Destroy with --remove-data: chunks first, metadata last, so that a run that was cut off leaves no chunks whose files
// nobody can name. Only folders of the inventory, never through a link, never what is not mounted where it must be.

import { factsOf, type World } from "../../facts/world.ts";
import {
  hostsWith,
  masterFile,
  metadataHosts,
  paths,
  removedDisksFile,
  unitOf,
} from "../../layout.ts";
import type { Action } from "../../runner/actions.ts";
import { run } from "../../runner/actions.ts";
import type { Phase, Refusal } from "../../runner/phase.ts";
import { emptyDisk, emptyFolder } from "../../shell/destroy.ts";
import { removedDisks } from "../disk-state.ts";
import { mountedAt } from "../mounts.ts";

const allHosts = (world: World) => Object.keys(world.inventory.hosts);
const linkHint = "name the true folder in the inventory, then: mfsctl resume";

/** The cluster's own id, 16 hex digits, where a metadata host still shows one (metadata-file.md 1). */
export function clusterId(world: World): string | undefined {
  const data = paths(world.inventory).data;
  for (const name of [world.mastership.host, ...metadataHosts(world.inventory)]) {
    for (const file of ["metadata.mfs", "metadata.mfs.back", "metadata_ml.mfs.back"]) {
      const head = world.facts.get(name)?.heads.get(`${data}/${file}`) ?? "";
      const id = head.length === 48 ? head.slice(32) : "";
      if (id !== "" && !/^0*$/.test(id)) return id;
    }
  }
  return undefined;
}

/** A disk whose mark names another file system holds somebody else's chunks. */
function foreignDisks(world: World): readonly Refusal[] {
  const ours = clusterId(world);
  return hostsWith(world.inventory, "chunkserver").flatMap((host) =>
    (world.inventory.hosts[host]?.disks ?? []).flatMap(({ path }): readonly Refusal[] => {
      const theirs = world.facts.get(host)?.heads.get(`${path}/.metaid`);
      if (ours === undefined || theirs === undefined || theirs === ours) return [];
      return [
        {
          host,
          message: `Cannot empty "${path}": it belongs to the file system ${theirs}, expected ${ours}`,
          hint: `take ${path} of ${host} out of the inventory`,
        },
      ];
    }),
  );
}

/** Chunks and their folders' marks; other files on the same disks stay. */
export const removeChunks: Phase = {
  title: "Remove chunks",
  hosts: (world) => hostsWith(world.inventory, "chunkserver"),
  gates: foreignDisks,
  plan: (host, world) => {
    const facts = factsOf(world, host);
    // A disk that was taken out for good may hold anything by now.
    const out = removedDisks(facts);
    const disks = (world.inventory.hosts[host]?.disks ?? []).filter(({ path }) => !out.has(path));
    return disks.flatMap((disk): readonly Action[] => {
      const unmounted = mountedAt(facts, disk.path) === undefined;
      if (disk.mountpoint === "required" && unmounted) return [];
      const folder = disk.link_to ?? disk.path;
      const entries = facts.paths.get(folder)?.entries ?? [];
      const isLink =
        disk.link_to !== undefined && facts.paths.get(disk.path)?.target === disk.link_to;
      const link = isLink
        ? [run(`Remove the link ${disk.path}`, ["rm", "-f", "--", disk.path])]
        : [];
      if (!entries.some((name) => /^([0-9A-F]{2}|\.metaid|\.lock|\.chunkdb.*)$/.test(name))) {
        return link;
      }
      return [
        {
          kind: "run",
          title: `Remove the chunks in ${folder}`,
          command: emptyDisk(folder),
          hint: linkHint,
        },
        ...link,
      ];
    });
  },
};

/** DATA_PATH of every host, and the record of who is master. Never under a daemon that runs. */
export const removeMetadata: Phase = {
  title: "Remove metadata",
  hosts: allHosts,
  plan: (host, world) => {
    const facts = factsOf(world, host);
    const { data } = paths(world.inventory);
    const marks = [masterFile, removedDisksFile].filter((path) => facts.paths.has(path));
    const actions: Action[] = [];
    if ((facts.paths.get(data)?.entries ?? []).length > 0) {
      const title = `Empty ${data}`;
      actions.push({ kind: "run", title, command: emptyFolder(data), hint: linkHint });
    }
    if (marks.length > 0) {
      actions.push(run("Forget who is master", ["rm", "-f", "--", ...marks]));
    }
    return actions;
  },
  gatesOnlyInTurn: true,
  gates: (world) =>
    [...world.facts].flatMap(([host, facts]) =>
      (["master", "metalogger", "chunkserver"] as const)
        .filter((daemon) => facts.units.get(unitOf(daemon))?.active === "active")
        .map((daemon) => ({
          host,
          message: `Cannot remove data under ${unitOf(daemon)}: it runs, expected it stopped`,
          hint: `mfsctl exec --node ${host} -- systemctl stop ${unitOf(daemon)}`,
        })),
    ),
};
