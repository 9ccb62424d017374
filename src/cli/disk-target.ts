// `HOST:DISK` as users type it.

import { normalPath } from "../../daemons/config/hdd.ts";
import { MfsctlError } from "../errors.ts";
import type { Inventory } from "../inventory/schema.ts";
import { chunkserverHosts } from "../phases/disk/servers.ts";

/** A chunkserver's host of the inventory. */
export function chunkserverHost(inventory: Inventory, name: string): string {
  const hosts = chunkserverHosts(inventory);
  if (hosts.includes(name)) return name;
  throw new MfsctlError(
    "usage",
    `Cannot find a chunkserver on "${name}": the inventory names none there, expected one of ${hosts.join(", ")}`,
    { hint: "mfsctl disk list" },
  );
}

/** Host and path; the path is missing where only a host is named. */
export function diskWord(
  inventory: Inventory,
  word: string,
): { readonly host: string; readonly path: string | undefined } {
  const colon = word.indexOf(":");
  if (colon === -1) return { host: chunkserverHost(inventory, word), path: undefined };
  const host = chunkserverHost(inventory, word.slice(0, colon));
  const path = word.slice(colon + 1);
  if (path.startsWith("/")) return { host, path: normalPath(path) };
  throw new MfsctlError(
    "usage",
    `Cannot find disk "${word}": the path is "${path}", expected an absolute one as in "${host}:/mnt/hdd"`,
    { hint: `mfsctl disk list ${host}` },
  );
}

/** One disk, for commands that change it. */
export function oneDisk(
  inventory: Inventory,
  word: string,
): { readonly host: string; readonly paths: readonly [string] } {
  const { host, path } = diskWord(inventory, word);
  if (path !== undefined) return { host, paths: [path] };
  throw new MfsctlError(
    "usage",
    `Cannot tell which disk of "${host}": no path is given, expected HOST:DISK`,
    { hint: `mfsctl disk list ${host}` },
  );
}
