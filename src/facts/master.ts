// Who is master, asked from the metadata hosts alone: for questions that concern no other host.

import { MfsctlError } from "../errors.ts";
import type { Hosts } from "../host/host.ts";
import type { Inventory } from "../inventory/schema.ts";
import { metadataHosts } from "../layout.ts";
import { gatherFacts, type GatherOptions } from "./gather.ts";
import { mastershipOf, type Mastership } from "./world.ts";

/** The present master. Throws when its host, or every metadata host, cannot be asked. */
export async function findMaster(
  hosts: Hosts,
  inventory: Inventory,
  options: GatherOptions,
): Promise<Mastership> {
  const names = metadataHosts(inventory);
  const { facts, unreachable } = await gatherFacts(hosts, inventory, names, options);
  const mastership = mastershipOf(inventory, facts);
  const lost = unreachable.get(mastership.host);
  if (lost !== undefined) throw lost;
  if (facts.has(mastership.host)) return mastership;
  throw new MfsctlError("unreachable", "Cannot find the master: no metadata host answers", {
    hint: "mfsctl status",
  });
}
