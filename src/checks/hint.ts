// Hints that can be typed as they stand: a command for a host becomes an ssh line with the inventory's own settings.

import { quote } from "../host/quote.ts";
import type { World } from "../facts/world.ts";

/** The line that runs a shell command as root on a host of the inventory, from the control machine. */
export function onHost(world: World, name: string, command: string): string {
  const { inventory } = world;
  const host = inventory.hosts[name];
  if (host === undefined) throw new Error(`no host "${name}" in the inventory`);
  const ssh = { ...inventory.ssh, ...host.ssh };
  const asRoot = ssh.user === "root" ? command : `sudo sh -c ${quote(command)}`;
  if (host.connection === "local") return `sudo sh -c ${quote(command)}`;
  const options = [
    ...(ssh.port === 22 ? [] : ["-p", String(ssh.port)]),
    ...(ssh.identity_file === undefined ? [] : ["-i", ssh.identity_file]),
    ...(ssh.known_hosts === undefined ? [] : ["-o", `UserKnownHostsFile=${ssh.known_hosts}`]),
    ...(ssh.jump === undefined ? [] : ["-J", ssh.jump]),
  ];
  return ["ssh", ...options.map(quote), `${ssh.user}@${host.address}`, quote(asRoot)].join(" ");
}

/** A size for people, in binary units. */
export function showBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.floor(value) : Math.floor(value * 10) / 10} ${units[unit] ?? ""}`;
}
