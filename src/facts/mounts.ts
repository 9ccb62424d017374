// What only a look at a live host can say of its mounts: whether they answer, and who uses them. It costs a round trip of
// its own, so it is asked by the commands that need it and is no part of every host's facts.

import { MfsctlError } from "../errors.ts";
import type { CallOptions, Hosts } from "../host/host.ts";
import { mountStates, mountUsers } from "../shell/mounts.ts";
import type { HostFacts } from "./host-facts.ts";

/** `silent`: no answer in time, as without a master. `dead`: the mount's process is gone. */
export type MountState = "live" | "dead" | "silent";

/** One process that keeps a mount busy; pid 0 is another mount below. */
export interface MountUser {
  readonly pid: number;
  readonly user: string;
  readonly how: string;
  readonly command: string;
}

/** One mount point, looked at. */
export interface MountLook {
  readonly state: MountState;
  readonly users: readonly MountUser[];
}

/** Looks by host and path; paths where nothing is mounted are absent. */
export type MountLooks = ReadonlyMap<string, ReadonlyMap<string, MountLook>>;

/** Looks at mount points of several hosts. Hosts without facts are left out. */
export async function lookAtMounts(
  hosts: Hosts,
  facts: ReadonlyMap<string, HostFacts>,
  wanted: ReadonlyMap<string, readonly string[]>,
  options: CallOptions,
): Promise<MountLooks> {
  const looks = await Promise.all(
    [...wanted].map(async ([name, paths]) => {
      const mounted = paths.filter((path) =>
        facts.get(name)?.mounts.some((mount) => mount.path === path),
      );
      if (mounted.length === 0) return undefined;
      const host = await hosts.host(name, options);
      const [states, users] = await host.batch(
        [mountStates(mounted), mountUsers(mounted)],
        options,
      );
      const failed = [states, users].find((output) => output?.code !== 0);
      if (failed !== undefined) {
        throw new MfsctlError("someHostsFailed", `Cannot look at the mounts of "${name}"`, {
          host: name,
          details: failed.stderr.toString("utf8").trim().split("\n").slice(-3),
          hint: `mfsctl check --node ${name}`,
        });
      }
      return [
        name,
        parseLooks(states?.stdout.toString("utf8") ?? "", users?.stdout.toString("utf8") ?? ""),
      ] as const;
    }),
  );
  return new Map(looks.filter((look) => look !== undefined));
}

/** Parses what the two probes of src/shell/mounts.ts print. */
export function parseLooks(states: string, users: string): ReadonlyMap<string, MountLook> {
  const used = users
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [path = "", pid = "", user = "", how = "", command = ""] = line.split("\t");
      return { path, who: { pid: Number(pid), user, how, command: command.trim() } };
    });
  return new Map(
    states
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [path = "", state = "silent"] = line.split("\t");
        const users = used.filter((each) => each.path === path).map(({ who }) => who);
        return [path, { state: state as MountState, users }];
      }),
  );
}

/** One line a process: how people read who keeps a mount busy. */
export function describeUsers(users: readonly MountUser[]): readonly string[] {
  const byPid = new Map<string, MountUser & { readonly ways: Set<string> }>();
  for (const user of users) {
    const key = user.pid === 0 ? user.command : String(user.pid);
    const known = byPid.get(key) ?? { ...user, ways: new Set<string>() };
    known.ways.add(user.how);
    byPid.set(key, known);
  }
  return [...byPid.values()].map(({ pid, user, command, ways }) =>
    pid === 0
      ? `another file system is mounted at ${command}`
      : `pid ${pid} of ${user}: ${command} (${[...ways].join(", ")})`,
  );
}
