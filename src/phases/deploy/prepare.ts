// Deploy, first half: what a host needs before any MooseFS file is written. Field guide: "前提条件".

import { packageFamily, installPackages, updateLists } from "../../shell/apt.ts";
import { factsOf, type World } from "../../facts/world.ts";
import { hostsWith, paths, stateFolder } from "../../layout.ts";
import { run, type Action } from "../../runner/actions.ts";
import type { Phase } from "../../runner/phase.ts";
import { packagedUnits, packagesFor } from "../engine.ts";

const allHosts = (world: World) => Object.keys(world.inventory.hosts);

/** Programs that mfsctl itself uses on every host, and the package that brings each. */
const baseTools: Readonly<Record<string, Readonly<Record<"apt" | "dnf" | "yum", string>>>> = {
  rsync: { apt: "rsync", dnf: "rsync", yum: "rsync" },
  ss: { apt: "iproute2", dnf: "iproute", yum: "iproute" },
  modprobe: { apt: "kmod", dnf: "kmod", yum: "kmod" },
};

/** Packages of the distribution that a host lacks. */
function missingPackages(world: World, host: string): readonly string[] {
  const facts = factsOf(world, host);
  const family = packageFamily(facts.family, facts.tools);
  if (family === undefined) return [];
  const base = Object.entries(baseTools)
    .filter(([tool]) => !facts.tools.has(tool))
    .map(([, names]) => names[family]);
  const wanted = packagesFor(world.inventory.hosts[host]?.roles ?? []);
  return [...base, ...wanted.filter((name) => !facts.packages.has(name))];
}

/** Installs packages; their own units are masked first, so that none ever starts a daemon of its own. */
export const installEverything: Phase = {
  title: "Install packages",
  hosts: allHosts,
  plan: (host, world) => {
    const facts = factsOf(world, host);
    const family = packageFamily(facts.family, facts.tools);
    const masks = unmaskedUnits(world, host);
    const missing = missingPackages(world, host);
    const actions: Action[] = [];
    if (masks.length > 0) {
      actions.push(run("Mask the packages' own units", ["systemctl", "mask", ...masks]));
    }
    if (missing.length === 0 || family === undefined) return actions;
    const update = updateLists(family);
    if (update !== undefined) {
      actions.push({ kind: "run", title: "Refresh the package lists", command: update });
    }
    actions.push({
      kind: "run",
      title: `Install ${missing.join(", ")}`,
      command: installPackages(family, missing),
      hint: `check the package sources of ${host}, then: mfsctl resume`,
    });
    return actions;
  },
};

function unmaskedUnits(world: World, host: string): readonly string[] {
  const facts = factsOf(world, host);
  return packagesFor(world.inventory.hosts[host]?.roles ?? []).flatMap((name) => {
    const unit = packagedUnits[name];
    return unit === undefined || facts.units.get(unit)?.file === "masked" ? [] : [unit];
  });
}

/** The user and group that the daemons run as. */
export const createUser: Phase = {
  title: "Create the user",
  hosts: allHosts,
  plan: (host, world) => {
    const { user, group } = world.inventory;
    const facts = factsOf(world, host);
    const actions: Action[] = [];
    if (facts.group === undefined) {
      actions.push(run(`Create group ${group}`, ["groupadd", "--system", group]));
    }
    if (facts.user === undefined) {
      actions.push(
        run(`Create user ${user}`, [
          "useradd",
          "--system",
          "--create-home",
          "--shell",
          "/bin/bash",
          "--gid",
          group,
          user,
        ]),
      );
    }
    return actions;
  },
};

/** The kernel's side of FUSE on clients; a kernel may have it built in. */
export const loadFuse: Phase = {
  title: "Load the fuse module",
  hosts: (world) => hostsWith(world.inventory, "client"),
  plan: (host, world) =>
    factsOf(world, host).fuse
      ? []
      : [
          run("Load the module", ["modprobe", "fuse"], {
            hint: `install the kernel's modules on ${host} or boot a kernel with FUSE`,
          }),
        ],
};

/** Folders of configuration and state. Parents stay as they are; DATA_PATH belongs to the daemons' user. */
export const createFolders: Phase = {
  title: "Create folders",
  hosts: allHosts,
  plan: (host, world) => {
    const { user, group } = world.inventory;
    const at = paths(world.inventory);
    return [
      // The lease and the fence make it before the first change, so there is nothing to plan where it is missing.
      ...(factsOf(world, host).paths.has(stateFolder)
        ? folder(world, host, stateFolder, { mode: 0o755, owner: "root", group: "root" })
        : []),
      ...folder(world, host, at.etc, { mode: 0o755, owner: "root", group: "root" }),
      ...folder(world, host, at.data, { mode: 0o755, owner: user, group }),
    ];
  },
};

/** The actions that make a folder as wanted; empty when it is. */
export function folder(
  world: World,
  host: string,
  path: string,
  want: { readonly mode: number; readonly owner: string; readonly group: string },
): readonly Action[] {
  const fact = factsOf(world, host).paths.get(path);
  const owner = `${want.owner}:${want.group}`;
  const mode = want.mode.toString(8).padStart(4, "0");
  if (fact === undefined) {
    return [
      run(`Create ${path}`, [
        "install",
        "-d",
        "-m",
        mode,
        "-o",
        want.owner,
        "-g",
        want.group,
        path,
      ]),
    ];
  }
  const actions: Action[] = [];
  if (fact.owner !== want.owner || fact.group !== want.group) {
    actions.push(run(`Give ${path} to ${owner}`, ["chown", owner, path]));
  }
  if ((fact.mode & 0o777) !== want.mode) {
    actions.push(run(`Set the mode of ${path}`, ["chmod", mode, path]));
  }
  return actions;
}
