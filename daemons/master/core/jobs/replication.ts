// Step 9: a copy more for a chunk that has too few, or that has them on servers of the wrong labels.
// Spec: semantics-master.md 8.5.

import type { Server } from "../chunks/server.ts";
import { labelMode } from "../chunks/settings.ts";
import type { LabelExpression } from "../chunks/settings.ts";
import { replicate } from "../chunks/transfers.ts";
import { copyState, isUsable } from "../store/copies.ts";
import type { JobState } from "./job-state.ts";
import { isUrgent } from "./priority.ts";
import { limitClass } from "./server-view.ts";
import type { TargetGroups } from "./server-view.ts";

/** How it went: a copy was started, may be started later, or no server could ever take one now. */
export type CopyOutcome = "started" | "wait" | "impossible";

/** What the copy is for. */
export interface CopyWish {
  readonly chunk: number;
  readonly goal: number;
  /** The queue that the chunk belongs into. */
  readonly queue: number;
}

/** Starts one copy, if that is possible now. */
export function addCopy(jobs: JobState, wish: CopyWish): CopyOutcome {
  const labels = jobs.labelsOf(wish.chunk);
  const search = new Search(jobs, wish);
  return jobs.needsMatching(labels) ? search.byLabels(labels) : search.anywhere();
}

/** One search for a target and a source. */
class Search {
  readonly #jobs: JobState;
  readonly #chunk: number;
  readonly #goal: number;
  readonly #urgent: boolean;
  readonly #limits: 0 | 1;
  readonly #groups: TargetGroups;

  constructor(jobs: JobState, { chunk, goal, queue }: CopyWish) {
    this.#jobs = jobs;
    this.#chunk = chunk;
    this.#goal = goal;
    this.#urgent = isUrgent(queue);
    this.#limits = this.#urgent ? limitClass.endangered : limitClass.underGoal;
    this.#groups = jobs.servers.groups(this.#limits);
  }

  /** Any server without an entry will do. */
  anywhere(): CopyOutcome {
    const target = this.#chooseTarget(anyTarget);
    if (target !== undefined && this.#start(target)) return "started";
    return this.#mayWait() ? "wait" : "impossible";
  }

  /** The labels in their order: the first one that can be served now is. */
  byLabels(labels: readonly LabelExpression[]): CopyOutcome {
    const { matching, core } = this.#jobs;
    const stages = this.#match(labels);
    const mode = core.rules.modeOf(core.chunks.classOf(this.#chunk));
    let wait = false;
    for (let label = 0; label < labels.length; label++) {
      const place = matching.placeOf(label);
      if (place >= 0 && place < stages.allowed) continue;
      if (place >= 0 && place < stages.limited) {
        if (this.#start(matching.serverAt(place) as Server)) return "started";
        wait = true;
        continue;
      }
      if (mode === labelMode.strict) continue;
      if (place >= 0 && mode === labelMode.standard) {
        wait = true;
        continue;
      }
      const outcome = this.#standIn();
      if (outcome === "started") return outcome;
      if (outcome === "wait" || place >= 0) wait = true;
    }
    return wait ? "wait" : "impossible";
  }

  /** Holders first, then servers that may take a copy now, then those that may later. */
  #match(labels: readonly LabelExpression[]): { allowed: number; limited: number } {
    const { matching } = this.#jobs;
    this.#jobs.matchHolders(this.#chunk, labels);
    const allowed = matching.serverCount;
    this.#addWithoutEntry(this.#groups.free);
    if (this.#urgent) this.#addWithoutEntry(this.#groups.overloaded);
    matching.match();
    const limited = matching.serverCount;
    this.#addWithoutEntry(this.#groups.limited);
    if (!this.#urgent) this.#addWithoutEntry(this.#groups.overloaded);
    this.#addBeingFreed();
    matching.match();
    return { allowed, limited };
  }

  #addWithoutEntry(servers: readonly Server[]): void {
    for (const server of servers) {
      if (!this.#hasEntry(server)) this.#jobs.matching.add(server);
    }
  }

  /** Servers whose bad copy will be deleted take a good one then. */
  #addBeingFreed(): void {
    const { chunks, servers } = this.#jobs.core;
    const { copies } = chunks;
    for (let copy = chunks.firstCopy(this.#chunk); copy !== 0; copy = copies.next(copy)) {
      if (isUsable(copies.stateOf(copy))) continue;
      this.#jobs.matching.add(servers.at(copies.serverOf(copy)));
    }
  }

  /** A label that nobody can serve now: while copies are missing, any server stands in. */
  #standIn(): CopyOutcome {
    if (this.#jobs.counts.valid >= this.#goal) return "impossible";
    const { matching } = this.#jobs;
    const target = this.#chooseTarget((server) => matching.labelOf(server) < 0);
    if (target !== undefined && this.#start(target)) return "started";
    return this.#mayWait() ? "wait" : "impossible";
  }

  #chooseTarget(fits: (server: Server) => boolean): Server | undefined {
    const near = this.#jobs.settings.respectTopology >= 2;
    return (
      (near
        ? this.#firstFree((server) => fits(server) && this.#isInRackOfCopy(server))
        : undefined) ?? this.#firstFree(fits)
    );
  }

  #firstFree(fits: (server: Server) => boolean): Server | undefined {
    return (
      this.#firstFitting(this.#groups.free, fits) ??
      (this.#urgent ? this.#firstFitting(this.#groups.overloaded, fits) : undefined)
    );
  }

  /** The first from a random place on, so that equal servers get equal shares. */
  #firstFitting(servers: readonly Server[], fits: (server: Server) => boolean): Server | undefined {
    const start = this.#jobs.core.prng.below(Math.max(1, servers.length));
    for (let step = 0; step < servers.length; step++) {
      const server = servers[(start + step) % servers.length] as Server;
      if (!this.#hasEntry(server) && fits(server)) return server;
    }
    return undefined;
  }

  /** Whether some server with room has no usable copy, and so may take one at another time. */
  #mayWait(): boolean {
    const { free, overloaded, limited } = this.#groups;
    const mayTake = (server: Server): boolean => this.#mayTakeLater(server);
    return free.some(mayTake) || overloaded.some(mayTake) || limited.some(mayTake);
  }

  #mayTakeLater(server: Server): boolean {
    const { chunks } = this.#jobs.core;
    const copy = chunks.findCopy(this.#chunk, server.slot);
    return copy === 0 || !isUsable(chunks.copies.stateOf(copy));
  }

  #hasEntry(server: Server): boolean {
    return this.#jobs.core.chunks.findCopy(this.#chunk, server.slot) !== 0;
  }

  #isInRackOfCopy(target: Server): boolean {
    const { chunks, servers, topology } = this.#jobs.core;
    const rack = topology.rackOf(target.entry.ip);
    const { copies } = chunks;
    for (let copy = chunks.firstCopy(this.#chunk); copy !== 0; copy = copies.next(copy)) {
      const holder = servers.at(copies.serverOf(copy));
      if (topology.rackOf(holder.entry.ip) === rack) return true;
    }
    return false;
  }

  #start(target: Server): boolean {
    const source = this.#chooseSource(target);
    if (source === undefined) return false;
    const { core, servers } = this.#jobs;
    if (!replicate(core, { chunk: this.#chunk, source, target, missing: true })) return false;
    servers.noteStarted(target);
    this.#jobs.totals.replications++;
    return true;
  }

  /** A random holder below its limit; with topology one of the nearest. */
  #chooseSource(target: Server): Server | undefined {
    const { core, counts, servers, settings } = this.#jobs;
    const { chunks, prng, topology } = core;
    // Copies on disks to be removed are read only when there is no other.
    const wanted = counts.valid > 0 ? copyState.valid : copyState.removalValid;
    let chosen: Server | undefined;
    let least = 0;
    let equals = 0;
    for (let copy = chunks.firstCopy(this.#chunk); copy !== 0; copy = chunks.copies.next(copy)) {
      if (chunks.copies.stateOf(copy) !== wanted) continue;
      const holder = core.servers.at(chunks.copies.serverOf(copy));
      if (servers.isReadLimited(holder, this.#limits)) continue;
      const distance =
        settings.respectTopology > 0 ? topology.distance(holder.entry.ip, target.entry.ip) : 0;
      if (chosen !== undefined && distance > least) continue;
      equals = chosen === undefined || distance < least ? 1 : equals + 1;
      least = distance;
      if (prng.below(equals) === 0) chosen = holder;
    }
    return chosen;
  }
}

function anyTarget(): boolean {
  return true;
}
