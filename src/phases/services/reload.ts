// Reloading: each daemon reads its files again by its own reload. Where a changed key is read only at the start, the
// daemon is restarted instead, and the step says which key it was. Field guide: "mfschunkserver reload".

import { factsOf, type World } from "../../facts/world.ts";
import { run, type Action } from "../../runner/actions.ts";
import type { Phase } from "../../runner/phase.ts";
import { restartMs } from "../units.ts";
import { sumsFile } from "../stamps.ts";
import { keysOnlyAtStart, reloadable, wrongFiles, type Reloadable } from "./read-configuration.ts";
import { wasDoneSince } from "./restart.ts";
import { answers } from "./answers.ts";
import { chosenServices, type Selection, type Service } from "./selection.ts";
import { notDeployed } from "./start.ts";

const titles: Readonly<Record<Reloadable, string>> = {
  master: "Reload the master",
  metalogger: "Reload metaloggers",
  chunkserver: "Reload chunkservers",
};

/** The phases that reload what was chosen; what does not run is left alone. */
export function reloadPhases(
  selection: Selection,
  options: { readonly sinceMs?: number | undefined } = {},
): readonly Phase[] {
  return reloadable.map((role) => ({
    title: titles[role],
    hosts: (world) => chosenServices(world, selection, role).map(({ host }) => host),
    gates: (world) => [
      ...(role === "master" ? notDeployed(world, selection) : []),
      ...chosenServices(world, selection, role).flatMap(({ host }) =>
        wrongFiles(world, host, role),
      ),
    ],
    plan: (host, world) =>
      chosenServices(world, selection, role)
        .filter((service) => service.host === host)
        .filter(({ unit }) => factsOf(world, host).units.get(unit)?.active === "active")
        .filter((service) => !wasDoneSince(world, service, options.sinceMs))
        .flatMap((service) => reloadService(world, service, role)),
  }));
}

function reloadService(world: World, service: Service, role: Reloadable): readonly Action[] {
  const { host, unit } = service;
  const keys = keysOnlyAtStart(world, service, role);
  const verb = keys.length === 0 ? "reload" : "restart";
  const why = keys.length === 0 ? "" : ` (${keys.join(", ")}: read only at the start)`;
  const title = `${verb === "reload" ? "Reload" : "Restart"} ${unit}${why}`;
  return [
    run(title, ["systemctl", verb, unit], {
      timeoutMs: restartMs,
      hint: `mfsctl logs --node ${host} shows why`,
    }),
    filesAreRead(unit),
    answers(world, service),
  ];
}

/** The sums that the unit took when its daemon was told are those of the files. */
function filesAreRead(unit: string): Action {
  return {
    kind: "wait",
    title: "See that the files were read",
    probe: {
      probe: "command",
      command: { argv: ["sha256sum", "--check", "--status", sumsFile(unit)] },
      what: `${unit} has read its files`,
    },
    timeoutSeconds: 10,
  };
}
