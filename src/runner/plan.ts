// The looking half of the runner: facts, gates and the plan. Nothing here changes a host.

import { MfsctlError } from "../errors.ts";
import { gatherWorld, type GatherOptions } from "../facts/gather.ts";
import { identityDoubts } from "../facts/identity.ts";
import type { World } from "../facts/world.ts";
import type { Hosts } from "../host/host.ts";
import type { Inventory } from "../inventory/schema.ts";
import { describeAction, diffOfAction } from "./describe.ts";
import type { Phase, Refusal, Runbook } from "./phase.ts";
import type { View } from "./view.ts";

/** Everything a run needs from outside: time, chance and hosts are parameters, so that tests decide them. */
export interface RunContext {
  readonly inventory: Inventory;
  readonly hosts: Hosts;
  /** The same hosts, with every change fenced by the lease's token. */
  readonly fenced: (token: number) => Hosts;
  readonly journalFolder: string;
  /** The time of day, milliseconds. */
  readonly now: () => number;
  /** Milliseconds of a clock that is never set and goes on while the machine sleeps: for waits and the lease's age. */
  readonly elapsed: () => number;
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly view: View;
  readonly trace: (line: string) => void;
  /** Aborted by the first Ctrl-C: nothing new begins. */
  readonly stopping: AbortSignal;
  /** Aborted by the second: everything ends at once. */
  readonly abort: AbortSignal;
  readonly concurrency: number;
  readonly lockWaitSeconds: number;
  /** Folders whose goals the plan wants to know. */
  readonly goalsOf: readonly string[];
  /** Hosts whose chunkservers the plan wants to ask for their disks. */
  readonly disksOf?: readonly string[];
  /** The plan wants to know what the metadata folders hold. */
  readonly metadata?: boolean;
}

/** One planned step, as dry runs and `plan` show it. */
export interface PlannedStep {
  readonly phase: string;
  readonly host: string;
  readonly title: string;
  readonly text: string;
  readonly diff: string;
}

/** Looks at the world and refuses what no plan can mend: hosts that do not answer. */
export async function observe(
  context: RunContext,
  tolerates: (world: World) => ReadonlySet<string> = () => new Set(),
  lostBefore?: World["unreachable"],
): Promise<World> {
  const world = await gatherWorld(context.hosts, context.inventory, {
    ...gatherOptions(context),
    lost: lostBefore,
  });
  const doubts = identityDoubts(world);
  if (doubts.length > 0) throw refuse(doubts);
  const accepted = tolerates(world);
  const lost = [...world.unreachable].filter(([host]) => !accepted.has(host));
  const first = lost[0]?.[1];
  if (first === undefined) return world;
  throw new MfsctlError(
    first.code,
    lost.length === 1 ? first.message : `Cannot reach ${lost.length} hosts`,
    {
      host: lost.length === 1 ? first.host : undefined,
      details:
        lost.length === 1
          ? first.details
          : lost.map(([host, error]) => `${host}: ${error.message}`),
      hint: first.hint,
    },
  );
}

/** What gathering needs of a context. */
export function gatherOptions(context: RunContext): GatherOptions {
  const { abort, stopping, now, goalsOf, disksOf, metadata } = context;
  // Looking changes nothing, so already the first Ctrl-C ends it.
  return { signal: AbortSignal.any([abort, stopping]), now, goalsOf, disksOf, metadata };
}

/** Throws `refused` with every reason of every gate that can be asked before the first change. */
export function checkGatesAhead(phases: readonly Phase[], world: World): void {
  checkGates(
    phases.filter((phase) => phase.gatesOnlyInTurn !== true),
    world,
  );
}

/** Throws the refusals of all these phases as one error. */
export function checkGates(phases: readonly Phase[], world: World): void {
  const refusals = phases.flatMap((phase) => phase.gates?.(world) ?? []);
  if (refusals.length > 0) throw refuse(refusals);
}

/**
 * One error of several refusals, the others as its details. One with a code of its own is a fact about a host and becomes
 * the message, for other gates may follow from it; else the last one does.
 */
export function refuse(refusals: readonly Refusal[]): MfsctlError {
  const last = refusals.findLast(({ code }) => code !== undefined) ?? refusals.at(-1);
  const where = (refusal: Refusal) => (refusal.host === undefined ? "" : `${refusal.host}: `);
  return new MfsctlError(last?.code ?? "refused", last?.message ?? "Refused", {
    host: last?.host,
    details: refusals
      .filter((refusal) => refusal !== last)
      .map((refusal) => `${where(refusal)}${refusal.message}`),
    hint: last?.hint,
  });
}

/** Plans every phase from one look at the world: the text of a dry run. */
export function planAll(runbook: Runbook, world: World): readonly PlannedStep[] {
  return runbook.phases.flatMap((phase) =>
    phaseHosts(phase, world).flatMap((host) =>
      phase.plan(host, world).map((action) => ({
        phase: phase.title,
        host,
        title: action.title,
        text: describeAction(action),
        diff: diffOfAction(action),
      })),
    ),
  );
}

/** What the phases leave as it is, in words. */
export function notesOf(runbook: Runbook, world: World): readonly string[] {
  return runbook.phases.flatMap((phase) => phase.notes?.(world) ?? []);
}

/** The hosts of a phase that could be asked. */
export function phaseHosts(phase: Phase, world: World): readonly string[] {
  return phase.hosts(world).filter((host) => world.facts.has(host));
}
