// How far a failover to a host has come, decided from what the hosts hold: so a run that was cut off goes on where it
// stood, and a host that is the master already is left alone.

import { factsOf, type Mastership, type World } from "../../facts/world.ts";
import { paths, unitOf } from "../../layout.ts";
import {
  assess,
  bestCandidate,
  eraOf,
  isUsable,
  lossOf,
  provenStop,
  storedAtStop,
  type Assessment,
  type Loss,
  type UsableCandidate,
} from "./candidates.ts";

/** What the operator asked for. */
export interface FailoverOptions {
  readonly target: string;
  /** The present master is healthy and hands over: nothing may be lost. */
  readonly planned: boolean;
  readonly acceptLoss: bigint | "unknown" | undefined;
  /** How the operator made sure that the old master is off. */
  readonly fencedBecause: string | undefined;
  /** The command to type with these words added, for hints. */
  readonly retype: (added: string) => string;
}

/**
 * - `assemble`: the target has yet to get the chosen metadata; `chosen` is undefined when there is none;
 * - `record`: it holds them, and is not recorded as the master yet;
 * - `serve`: it is the recorded master and its metadata are the ones to serve.
 */
export type Stage =
  | {
      readonly at: "assemble";
      readonly assessment: Assessment;
      readonly chosen: UsableCandidate | undefined;
      readonly loss: Loss | undefined;
      /** The old master runs: what it stores when it stops will be chosen. */
      readonly afterStop: boolean;
    }
  | { readonly at: "record"; readonly assessment: Assessment; readonly token: number }
  | { readonly at: "serve"; readonly assessment: Assessment };

/** True while the unit of a host's master is up or on its way. */
export function masterUnitUp(world: World, host: string): boolean {
  const state = world.facts.get(host)?.units.get(unitOf("master"))?.active;
  return state === "active" || state === "activating" || state === "reloading";
}

/** The stage of a failover to the target. */
export function stageOf(world: World, target: string): Stage {
  const { mastership } = world;
  const assessment = assess(world);
  const era = eraOf(world, target);
  const recorded = mastership.host === target && era <= mastership.token;
  if (recorded && factsOf(world, target).units.get(unitOf("master"))?.active === "active") {
    return { at: "serve", assessment };
  }
  const chosen = bestCandidate(assessment, target);
  const old = mastership.host === target ? undefined : mastership.host;
  const afterStop = old !== undefined && masterUnitUp(world, old);
  const reaches = afterStop ? undefined : installedImage(assessment, target);
  if (reaches !== undefined) {
    const own = assessment.candidates.find(({ host }) => host === target);
    const proven = own !== undefined && provenStop(world, own);
    if (recorded && proven && reaches >= (assessment.knownEnd ?? 0n)) {
      return { at: "serve", assessment };
    }
    if (era > mastership.token && reaches >= (chosen?.verdict.reaches ?? 0n)) {
      return { at: "record", assessment, token: era };
    }
  }
  const loss = chosen === undefined ? undefined : lossOf(world, assessment, chosen);
  return { at: "assemble", assessment, chosen, loss, afterStop };
}

/** How far the target's own stored image leads, when it needs no change log; undefined when it must be recovered. */
function installedImage(assessment: Assessment, target: string): bigint | undefined {
  const own = assessment.candidates.find(({ host }) => host === target);
  if (own === undefined || !isUsable(own) || own.stale || !storedAtStop(own)) return undefined;
  const { image, logs, reaches } = own.verdict;
  return image === "metadata.mfs" && logs.length === 0 ? reaches : undefined;
}

/** The world as it will be when the target is recorded as the master: later phases plan from it. */
export function promoted(world: World, target: string): World {
  const stage = stageOf(world, target);
  if (stage.at === "serve") return world;
  const token =
    stage.at === "record" ? stage.token : (world.leaseToken ?? world.mastership.token + 1);
  const mastership: Mastership = { host: target, token, recorded: true };
  return { ...world, mastership };
}

/** Folders beside DATA_PATH: on one file system with it as a rule, and never read by a daemon. */
export function failoverFolders(world: World) {
  const { data } = paths(world.inventory);
  const scratch = `${data.slice(0, data.lastIndexOf("/"))}/failover-${world.mastership.token}`;
  return {
    data,
    scratch,
    work: `${scratch}/work`,
    from: (host: string) => `${scratch}/${host}`,
    aside: (token: number) => `${data.slice(0, data.lastIndexOf("/"))}/before-${token}`,
  };
}
