// What differs between engines: where programs come from and where they lie on a host.

import { MfsctlError } from "../errors.ts";
import type { Inventory } from "../inventory/schema.ts";
import { packageOf } from "../layout.ts";

/** Programs of the engine `packages`; the same places on Debian and in the dnf repositories. */
const packagedBinaries = {
  master: "/usr/sbin/mfsmaster",
  metalogger: "/usr/sbin/mfsmetalogger",
  chunkserver: "/usr/sbin/mfschunkserver",
  cgiserv: "/usr/sbin/mfscgiserv",
  mount: "/usr/bin/mfsmount",
} as const;

/** Absolute paths of the daemons on a host. */
export function binaries(inventory: Inventory): typeof packagedBinaries {
  requireEngine(inventory);
  return packagedBinaries;
}

/** Refuses an engine that this version cannot install. */
export function requireEngine(inventory: Inventory): void {
  if (inventory.engine === "packages") return;
  throw new MfsctlError(
    "invalidInventory",
    `Cannot deploy engine "${inventory.engine}": this version installs the distribution's MooseFS only, expected engine "packages"`,
    { hint: `set "engine: packages" in the inventory` },
  );
}

/** Packages that a host needs, by its roles. */
export function packagesFor(roles: readonly string[]): readonly string[] {
  const names = new Set<string>();
  if (roles.includes("master") || roles.includes("metalogger")) {
    names.add(packageOf.master).add(packageOf.metalogger);
  }
  if (roles.includes("chunkserver")) names.add(packageOf.chunkserver);
  if (roles.includes("client")) names.add(packageOf.client).add("fuse3");
  if (roles.includes("monitor")) names.add(packageOf.cgiserv);
  return [...names];
}

/** The units that the packages bring; masked, so that only mfsctl's own units ever run a daemon. */
export const packagedUnits: Readonly<Record<string, string>> = {
  [packageOf.master]: "moosefs-master.service",
  [packageOf.metalogger]: "moosefs-metalogger.service",
  [packageOf.chunkserver]: "moosefs-chunkserver.service",
  [packageOf.cgiserv]: "moosefs-cgiserv.service",
};
