// A phase is one step of a run-book for some hosts; a run-book is an array of phases. Phases are pure: they see the
// world (facts) and return actions; an empty plan means "already so".

import type { Action } from "./actions.ts";
import type { ErrorCode } from "../errors.ts";
import type { World } from "../facts/world.ts";

/** Why a phase may not go on; an empty list means it may. */
export interface Refusal {
  readonly host?: string;
  /** Default `refused`, exit code 7. */
  readonly code?: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

export interface Phase {
  /** Imperative, capital first: what the user reads. */
  readonly title: string;
  /** Names of the hosts concerned, in order. */
  readonly hosts: (world: World) => readonly string[];
  /** How many hosts at once; default: the run's concurrency. */
  readonly batch?: number;
  /** Facts that must be fresh when the phase plans: the wire view costs a connection to the master. */
  readonly needs?: readonly ("cluster" | "metadata")[];
  /** Gates that must hold before anything changes and again before this phase; the runner refuses with exit code 7. */
  readonly gates?: (world: World) => readonly Refusal[];
  /** The gates judge what earlier phases made, so they are not asked before anything changes. */
  readonly gatesOnlyInTurn?: boolean;
  readonly plan: (host: string, world: World) => readonly Action[];
  /** What the phase leaves as it is although the inventory says otherwise: one line each, for plans and recaps. */
  readonly notes?: (world: World) => readonly string[];
}

export interface Runbook {
  /** The command's name, for the journal: "deploy". */
  readonly name: string;
  readonly phases: readonly Phase[];
}
