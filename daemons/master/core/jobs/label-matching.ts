// Which label is served by which server, found in stages: servers added first are used as far as they can
// be, later ones only for what is left. An augmenting path never lets go of a server once it is used, so
// the servers of each stage are as many as possible. Spec: semantics-master.md 6.4, 8.5.

import { fitsLabel } from "../chunks/matching.ts";
import type { Server } from "../chunks/server.ts";
import type { LabelExpression } from "../chunks/settings.ts";
import type { Topology } from "../chunks/topology.ts";

/** A class has at most nine labels. */
const labelsMax = 9;
const nobody = -1;

/** One matching at a time; the object is used again for the next chunk. */
export class LabelMatching {
  #labels: readonly LabelExpression[] = [];
  #uniqueMode = 0;
  #topology: Topology | undefined;
  readonly #servers: Server[] = [];
  readonly #groups: number[] = [];
  /** The label that each group serves. */
  readonly #labelOfGroup: number[] = [];
  readonly #visited: number[] = [];
  #visit = 0;
  readonly #serverOfLabel = new Int32Array(labelsMax);
  readonly #groupOfKey = new Map<number, number>();

  /** Begins anew. In the unique modes servers of one address (1) or rack (2) count as one. */
  start(labels: readonly LabelExpression[], uniqueMode: number, topology: Topology): void {
    this.#labels = labels;
    this.#uniqueMode = uniqueMode;
    this.#topology = topology;
    this.#servers.length = 0;
    this.#groups.length = 0;
    this.#labelOfGroup.length = 0;
    this.#visited.length = 0;
    this.#visit = 0;
    this.#serverOfLabel.fill(nobody);
    this.#groupOfKey.clear();
  }

  /** Servers that were added: the number that a stage begins with. */
  get serverCount(): number {
    return this.#servers.length;
  }

  /** Adds a server to the present stage. */
  add(server: Server): void {
    this.#servers.push(server);
    this.#groups.push(this.#groupOf(server));
  }

  /** Ends a stage: serves as many labels as the servers so far can. */
  match(): void {
    const count = Math.min(this.#labels.length, labelsMax);
    for (let label = 0; label < count; label++) {
      if (this.#serverOfLabel[label] !== nobody) continue;
      this.#visit++;
      this.#augment(label);
    }
  }

  /** Place of the server that serves a label in the order of `add`, or -1. */
  placeOf(label: number): number {
    return this.#serverOfLabel[label] ?? nobody;
  }

  /** The server that was added at a place. */
  serverAt(place: number): Server | undefined {
    return this.#servers[place];
  }

  /** The label that a server serves, or -1. */
  labelOf(server: Server): number {
    for (let label = 0; label < this.#labels.length; label++) {
      if (this.#servers[this.placeOf(label)] === server) return label;
    }
    return nobody;
  }

  /** Labels that nobody serves. */
  get unmatched(): number {
    let count = 0;
    for (let label = 0; label < this.#labels.length; label++) {
      if (this.placeOf(label) === nobody) count++;
    }
    return count;
  }

  #augment(label: number): boolean {
    const expression = this.#labels[label] ?? [];
    for (let place = 0; place < this.#servers.length; place++) {
      const group = this.#groups[place] ?? 0;
      if (this.#visited[group] === this.#visit) continue;
      if (!fitsLabel(expression, (this.#servers[place] as Server).labelMask)) continue;
      this.#visited[group] = this.#visit;
      const holder = this.#labelOfGroup[group] ?? nobody;
      if (holder !== nobody && !this.#augment(holder)) continue;
      this.#labelOfGroup[group] = label;
      this.#serverOfLabel[label] = place;
      return true;
    }
    return false;
  }

  #groupOf(server: Server): number {
    if (this.#uniqueMode === 0 || this.#topology === undefined) return this.#newGroup();
    const key = uniqueKey(server, this.#uniqueMode, this.#topology);
    let group = this.#groupOfKey.get(key);
    if (group === undefined) {
      group = this.#newGroup();
      this.#groupOfKey.set(key, group);
    }
    return group;
  }

  #newGroup(): number {
    this.#visited.push(0);
    return this.#labelOfGroup.push(nobody) - 1;
  }
}

/** Equal for servers of which only one may hold a copy. */
export function uniqueKey(server: Server, uniqueMode: number, topology: Topology): number {
  if (uniqueMode === 1) return server.entry.ip;
  return uniqueMode === 2 ? topology.rackOf(server.entry.ip) : server.slot;
}

/** Whether any of the labels asks for more than just a server. */
export function hasLabels(labels: readonly LabelExpression[]): boolean {
  for (const label of labels) if (label.length > 0) return true;
  return false;
}
