// Destroy: units are disabled, and every file that mfsctl wrote is taken away. What it did not write stays.

import { factsOf, type World } from "../../facts/world.ts";
import { clusterFile, mountUnit, paths, stampFolder, unitOf } from "../../layout.ts";
import { run, type Action } from "../../runner/actions.ts";
import type { Phase } from "../../runner/phase.ts";
import { hostsFileWithout } from "../deploy/configure.ts";
import { managedFiles, sealState } from "../managed-files.ts";

const allHosts = (world: World) => Object.keys(world.inventory.hosts);
const witness = "mfs-witness.socket";

/** Units of the cluster that some host still has, whatever its role is now. */
function ownUnits(world: World, host: string): readonly string[] {
  const units = factsOf(world, host).units;
  const mounts = (world.inventory.hosts[host]?.mounts ?? []).map(({ path }) => mountUnit(path));
  const daemons = (["master", "metalogger", "chunkserver", "cgiserv"] as const).map(unitOf);
  return [...mounts, ...daemons, witness].filter((unit) => {
    const load = units.get(unit)?.load ?? "not-found";
    return load !== "not-found" && load !== "masked";
  });
}

/** No unit starts again, not even after a boot. */
export const disableUnits: Phase = {
  title: "Disable units",
  hosts: allHosts,
  plan: (host, world) => {
    const units = factsOf(world, host).units;
    const wanted = ownUnits(world, host).filter((unit) => {
      const state = units.get(unit);
      return state?.file === "enabled" || state?.active === "active";
    });
    return wanted.length === 0
      ? []
      : [
          run(`Disable ${wanted.join(", ")}`, ["systemctl", "disable", "--now", ...wanted], {
            timeoutMs: 31 * 60_000,
          }),
        ];
  },
};

/** Configuration, units, stamps and the master's name. A file without mfsctl's seal is not ours and stays. */
export const removeFiles: Phase = {
  title: "Remove configuration and units",
  hosts: allHosts,
  plan: (host, world) => {
    const present = factsOf(world, host).paths;
    const stamps = [...present.keys()].filter((path) => path.startsWith(`${stampFolder}/`));
    const files = managedFiles(world, host)
      .map(({ path }) => path)
      .filter((path) => {
        const fact = present.get(path);
        return fact?.type === "file" && sealState(fact.content ?? "") !== "foreign";
      });
    const gone = [...files, ...stamps];
    const removal: readonly Action[] =
      gone.length === 0
        ? []
        : [
            run(`Remove ${gone.length} files that mfsctl wrote`, ["rm", "-f", "--", ...gone]),
            run("Reload systemd", ["systemctl", "daemon-reload"]),
            run("Remove the folder of configuration, if it is empty", [
              "rmdir",
              "--ignore-fail-on-non-empty",
              "--",
              paths(world.inventory).etc,
            ]),
          ];
    return [...removal, ...forgetName(world, host), ...giveAway(world, host)];
  },
};

/** The host may serve another cluster from now on; the last step, so that a run cut off is resumed as this one. */
function giveAway(world: World, host: string): readonly Action[] {
  if (!factsOf(world, host).paths.has(clusterFile)) return [];
  return [run("Give the host away", ["rm", "-f", "--", clusterFile])];
}

function forgetName(world: World, host: string): readonly Action[] {
  const present = factsOf(world, host).paths.get("/etc/hosts")?.content;
  if (present === undefined) return [];
  const content = hostsFileWithout(present, world.inventory.cluster);
  if (content === present) return [];
  return [
    {
      kind: "write",
      title: `Take ${world.inventory.master_name} out of /etc/hosts`,
      path: "/etc/hosts",
      content,
      mode: 0o644,
      owner: "root",
      group: "root",
      present,
    },
  ];
}
