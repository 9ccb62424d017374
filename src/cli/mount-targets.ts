// `HOST:PATH`, `HOST` or nothing: which of the inventory's mounts are meant.

import { Args } from "@oclif/core";
import { MfsctlError } from "../errors.ts";
import type { Inventory } from "../inventory/schema.ts";
import type { MountTarget } from "../phases/client/situation.ts";

/** The argument that names mounts. */
export const mountArgs = {
  target: Args.string({ description: "HOST:PATH or HOST; all mounts without it" }),
};

/** The mounts that a word and the chosen hosts name; a word that names none is a mistake. */
export function mountTargets(
  inventory: Inventory,
  word: string | undefined,
  hosts: readonly string[],
): readonly MountTarget[] {
  const all = Object.values(inventory.hosts).flatMap((host) =>
    host.mounts.map(({ path }) => ({ host: host.name, path })),
  );
  const cut = word?.indexOf(":") ?? -1;
  const [name, path] =
    word === undefined || cut === -1
      ? [word, undefined]
      : [word.slice(0, cut), word.slice(cut + 1).replace(/(?<=.)\/+$/, "")];
  const found = all.filter(
    (mount) =>
      hosts.includes(mount.host) &&
      (name === undefined || mount.host === name) &&
      (path === undefined || mount.path === path),
  );
  if (found.length > 0) return found;
  const known = all.map((mount) => `${mount.host}:${mount.path}`).join(", ") || "none";
  throw new MfsctlError(
    "usage",
    `Cannot find the mount "${word ?? hosts.join(", ")}": the inventory names ${known}, expected one of them`,
    { hint: "add it to the host's mounts in the inventory, then: mfsctl deploy" },
  );
}
