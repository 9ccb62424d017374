// What counts as healthy. Pure judgements over the wire's view; unknown is never healthy.

import type { World } from "../facts/world.ts";
import { unitOf } from "../layout.ts";

/** The present master answered on the wire. */
export function masterIsUp(world: World): boolean {
  return world.cluster !== undefined;
}

/** The command that brings a master back which does not answer, by what its host shows. */
export function masterStateHint(world: World): string {
  const { host } = world.mastership;
  const facts = world.facts.get(host);
  if (facts === undefined) {
    return `bring ${host} back, or: mfsctl failover --to another metadata host --dry-run`;
  }
  const unit = facts.units.get(unitOf("master"));
  if (unit === undefined || unit.load === "not-found") return "mfsctl deploy";
  if (unit.active === "active") return `mfsctl logs --node ${host}`;
  const stored = facts.dataFiles.some(({ name }) => name === "metadata.mfs");
  return stored
    ? "mfsctl start --role master"
    : `mfsctl failover --to ${host} --dry-run shows what can be recovered`;
}
