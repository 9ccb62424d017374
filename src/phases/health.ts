// What counts as healthy. Pure judgements over the wire's view; unknown is never healthy.

import type { World } from "../facts/world.ts";

/** The present master answered on the wire. */
export function masterIsUp(world: World): boolean {
  return world.cluster !== undefined;
}
