// Log lines of many hosts in the order of their time, each behind its host's name.

import type { Inventory, Role } from "../inventory/schema.ts";
import { metadataHosts, mountUnit, unitOf } from "../layout.ts";

/** One line of a unit's log. */
export interface LogLine {
  readonly host: string;
  readonly text: string;
}

/** The units of a host whose logs a role means. A metadata host may have been master or metalogger. */
export function loggedUnits(
  inventory: Inventory,
  name: string,
  roles: ReadonlySet<Role> | undefined,
): readonly string[] {
  const host = inventory.hosts[name];
  if (host === undefined) return [];
  const wants = (role: Role): boolean => roles === undefined || roles.has(role);
  const isMetadataHost = metadataHosts(inventory).includes(name);
  return [
    ...(isMetadataHost && wants("master") ? [unitOf("master")] : []),
    ...(isMetadataHost && wants("metalogger") ? [unitOf("metalogger")] : []),
    ...(host.roles.includes("chunkserver") && wants("chunkserver") ? [unitOf("chunkserver")] : []),
    ...(host.roles.includes("monitor") && wants("monitor") ? [unitOf("cgiserv")] : []),
    ...(wants("client") ? host.mounts.map(({ path }) => mountUnit(path)) : []),
  ];
}

/** Merges by time. A line without a time of its own belongs to the one before it. */
export function mergeLogs(logs: ReadonlyMap<string, string>): readonly LogLine[] {
  const entries = [...logs].flatMap(([host, text]) => {
    const found: { host: string; time: string; lines: string[] }[] = [];
    for (const line of text.split("\n").filter((each) => each !== "")) {
      const time = /^\d{4}-\d\d-\d\dT[0-9:.]+/.exec(line)?.[0];
      const last = found.at(-1);
      if (time === undefined && last !== undefined) last.lines.push(line);
      else found.push({ host, time: time ?? "", lines: [line] });
    }
    return found;
  });
  return entries
    .toSorted((left, right) => (left.time < right.time ? -1 : left.time > right.time ? 1 : 0))
    .flatMap(({ host, lines }) => lines.map((text) => ({ host, text })));
}
