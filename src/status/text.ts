// A status report for people: short tables, then what is wrong, and the important line last.

import type { Finding, StatusReport } from "./report.ts";

const kibi = 1024;

/** A size with its binary unit: `1.5 GiB`. */
export function size(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = bytes;
  let unit = 0;
  while (value >= kibi && unit < units.length - 1) {
    value /= kibi;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ""}`;
}

/** Rows as columns of equal width, two blanks apart and two in front. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    }
  }
  return rows.map((row) =>
    `  ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  ")}`.trimEnd(),
  );
}

/** The whole text. */
export function statusText(report: StatusReport): string {
  const { master } = report;
  const serves = master.serves
    ? `MooseFS ${master.version ?? ""}, ${master.files ?? 0} files, change ${master.changes ?? ""}`
    : "does not answer";
  return [
    `Cluster ${report.cluster}: master ${master.host}, ${serves}`,
    ...section("Hosts", hostRows(report)),
    ...section("Chunkservers", chunkserverRows(report)),
    ...section("Disks", diskRows(report)),
    ...section("Metaloggers", metaloggerRows(report)),
    ...section("Mounts", mountRows(report)),
    chunkLine(report),
    ...report.findings
      .filter(({ weight }) => weight === "note")
      .map((each) => `Note: ${says(each)}`),
    ...report.findings
      .filter(({ weight }) => weight !== "note")
      .map((each) => `${each.weight === "problem" ? "Problem" : "Unknown"}: ${says(each)}`),
    lastLine(report),
  ].join("\n");
}

function section(title: string, rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : [title, ...table(rows)];
}

function hostRows({ hosts }: StatusReport): readonly (readonly string[])[] {
  return hosts.map(({ name, reachable, services }) => [
    name,
    reachable
      ? services.map(({ role, state }) => `${role} ${state}`).join(", ")
      : "cannot be reached",
  ]);
}

function chunkserverRows({ chunkservers }: StatusReport): readonly (readonly string[])[] {
  return chunkservers.map((server) => [
    server.host ?? "not in the inventory",
    server.ip,
    server.connected ? server.version : "disconnected",
    `${server.chunks} chunks`,
    `${size(server.usedBytes)} of ${size(server.totalBytes)}`,
    server.maintenance ? "maintenance" : "",
  ]);
}

function diskRows({ disks }: StatusReport): readonly (readonly string[])[] {
  return disks.map((disk) => [
    `${disk.host}:${disk.path}`,
    disk.state === "scanning" ? `scanning ${disk.scanPercent ?? 0} %` : disk.state,
    `${disk.chunks} chunks`,
    `${size(disk.usedBytes)} of ${size(disk.totalBytes)}`,
  ]);
}

function metaloggerRows({ metaloggers }: StatusReport): readonly (readonly string[])[] {
  return metaloggers.map(({ host, connected, lag, hasImage }) => [
    host,
    connected === null ? "unknown" : connected ? "connected" : "disconnected",
    lag === null ? "lag unknown" : lag === 0 ? "up to date" : `${lag} changes behind`,
    hasImage === null ? "" : hasImage ? "has an image" : "no image",
  ]);
}

function mountRows({ mounts }: StatusReport): readonly (readonly string[])[] {
  return mounts.map(({ host, path, state, users }) => [
    `${host}:${path}`,
    state === "notMounted" ? "not mounted" : state,
    state === "live" ? `${users} processes` : "",
  ]);
}

function chunkLine({ chunks }: StatusReport): string {
  if (chunks === null) return "Chunks: unknown";
  const named = [
    ["missing", chunks.all.missing],
    ["endangered", chunks.all.endangered],
    ["undergoal", chunks.all.undergoal],
    ["stable", chunks.all.stable],
    ["overgoal", chunks.all.overgoal],
    ["to be deleted", chunks.all.pendingDeletion],
  ] as const;
  const counts = named.map(([name, count]) => `${count} ${name}`).join(", ");
  return `Chunks: ${counts}${chunks.exact ? "" : " (not exact)"}`;
}

function says({ host, message, hint }: Finding): string {
  return `${host === null ? "" : `${host}: `}${message}${hint === null ? "" : ` (${hint})`}`;
}

function lastLine({ healthy, findings, hosts, cluster }: StatusReport): string {
  if (healthy)
    return `Healthy: all ${hosts.length} hosts of ${cluster} serve, no chunk lacks a copy`;
  const count = (weight: Finding["weight"]) =>
    findings.filter((each) => each.weight === weight).length;
  const next = findings.find(({ weight, hint }) => weight !== "note" && hint !== null)?.hint ?? "";
  return `Not healthy: ${count("problem")} problems, ${count("unknown")} unknown\nNext: ${next}`;
}
