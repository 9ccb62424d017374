// What may stand between the hosts: the master's name, firewalls, SELinux.

import { firewallUnits } from "../facts/questions.ts";
import type { World } from "../facts/world.ts";
import { ports, witnessPort } from "../layout.ts";
import { movingAddress } from "../phases/managed-files.ts";
import { fail, hostCheck, warn, type Subject, type Trouble } from "./finding.ts";
import { onHost } from "./hint.ts";

/** Every host finds the master by its name, or will. */
export const masterName = hostCheck({
  name: "master-name",
  title:
    "The master's name leads to the master: with failover.via hosts and vip nothing else in /etc/hosts says otherwise",
  concerns: (world) => world.inventory.failover.via !== "config",
  troubles: hostsFile,
});

/** Lines of /etc/hosts outside of this cluster's own block that name the master. */
export function foreignEntries(content: string, name: string, cluster: string): readonly string[] {
  const found: string[] = [];
  let inside = false;
  for (const line of content.split("\n")) {
    if (line === `# mfsctl begin ${cluster}`) inside = true;
    else if (line === `# mfsctl end ${cluster}`) inside = false;
    else if (!inside) {
      const [address = "", ...names] = line.replace(/#.*$/, "").trim().split(/\s+/);
      const same = names.some((each) => each.toLowerCase() === name.toLowerCase());
      if (same && !address.includes(":")) found.push(address);
    }
  }
  return found;
}

function hostsFile({ name, facts, world }: Subject): readonly Trouble[] {
  const { inventory, mastership } = world;
  const wanted = movingAddress(inventory)?.ip ?? inventory.hosts[mastership.host]?.address;
  const content = facts.paths.get("/etc/hosts")?.content ?? "";
  const master = inventory.master_name;
  return foreignEntries(content, master, inventory.cluster).map((address) => {
    const hint = onHost(
      world,
      name,
      `sed -i.before-mfsctl '${entryPattern(address, master)}' /etc/hosts`,
    );
    if (address === wanted) {
      return warn(
        `"/etc/hosts" of "${name}" names "${master}" as "${address}" by hand; after a failover it would still, expected only the line of mfsctl`,
        hint,
      );
    }
    return fail(
      `Cannot point "${master}" to the master on "${name}": "/etc/hosts" has "${address}" for it, expected ${wanted === undefined ? "no such line" : `"${wanted}"`}`,
      hint,
    );
  });
}

/** A sed command that takes the name out of its line, and the line away when no other name is left. */
function entryPattern(address: string, name: string): string {
  const escape = (word: string) => word.replaceAll(".", String.raw`\.`);
  const at = String.raw`/^[[:space:]]*${escape(address)}[[:space:]]/`;
  const word = String.raw`s/[[:space:]]${escape(name)}\([[:space:]]\|$\)/\1/I`;
  return `${at}{${word};${String.raw`/^[[:space:]]*[^[:space:]]*[[:space:]]*$/`}d}`;
}

/** Firewalls that run; what they let through is probed by \`reach\`. */
export const firewall = hostCheck({
  name: "firewall",
  title: "No firewall runs (warns of firewalld, nftables and ufw; `reach` probes what passes)",
  troubles: ({ name, facts, world }) =>
    firewallUnits
      .filter((unit) => facts.units.get(unit)?.active === "active")
      .map((unit) =>
        warn(
          `"${unit}" is active on "${name}", expected ports ${shownPorts} open between the hosts`,
          onHost(world, name, openCommand(unit)),
        ),
      ),
});

const shownPorts = `${ports.metaloggers}-${ports.data}, ${ports.monitor} and ${witnessPort}`;

/** Opens the cluster's ports in the firewall that runs; nftables has no common rules to add to. */
export function openCommand(unit: string): string {
  const wanted = [`${ports.metaloggers}-${ports.data}`, `${ports.monitor}`, `${witnessPort}`];
  if (unit === "firewalld.service") {
    const options = wanted.map((range) => `--add-port=${range}/tcp`).join(" ");
    return `firewall-cmd --permanent ${options} && firewall-cmd --reload`;
  }
  if (unit === "ufw.service") {
    return wanted.map((range) => `ufw allow ${range.replace("-", ":")}/tcp`).join(" && ");
  }
  return "nft list ruleset";
}

/** The firewall of a host that runs, if one does. */
export function activeFirewall(world: World, host: string): string | undefined {
  return firewallUnits.find((unit) => world.facts.get(host)?.units.get(unit)?.active === "active");
}

/** SELinux has no rules for these paths. */
export const selinux = hostCheck({
  name: "selinux",
  title: "SELinux does not enforce (warns)",
  troubles: ({ name, facts, world }) =>
    facts.selinuxEnforcing
      ? [
          warn(
            `SELinux enforces on "${name}" and has no rules for MooseFS below "${world.inventory.prefix}", expected it permissive`,
            onHost(world, name, "setenforce 0"),
          ),
        ]
      : [],
});
