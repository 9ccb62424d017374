// Restarting in the order of dependence. Chunkservers go one at a time, and the next one waits until no chunk lacks all
// of its copies, so that files stay readable.

import { factsOf, type World } from "../../facts/world.ts";
import type { Role } from "../../inventory/schema.ts";
import { stampFolder } from "../../layout.ts";
import { run, type Action } from "../../runner/actions.ts";
import type { Phase } from "../../runner/phase.ts";
import { firstStartGates } from "../deploy/start.ts";
import { restartMs } from "../units.ts";
import { answers, chunksCameBack } from "./answers.ts";
import { chosenServices, type Selection, type Service } from "./selection.ts";
import { notDeployed } from "./start.ts";

const titles = {
  master: "Restart the master",
  metalogger: "Restart metaloggers",
  chunkserver: "Restart chunkservers, one at a time",
  monitor: "Restart the monitor",
} as const satisfies Partial<Record<Role, string>>;

/** The phases that restart the chosen daemons, without the mounts (src/phases/client). */
export function restartDaemons(
  selection: Selection,
  options: { readonly sinceMs?: number | undefined } = {},
): readonly Phase[] {
  return (["master", "metalogger", "chunkserver", "monitor"] as const).map((role) => ({
    title: titles[role],
    hosts: (world) => chosenServices(world, selection, role).map(({ host }) => host),
    needs: ["cluster"],
    ...(role === "chunkserver" || role === "metalogger" ? { batch: 1 } : {}),
    gates: (world) =>
      role === "master"
        ? [
            ...notDeployed(world, selection),
            ...(chosenServices(world, selection, role).length > 0 ? firstStartGates(world) : []),
          ]
        : [],
    plan: (host, world) =>
      chosenServices(world, selection, role)
        .filter((service) => service.host === host)
        .filter((service) => !wasDoneSince(world, service, options.sinceMs))
        .flatMap((service) => restartService(world, service)),
  }));
}

/** True where a service was started or told to read its files after a time: a resumed run leaves it alone. */
export function wasDoneSince(
  world: World,
  { host, unit }: Pick<Service, "host" | "unit">,
  sinceMs: number | undefined,
): boolean {
  if (sinceMs === undefined) return false;
  const facts = factsOf(world, host);
  const stamp = facts.paths.get(`${stampFolder}/${unit}`);
  const runs = facts.units.get(unit)?.active === "active";
  // The host's clock may differ from ours, and by how much is only known within the error.
  return (
    runs &&
    stamp !== undefined &&
    stamp.mtimeMs - facts.clockOffsetMs - facts.clockErrorMs > sinceMs
  );
}

function restartService(world: World, service: Service): readonly Action[] {
  const { host, unit, role } = service;
  return [
    run("Forget failures", ["systemctl", "reset-failed", unit], { okCodes: [0, 1] }),
    run(`Restart ${unit}`, ["systemctl", "restart", unit], {
      timeoutMs: restartMs,
      hint: `mfsctl logs --node ${host} shows why`,
    }),
    answers(world, service),
    ...(role === "chunkserver" ? chunksCameBack(world) : []),
  ];
}
