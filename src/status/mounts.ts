// `client status`: each mount with its unit, its session and the processes that use it.

import { describeUsers } from "../facts/mounts.ts";
import type { MountTarget } from "../phases/client/situation.ts";
import { mountUnit } from "../layout.ts";
import type { MountStatus } from "./report.ts";
import { statusSections } from "./sections.ts";
import { table } from "./text.ts";
import type { StatusView } from "./view.ts";

export interface MountDetails extends MountStatus {
  /** As systemd says. */
  readonly unit: string;
  /** One line a process. */
  readonly usedBy: readonly string[];
}

export interface MountReport {
  readonly healthy: boolean;
  readonly mounts: readonly MountDetails[];
}

/** The chosen mounts; one is well when it answers and the master has its session. */
export function mountReport(view: StatusView, targets: readonly MountTarget[]): MountReport {
  const mounts = statusSections(view)
    .mounts.filter(({ host, path }) =>
      targets.some((target) => target.host === host && target.path === path),
    )
    .map((mount) => ({
      ...mount,
      unit: view.world.facts.get(mount.host)?.units.get(mountUnit(mount.path))?.active ?? "unknown",
      usedBy: describeUsers(view.looks.get(mount.host)?.get(mount.path)?.users ?? []),
    }));
  return { healthy: mounts.every(isWell), mounts };
}

function isWell({ state, connected }: MountDetails): boolean {
  return state === "live" && connected === true;
}

/** The report for people. */
export function mountReportText({ mounts }: MountReport): string {
  const broken = mounts.filter((mount) => !isWell(mount));
  const first = broken[0];
  const last =
    first === undefined
      ? [`All ${mounts.length} mounts are well`]
      : [
          `${broken.length} of ${mounts.length} mounts are not well`,
          `Next: mfsctl client mount ${first.host}:${first.path}`,
        ];
  return [
    ...table(
      mounts.map(({ host, path, state, connected, unit }) => [
        `${host}:${path}`,
        state === "notMounted" ? "not mounted" : state,
        `unit ${unit}`,
        connected === null ? "session unknown" : connected ? "session connected" : "no session",
      ]),
    ),
    ...mounts.flatMap(({ host, path, usedBy }) =>
      usedBy.map((line) => `  ${host}:${path} is used by ${line}`),
    ),
    ...last,
  ].join("\n");
}
