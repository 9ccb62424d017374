// Everything that `status` looks at, gathered: the world, and what costs a question of its own. Only reads.

import { gatherOptions, type RunContext } from "../runner/plan.ts";
import { askDisks } from "../facts/disks.ts";
import { gatherWorld } from "../facts/gather.ts";
import { lookAtMounts, type MountLooks } from "../facts/mounts.ts";
import { metaloggerHosts, type World } from "../facts/world.ts";
import { MfsctlError } from "../errors.ts";
import { hostsWith, paths } from "../layout.ts";
import { lastChange } from "../shell/metalogger.ts";
import type { Disk } from "../wire/disks.ts";

export interface StatusView {
  readonly world: World;
  readonly looks: MountLooks;
  /** Version of the last change that a metalogger's host holds; absent where it could not be read. */
  readonly lastChanges: ReadonlyMap<string, number>;
  /** Disks as each chunkserver shows them; absent where it could not be asked. */
  readonly disks: ReadonlyMap<string, readonly Disk[]>;
}

/** Asks everybody. Throws only when no host at all can be reached. */
export async function gatherStatus(context: RunContext): Promise<StatusView> {
  const options = { ...gatherOptions(context), goalsOf: [] };
  const world = await gatherWorld(context.hosts, context.inventory, options);
  const first = [...world.unreachable.values()][0];
  if (world.facts.size === 0 && first !== undefined) throw first;
  const mounts = new Map(
    [...world.facts.keys()].map((name) => [
      name,
      (world.inventory.hosts[name]?.mounts ?? []).map(({ path }) => path),
    ]),
  );
  const withFacts = (names: readonly string[]) => names.filter((name) => world.facts.has(name));
  const [looks, lastChanges, disks] = await Promise.all([
    lookAtMounts(context.hosts, world.facts, mounts, options),
    readLastChanges(context, withFacts(metaloggerHosts(world))),
    askDisks(
      context.hosts,
      context.inventory,
      withFacts(hostsWith(context.inventory, "chunkserver")),
      options,
    ),
  ]);
  return { world, looks, lastChanges, disks };
}

/** A host that fails or whose line is no change is absent, and absent is unknown. */
async function readLastChanges(
  context: RunContext,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  const command = lastChange(paths(context.inventory).data);
  await Promise.all(
    names.map(async (name) => {
      try {
        const host = await context.hosts.host(name, { signal: context.abort });
        const [output] = await host.batch([command], { signal: context.abort });
        const match = /^(\d{1,15}): /.exec(output?.stdout.toString("latin1") ?? "");
        if (match?.[1] !== undefined) found.set(name, Number(match[1]));
      } catch (error) {
        context.abort.throwIfAborted();
        if (!(error instanceof MfsctlError)) throw error;
      }
    }),
  );
  return found;
}
