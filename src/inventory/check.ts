// Rules between keys: who needs whom, what may stand once only, what excludes what.
// Lines and settings of the daemons' own files are judged by `LineChecks`, the seam to the parsers of those files.

import { pathProblems } from "./check-paths.ts";
import { draftOf, type HostDraft, type InventoryDraft } from "./draft.ts";
import { oneLine, settingName, settingValue } from "./fields.ts";
import { keyProblem, problem, valueAt, type Path, type Problem } from "./problem.ts";
import { daemons, type DaemonName, type Role } from "./schema.ts";
import { suggestion } from "./suggest.ts";

/** Settings of one daemon by name. */
type Settings = Readonly<Record<string, string | number>>;

/**
 * Judges what ends up in the daemons' configuration files. Whole files at a time, since a line may change what later
 * ones mean. Messages read `<what is>, expected <what should be>`; no finding means all is well.
 */
export interface LineChecks {
  /** Lines of mfsexports.cfg; a finding names its line by index. */
  exports(
    lines: readonly string[],
  ): readonly { readonly index: number; readonly message: string }[];
  /** Lines of mfstopology.cfg. */
  topology(
    lines: readonly string[],
  ): readonly { readonly index: number; readonly message: string }[];
  /** Settings of one daemon's configuration file as a host gets them. */
  settings(
    daemon: DaemonName,
    settings: Settings,
  ): readonly { readonly name: string; readonly message: string }[];
}

/** Accepts every line and setting. */
export const uncheckedLines: LineChecks = {
  exports: () => [],
  topology: () => [],
  settings: () => [],
};

/** Checks what the schema cannot see. Takes data that may break the schema; such values are passed over. */
export function checkInventory(data: unknown, lineChecks: LineChecks = uncheckedLines): Problem[] {
  const draft = draftOf(data);
  return [
    ...roleProblems(draft),
    ...addressProblems(draft),
    ...buildProblems(draft),
    ...failoverProblems(draft),
    ...(draft.hosts ?? []).flatMap(hostProblems),
    ...(draft.hosts ?? []).flatMap(pathProblems),
    ...lineProblems(data, lineChecks),
  ];
}

function roleProblems({ hosts }: InventoryDraft): Problem[] {
  if (hosts === undefined) return [];
  const problems: Problem[] = [];
  const unsure = hosts.some((host) => host.roles === undefined);
  const masters = hosts.filter((host) => host.roles?.includes("master"));
  for (const host of masters.slice(1)) {
    const path = ["hosts", host.name, "roles", host.roles?.indexOf("master") ?? 0];
    problems.push(
      problem(path, `is a second master beside "${masters[0]?.name}", expected exactly one`),
    );
  }
  if (unsure) return problems;
  for (const role of ["master", "chunkserver"] as const) {
    if (!hosts.some((host) => host.roles?.includes(role))) {
      const wanted = role === "master" ? "exactly one" : "at least one";
      problems.push(keyProblem(["hosts"], `no host has the role "${role}", expected ${wanted}`));
    }
  }
  return problems;
}

function addressProblems({ hosts, failover }: InventoryDraft): Problem[] {
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  const vip = failover?.vip?.address.split("/")[0];
  for (const { name, address } of hosts ?? []) {
    if (address === undefined) continue;
    const path = ["hosts", name, "address"];
    const owner = owners.get(address.toLowerCase());
    if (owner !== undefined) {
      problems.push(
        problem(path, `is "${address}", the address of "${owner}", expected one of its own`),
      );
    } else owners.set(address.toLowerCase(), name);
    if (address === vip) {
      problems.push(
        problem(path, `is "${address}", the address failover.vip moves, expected one that stays`),
      );
    }
  }
  return problems;
}

function buildProblems(draft: InventoryDraft): Problem[] {
  const { build_host: host, engine, fuse, hosts } = draft;
  if (host === undefined) {
    const why =
      engine === "source"
        ? 'engine "source"'
        : fuse?.from === "source"
          ? "fuse from source"
          : undefined;
    const path = engine === "source" ? ["engine"] : ["fuse", "from"];
    return why === undefined
      ? []
      : [
          problem(
            path,
            `${why} compiles on a host and build_host is missing, expected the name of a host`,
          ),
        ];
  }
  const names = (hosts ?? []).map(({ name }) => name);
  if (hosts === undefined || names.includes(host)) return [];
  return [
    problem(
      ["build_host"],
      `is "${host}", which is no host, expected the name of one${suggestion(host, names)}`,
    ),
  ];
}

function failoverProblems({ failover }: InventoryDraft): Problem[] {
  if (failover?.via !== "vip" || failover.vip !== undefined) return [];
  return [
    problem(
      ["failover", "via"],
      'is "vip" and failover.vip is missing, expected its address and interface',
    ),
  ];
}

function hostProblems(host: HostDraft): Problem[] {
  const path = ["hosts", host.name];
  return [
    ...repeated([...path, "roles"], host.roles ?? []),
    ...repeated([...path, "labels"], host.labels),
    ...(host.roles === undefined ? [] : belongings(host, host.roles)),
    ...host.disks.flatMap((disk, index) => {
      if (disk === undefined) return [];
      const at = [...path, "disks", index];
      const space = disk.limit !== undefined && disk.leave_free !== undefined;
      // A link is never a mount point, so a disk that must be one would never be used.
      const mount = disk.mountpoint === "required" && disk.link_to !== undefined;
      const one = "expected one of the two";
      return [
        ...(space ? [keyProblem([...at, "leave_free"], `stands beside limit, ${one}`)] : []),
        ...(mount
          ? [keyProblem([...at, "link_to"], `stands beside mountpoint "required", ${one}`)]
          : []),
      ];
    }),
  ];
}

/** What a host has must fit what it does, and the other way round. */
function belongings(host: HostDraft, roles: readonly Role[]): Problem[] {
  const problems: Problem[] = [];
  const path = ["hosts", host.name];
  const rules = [
    { key: "disks", role: "chunkserver", count: host.disks.length, needed: true },
    { key: "mounts", role: "client", count: host.mounts.length, needed: true },
    { key: "labels", role: "chunkserver", count: host.labels.length, needed: false },
  ] as const;
  for (const { key, role, count, needed } of rules) {
    const index = roles.indexOf(role);
    if (index === -1 && count > 0) {
      problems.push(
        keyProblem([...path, key], `the host has no role "${role}", expected no ${key}`),
      );
    }
    const given = host.source[key];
    // A value that is no list is the schema's to report.
    if (index !== -1 && needed && count === 0 && (given === undefined || Array.isArray(given))) {
      const at = given === undefined ? [...path, "roles", index] : [...path, key];
      problems.push(problem(at, `the ${role} has no ${key}, expected at least one`));
    }
  }
  return problems;
}

function repeated(path: Path, values: readonly (string | undefined)[]): Problem[] {
  return values.flatMap((value, index) =>
    value !== undefined && values.indexOf(value) < index
      ? [problem([...path, index], `is "${value}" again, expected each once`)]
      : [],
  );
}

/** Hands every text for a daemon's file to the checks of that file. */
function lineProblems(data: unknown, checks: LineChecks): Problem[] {
  const problems: Problem[] = [];
  for (const key of ["exports", "topology"] as const) {
    const lines = valueAt(data, [key]);
    // A line the schema refuses is reported there; an empty one in its place keeps the indexes right.
    // A list that is missing or empty is the schema's to tell.
    if (!Array.isArray(lines) || lines.length === 0) continue;
    const texts = lines.map((line: unknown) => oneLine.safeParse(line).data ?? "");
    for (const { index, message } of checks[key](texts)) {
      problems.push(problem([key, index], message));
    }
  }
  const hosts = Object.keys(valueAt(data, ["hosts"]) ?? {}).map((name) => ["hosts", name]);
  for (const daemon of daemons) {
    const common = settingsAt(data, ["settings", daemon]);
    for (const owner of [[], ...hosts]) {
      const path = [...owner, "settings", daemon];
      const own = settingsAt(data, path);
      for (const { name, message } of checks.settings(daemon, { ...common, ...own })) {
        if (Object.hasOwn(own, name)) problems.push(problem([...path, name], message));
      }
    }
  }
  return problems;
}

function settingsAt(data: unknown, path: Path): Settings {
  const entries = Object.entries(valueAt(data, path) ?? {}).filter(
    (entry): entry is [string, string | number] =>
      settingName.safeParse(entry[0]).success && settingValue.safeParse(entry[1]).success,
  );
  return Object.fromEntries(entries);
}
