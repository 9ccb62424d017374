// What the host is: its distribution, its account for the daemons, its programs.

import type { World } from "../facts/world.ts";
import { packageFamily } from "../shell/apt.ts";
import { fail, findings, hostCheck, warn, type Check, type Subject } from "./finding.ts";
import { onHost } from "./hint.ts";

const triedArchitectures = ["x86_64", "aarch64"];

/** A package manager that mfsctl knows, and that is there. */
export function packageManager({ facts }: Pick<Subject, "facts">) {
  const family = packageFamily(facts.family, facts.tools);
  if (family === undefined) return undefined;
  return facts.tools.has(family === "apt" ? "apt-get" : family) ? family : undefined;
}

/** Distribution and processor. */
export const os = hostCheck({
  name: "os",
  title:
    "The distribution has a package manager that mfsctl knows (apt, dnf, yum); warns of processors that were never tried",
  troubles: (subject) => {
    const { name, facts } = subject;
    const known = packageManager(subject) !== undefined;
    const tried = triedArchitectures.includes(facts.architecture);
    return [
      ...(known
        ? []
        : [
            fail(
              `Cannot install packages on "${name}": it runs "${facts.osVersion}" (${facts.family.join(" ")}) without apt, dnf or yum, expected Debian or a relative of Fedora`,
              `install Debian 12 on ${name}, or take it out of the inventory`,
            ),
          ]),
      ...(tried
        ? []
        : [
            warn(
              `The processor of "${name}" is "${facts.architecture}", expected ${triedArchitectures.join(" or ")}`,
              `try ${name} with test data first`,
            ),
          ]),
    ];
  },
});

/** One account, one number: clients compare numbers, not names. */
export const user: Check = {
  name: "user",
  title: "User and group of the daemons have the same numbers on all hosts that have them (warns)",
  judge: (world) => {
    const uid = mostCommon(world, (facts) => facts.user?.uid);
    const gid = mostCommon(world, (facts) => facts.group?.gid);
    return [...world.facts].flatMap(([host, facts]) => [
      ...findings("user", host, [
        ...differing(world, host, { what: "user", mine: facts.user?.uid, usual: uid }),
        ...differing(world, host, { what: "group", mine: facts.group?.gid, usual: gid }),
      ]),
    ]);
  },
};

type FactsOf = Subject["facts"];

function mostCommon(
  world: World,
  pick: (facts: FactsOf) => number | undefined,
): number | undefined {
  const counts = new Map<number, number>();
  for (const facts of world.facts.values()) {
    const id = pick(facts);
    if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts].toSorted((one, other) => other[1] - one[1])[0]?.[0];
}

function differing(
  world: World,
  host: string,
  id: { what: "user" | "group"; mine: number | undefined; usual: number | undefined },
) {
  const { what, mine, usual } = id;
  if (mine === undefined || usual === undefined || mine === usual) return [];
  const name = world.inventory[what];
  const command = what === "user" ? `usermod -u ${usual} ${name}` : `groupmod -g ${usual} ${name}`;
  return [
    warn(
      `The ${what} "${name}" of "${host}" has number ${mine}, expected ${usual} as on the other hosts`,
      `${onHost(world, host, command)} while nothing of it runs`,
    ),
  ];
}

/** Programs that deploy installs where they lack. */
const installed = ["rsync", "ss", "modprobe"];
/** Programs that mfsctl cannot do without from the first moment, by Debian's package. */
const needed: Readonly<Record<string, string>> = {
  base64: "coreutils",
  bash: "bash",
  find: "findutils",
  flock: "util-linux",
  mountpoint: "util-linux",
  od: "coreutils",
  stat: "coreutils",
  timeout: "coreutils",
};

/** The programs that mfsctl uses on hosts. */
export const tools = hostCheck({
  name: "tools",
  title:
    "The programs that mfsctl uses are there: fails for base64, bash, find, flock, mountpoint, od, stat and timeout, warns of rsync, ss and modprobe, which deploy installs",
  troubles: (subject) => {
    const { name, facts, world } = subject;
    const family = packageManager(subject);
    const lacking = Object.keys(needed).filter((tool) => !facts.tools.has(tool));
    const packages = [...new Set(lacking.map((tool) => needed[tool] ?? tool))].join(" ");
    const coming = installed.filter((tool) => !facts.tools.has(tool));
    const install =
      family === "dnf" || family === "yum"
        ? `${family} install -y`
        : "apt-get update && apt-get install -y";
    return [
      ...(lacking.length === 0
        ? []
        : [
            fail(
              `Cannot work on "${name}": ${lacking.join(", ")} not found, expected these programs`,
              onHost(world, name, `${install} ${packages}`),
            ),
          ]),
      ...coming.map((tool) =>
        family === undefined
          ? fail(
              `Cannot install "${tool}" on "${name}": no package manager, expected the program`,
              `install ${tool} on ${name} by hand, then: mfsctl check`,
            )
          : warn(`"${tool}" is missing on "${name}"; deploy installs it`, "mfsctl deploy"),
      ),
    ];
  },
});
