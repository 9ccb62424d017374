// Rules that join several options of one file: old and new names, limits that depend on others.
// Spec: config-and-cli.md 5 to 7.
import type { Definition } from "./cfg.ts";
import { parseIp } from "./ip-range.ts";
import type { Daemon } from "./options.ts";
import type { OptionValue } from "./option-value.ts";
import type { Problems } from "./problem.ts";

/** The file as read so far; derived values are filled in. */
export interface View {
  readonly daemon: Daemon;
  readonly values: Record<string, OptionValue>;
  readonly defined: ReadonlyMap<string, Definition>;
  readonly problems: Problems;
}

/** Applies the rules of one daemon's file. */
export function crossCheck(view: View): void {
  switch (view.daemon) {
    case "mfsmaster":
      return checkMaster(view);
    case "mfschunkserver":
      return checkChunkserver(view);
    case "mfsmetalogger":
      return halfOfBackLogs(view, "META_DOWNLOAD_FREQ");
    default:
      view.daemon satisfies never;
  }
}

function checkMaster(view: View): void {
  halfOfBackLogs(view, "METADATA_SAVE_FREQ");
  deletionLimits(view);
  remap(view);
  distinctPorts(view, ["MATOML_LISTEN_PORT", "MATOCS_LISTEN_PORT", "MATOCL_LISTEN_PORT"]);
  loopTime(view);
  oldListenNames(view);
  replaced(view, "ACCEPTABLE_DIFFERENCE", ["ACCEPTABLE_PERCENTAGE_DIFFERENCE"]);
  replaced(view, "QUOTA_TIME_LIMIT", ["QUOTA_DEFAULT_GRACE_PERIOD"]);
}

function checkChunkserver(view: View): void {
  const { values, defined, problems } = view;
  replaced(view, "HDD_TEST_FREQ", ["HDD_TEST_SPEED"]);
  if (values["HDD_TEST_SPEED"] === 0 && !defined.get("HDD_TEST_SPEED")?.value.startsWith("-")) {
    warn(view, "HDD_TEST_SPEED", "0, expected more: regular tests of chunks are off");
  }
  const timeout = values["MASTER_TIMEOUT"];
  if (typeof timeout === "number" && timeout > 0 && timeout < 10) {
    fail(view, "MASTER_TIMEOUT", `${timeout}, expected 0 or 10 to 65535: the daemon takes 10`);
    values["MASTER_TIMEOUT"] = 10;
  }
  const host = String(values["MASTER_HOST"]);
  if (host === "localhost" || host.startsWith("127.")) {
    const line = defined.get("MASTER_HOST")?.line ?? 0;
    const expected = "expected an address other than 127.x: the chunkserver refuses it";
    problems.error(line, "MASTER_HOST", `"${host}", ${expected}`);
  }
}

/** Saves must come at least twice while the change logs are kept (spec 5, 7). */
function halfOfBackLogs(view: View, name: string): void {
  const half = Math.floor(Number(view.values["BACK_LOGS"]) / 2);
  const hours = Number(view.values[name]);
  if (hours <= half) return;
  const line = view.defined.has(name) ? name : "BACK_LOGS";
  fail(view, line, `${name} is ${hours}, expected at most ${half}, half of BACK_LOGS`);
  view.values[name] = half;
}

function deletionLimits(view: View): void {
  const soft = Number(view.values["CHUNKS_SOFT_DEL_LIMIT"]);
  const hard = view.values["CHUNKS_HARD_DEL_LIMIT"];
  if (hard === undefined) view.values["CHUNKS_HARD_DEL_LIMIT"] = 3 * soft;
  else if (Number(hard) < soft) {
    const expected = `expected at least CHUNKS_SOFT_DEL_LIMIT, which is ${soft}`;
    fail(view, "CHUNKS_HARD_DEL_LIMIT", `${hard}, ${expected}: the daemon takes ${hard} for both`);
    view.values["CHUNKS_SOFT_DEL_LIMIT"] = hard;
  }
}

const remapNames = ["REMAP_BITS", "REMAP_SOURCE_IP_CLASS", "REMAP_DESTINATION_IP_CLASS"] as const;

function remap(view: View): void {
  const given = remapNames.filter((name) => view.defined.has(name));
  const [first] = given;
  if (first === undefined) return;
  if (given.length < remapNames.length) {
    const missing = remapNames.filter((name) => !view.defined.has(name)).join(", ");
    fail(view, first, `defined without ${missing}, expected all three or none: it has no effect`);
    return;
  }
  const bits = Number(view.values["REMAP_BITS"]);
  if (bits < 1 || bits > 32) return;
  for (const name of remapNames.slice(1)) {
    const ip = parseIp(String(view.values[name]));
    if (ip === null || ip % 2 ** (32 - bits) === 0) continue;
    fail(view, name, `"${view.values[name]}", expected no bits set behind the first ${bits}`);
  }
}

function distinctPorts(view: View, names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const port = String(view.values[name]);
    const other = seen.get(port);
    if (other !== undefined && sameHost(view, name, other)) {
      fail(
        view,
        view.defined.has(name) ? name : other,
        `port ${port} of ${name}, expected one that ${other} does not use`,
      );
    }
    seen.set(port, name);
  }
}

function sameHost(view: View, one: string, other: string): boolean {
  const [first, second] = [one, other].map((name) =>
    String(view.values[name.replace("_PORT", "_HOST")]),
  );
  return first === "*" || second === "*" || first === second;
}

function loopTime(view: View): void {
  const overridden = ["CHUNKS_LOOP_MIN_TIME", "CHUNKS_LOOP_MAX_CPS"];
  if (!view.defined.has("CHUNKS_LOOP_TIME")) return;
  for (const name of overridden.filter((one) => view.defined.has(one))) {
    fail(view, name, "defined beside CHUNKS_LOOP_TIME, expected one of them: it has no effect");
  }
}

/** At start the old port counts only together with the old host (spec 5). */
function oldListenNames(view: View): void {
  const fresh = ["MATOCL_LISTEN_HOST", "MATOCL_LISTEN_PORT"];
  const old = ["MATOCU_LISTEN_HOST", "MATOCU_LISTEN_PORT"] as const;
  for (const name of old) replaced(view, name, fresh);
  const [host, port] = old;
  if (
    view.defined.has(port) &&
    !view.defined.has(host) &&
    !fresh.some((one) => view.defined.has(one))
  ) {
    fail(view, port, `defined without ${host}, expected "MATOCL_LISTEN_PORT": it has no effect`);
  }
}

/** An old name has no effect beside a new one. */
function replaced(view: View, old: string, fresh: readonly string[]): void {
  const winner = fresh.find((name) => view.defined.has(name));
  if (winner === undefined || !view.defined.has(old)) return;
  fail(view, old, `defined beside ${winner}, expected one of them: it has no effect`);
}

function fail(view: View, name: string, message: string): void {
  view.problems.error(view.defined.get(name)?.line ?? 0, name, message);
}

function warn(view: View, name: string, message: string): void {
  view.problems.warn(view.defined.get(name)?.line ?? 0, name, message);
}
