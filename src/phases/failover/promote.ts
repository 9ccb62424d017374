// The target becomes the master: recorded first, so that no start guard lets another one start, then started, then
// found by everybody under the master's name.

import { factsOf, type World } from "../../facts/world.ts";
import { masterFile, metadataHosts, paths, stampFolder, unitOf } from "../../layout.ts";
import { run, type Action } from "../../runner/actions.ts";
import type { Phase } from "../../runner/phase.ts";
import { permitStart, syncFolder } from "../../shell/metadata.ts";
import { nameTheMaster } from "../deploy/configure.ts";
import { unitActions } from "../units.ts";
import { repointActions } from "./repoint.ts";
import { promoted, stageOf, type FailoverOptions } from "./stage.ts";

/** Loading a large image takes minutes. */
const startSeconds = 3600;

/** Who is master, on every metadata host that can be reached, before it starts. The target learns it first. */
export function recordNewMaster({ target }: FailoverOptions): Phase {
  return {
    title: "Record the new master",
    batch: 1,
    needs: ["metadata"],
    hosts: (world) => [...new Set([target, ...metadataHosts(world.inventory)])],
    plan: (host, world) => {
      const { mastership } = promoted(world, target);
      const content = `${mastership.token} ${target}\n`;
      const present = factsOf(world, host).paths.get(masterFile)?.content;
      if (present === content) return [];
      return [
        {
          kind: "write",
          title: `Record ${target} as master`,
          path: masterFile,
          content,
          mode: 0o644,
          owner: "root",
          group: "root",
          present,
        },
      ];
    },
  };
}

/** The master runs on the target and answers. */
export function startNewMaster({ target, fencedBecause }: FailoverOptions): Phase {
  return {
    title: "Start the master",
    hosts: () => [target],
    needs: ["cluster"],
    plan: (host, world) => {
      const { units } = factsOf(world, host);
      const unit = unitOf("master");
      const up = units.get(unit)?.active === "active" && stageOf(world, target).at === "serve";
      if (up && world.cluster !== undefined && units.get(unit)?.file === "enabled") return [];
      const actions = up ? [] : startActions(promoted(world, target), host, fencedBecause);
      return [
        ...actions,
        ...(up && units.get(unit)?.file !== "enabled"
          ? [run(`Enable ${unit}`, ["systemctl", "enable", unit])]
          : []),
        {
          kind: "wait",
          title: "Wait for the master",
          probe: { probe: "masterServes" },
          timeoutSeconds: startSeconds,
          hint: `mfsctl logs --node ${target} shows why; then: mfsctl resume`,
        },
        // The master has renamed its image without a sync: a power cut must not bring the name back.
        {
          kind: "run",
          title: "Sync its data folder",
          command: syncFolder(paths(world.inventory).data),
        },
      ];
    },
  };
}

function startActions(
  world: World,
  host: string,
  fencedBecause: string | undefined,
): readonly Action[] {
  const { units } = factsOf(world, host);
  const metalogger = units.get(unitOf("metalogger"));
  const keep =
    metalogger?.file === "enabled" || metalogger?.active === "active"
      ? [
          run("Retire the metalogger of the new master", [
            "systemctl",
            "disable",
            "--now",
            unitOf("metalogger"),
          ]),
        ]
      : [];
  return [
    ...keep,
    {
      kind: "run",
      title: "Let it start without an answer from the others",
      command: permitStart(
        stampFolder,
        `failover since token ${world.mastership.token}${fencedBecause === undefined ? "" : `, ${fencedBecause}`}`,
      ),
    },
    ...unitActions(world, host, unitOf("master")),
  ];
}

/** Everybody finds the new master: by its name, by new configuration, or by an address that moved with its unit. */
export function moveTheName({ target }: FailoverOptions): Phase {
  return {
    title: "Point everybody to the new master",
    hosts: (world) => Object.keys(world.inventory.hosts),
    plan: (host, world) => {
      const after = promoted(world, target);
      switch (world.inventory.failover.via) {
        case "hosts":
          return nameTheMaster.plan(host, after);
        case "config":
          return repointActions(after, host);
        case "vip":
          return []; // the unit of a master brings the address up and takes it down
        default:
          return world.inventory.failover.via satisfies never;
      }
    },
  };
}
