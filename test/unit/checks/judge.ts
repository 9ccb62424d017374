// How tests ask what the checks say of a world.

import { judgeWorld } from "../../../src/checks/table.ts";
import type { Finding } from "../../../src/checks/finding.ts";
import type { World } from "../../../src/facts/world.ts";

/** What one check finds wrong, as `host level message`. */
export function troubles(world: World, check: string): readonly string[] {
  return found(world, check).map(({ host, level, message }) => `${host} ${level} ${message}`);
}

/** The hints of one check, in order. */
export function hints(world: World, check: string): readonly string[] {
  return found(world, check).map(({ hint }) => hint);
}

function found(world: World, check: string): readonly Finding[] {
  return judgeWorld(world).filter((finding) => finding.check === check && finding.level !== "ok");
}
