// What a running daemon has read against what stands on its disk now: changed keys that a reload cannot bring, and lines
// that the daemon would drop or misread. The unit's stamp is the configuration as of the start.

import { parseDisks } from "../../../daemons/config/hdd.ts";
import { parseExports } from "../../../daemons/config/exports.ts";
import { changedOptions, parseConfig } from "../../../daemons/config/parse-config.ts";
import { parseTopology } from "../../../daemons/config/topology.ts";
import type { Problem } from "../../../daemons/config/problem.ts";
import { factsOf, type World } from "../../facts/world.ts";
import { paths, stampFolder } from "../../layout.ts";
import type { Refusal } from "../../runner/phase.ts";
import type { Service } from "./selection.ts";

/** Roles whose daemon reads its files again on a signal. */
export const reloadable = ["master", "metalogger", "chunkserver"] as const;
export type Reloadable = (typeof reloadable)[number];

interface ReadFile {
  readonly path: string;
  readonly judge: (text: string) => readonly Problem[];
}

/** The files that a role's daemon reads, its main configuration first. */
export function filesReadBy(world: World, role: Reloadable): readonly ReadFile[] {
  const at = paths(world.inventory);
  switch (role) {
    case "master":
      return [
        { path: at.masterConfig, judge: (text) => parseConfig("mfsmaster", text).problems },
        { path: at.exports, judge: (text) => parseExports(text).problems },
        { path: at.topology, judge: (text) => parseTopology(text).problems },
      ];
    case "metalogger":
      return [
        { path: at.metaloggerConfig, judge: (text) => parseConfig("mfsmetalogger", text).problems },
      ];
    case "chunkserver":
      return [
        {
          path: at.chunkserverConfig,
          judge: (text) => parseConfig("mfschunkserver", text).problems,
        },
        { path: at.disks, judge: (text) => parseDisks(text).problems },
      ];
    default:
      return role satisfies never;
  }
}

/** Keys whose values have changed since the daemon started and that it reads only at its start. */
export function keysOnlyAtStart(
  world: World,
  service: Pick<Service, "host" | "unit">,
  role: Reloadable,
): readonly string[] {
  const facts = factsOf(world, service.host);
  const before = facts.paths.get(`${stampFolder}/${service.unit}`)?.content ?? "";
  const after = facts.paths.get(filesReadBy(world, role)[0]?.path ?? "")?.content;
  // A stamp of an older deploy holds nothing: what changed since is then unknown, and a reload is what was asked for.
  if (before === "" || after === undefined) return [];
  const daemon = `mfs${role}` as const;
  return changedOptions(daemon, parseConfig(daemon, before), parseConfig(daemon, after))
    .filter((changed) => !changed.reloadable)
    .map(({ name }) => name);
}

/** Files that stand on the disk and are wrong: no daemon is told to read them. */
export function wrongFiles(world: World, host: string, role: Reloadable): readonly Refusal[] {
  return filesReadBy(world, role).flatMap(({ path, judge }) => {
    const content = world.facts.get(host)?.paths.get(path)?.content;
    if (content === undefined) return [];
    return judge(content)
      .filter(({ severity }) => severity === "error")
      .map(({ line, message }): Refusal => ({
        host,
        message: `Cannot let the ${role} read "${path}": line ${line}: ${message}`,
        hint: `correct the file on ${host}, or: mfsctl deploy --overwrite ${path}`,
      }));
  });
}
