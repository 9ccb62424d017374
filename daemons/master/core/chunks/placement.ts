// Which servers get a new chunk: weighted turn-taking by size, busy servers last, then labels.
// Spec: semantics-master.md 6.3.

import type { Prng } from "../../../base/prng.ts";
import { matchLabels } from "./matching.ts";
import { loadState } from "./server.ts";
import type { Server } from "./server.ts";
import { labelMode } from "./settings.ts";
import type { LabelExpression } from "./settings.ts";
import type { Topology } from "./topology.ts";

/** Size of a chunk. */
export const chunkBytes = 0x400_0000;
/** Weight of one running write or incoming copy against any difference of size. */
const busyPenalty = 1000;
/** Creations per server after which turns start anew. */
const creationsPerServerMax = 10;

/** What is asked for. */
export interface PlacementRequest {
  /** One expression a copy. */
  readonly labels: readonly LabelExpression[];
  readonly mode: number;
  readonly clientIp: number;
  /** Servers nearer to the client than this come first; 0 = off. */
  readonly respectTopology: number;
  /** 1 one copy an address, 2 one copy a rack. */
  readonly uniqueMode: number;
}

/** The chosen servers in order; none when it cannot be done, and whether it may be possible soon. */
export interface Placement {
  readonly servers: readonly Server[];
  readonly tryAgain: boolean;
}

/** Chooses servers and keeps the turns. */
export class PlacementTurns {
  #creations = 0;

  /** Chooses servers for a new chunk; nothing is changed. */
  choose(servers: readonly Server[], topology: Topology, request: PlacementRequest): Placement {
    const { candidates, overloaded } = findCandidates(servers);
    const goal = request.labels.length;
    if (candidates.length === 0) return { servers: [], tryAgain: overloaded > 0 };
    if (candidates.length < goal && candidates.length + overloaded >= goal) return againLater;
    sortByTurn(candidates, totalOf(servers));
    const ordered = nearFirst(candidates, topology, request);
    const labelled = request.uniqueMode > 0 || request.labels.some((label) => label.length > 0);
    if (!labelled) return { servers: ordered.slice(0, goal), tryAgain: false };
    return chooseByLabels(ordered, overloaded, topology, request);
  }

  /** Counts a creation on the chosen servers. */
  count(servers: readonly Server[], chosen: readonly Server[], prng: Prng): void {
    const usable = servers.filter((server) => server.isUsable);
    const total = totalOf(servers);
    this.#creations++;
    if (this.#creations > creationsPerServerMax * usable.length) {
      this.#creations = 0;
      for (const server of usable) {
        server.placementDistance = prng.below(Math.max(1, Math.floor(turnLength(server, total))));
        server.placementCorrection = 0;
      }
      for (const server of chosen) server.placementUsed = true;
      return;
    }
    for (const server of usable) server.placementDistance += chosen.length;
    chosen.forEach((server, index) => {
      takeTurn(server, { index, count: chosen.length, turn: turnLength(server, total) });
    });
  }
}

const againLater: Placement = { servers: [], tryAgain: true };

function takeTurn(server: Server, at: { index: number; count: number; turn: number }): void {
  if (server.placementUsed) {
    const waited = server.placementDistance + at.index + 1 - at.count;
    server.placementCorrection += at.turn - waited;
  }
  server.placementUsed = true;
  server.placementDistance = at.count - at.index - 1;
}

/** Creations between two turns of a server when turns go by size. */
function turnLength(server: Server, total: number): number {
  return total / Math.max(1, server.space.totalBytes);
}

function totalOf(servers: readonly Server[]): number {
  let total = 0;
  for (const server of servers) if (server.isUsable) total += server.space.totalBytes;
  return total;
}

function findCandidates(servers: readonly Server[]): { candidates: Server[]; overloaded: number } {
  const normal: Server[] = [];
  const grace: Server[] = [];
  let overloaded = 0;
  for (const server of servers) {
    if (!server.isUsable || server.freeBytes <= chunkBytes * (1 + 10 * server.writes)) continue;
    const load = server.loadState;
    if (load === loadState.overloaded) overloaded++;
    else if (load > loadState.good || server.inMaintenance) grace.push(server);
    else normal.push(server);
  }
  const graceCounts = 5 * grace.length > grace.length + normal.length;
  return { candidates: graceCounts ? [...normal, ...grace] : normal, overloaded };
}

function sortByTurn(candidates: Server[], total: number): void {
  const errors = new Map(candidates.map((server) => [server, turnError(server, total)]));
  candidates.sort((one, other) => (errors.get(one) ?? 0) - (errors.get(other) ?? 0));
}

function turnError(server: Server, total: number): number {
  const turn = turnLength(server, total) + server.placementCorrection;
  const error = server.placementUsed ? turn / (server.placementDistance + 1) : 1;
  return error + busyPenalty * (server.writes + server.replications.size);
}

function nearFirst(
  candidates: readonly Server[],
  topology: Topology,
  { respectTopology, clientIp }: PlacementRequest,
): readonly Server[] {
  if (respectTopology === 0) return candidates;
  const isNear = (server: Server): boolean =>
    topology.distance(server.entry.ip, clientIp) < respectTopology;
  const far = candidates.filter((server) => !isNear(server));
  return [...candidates.filter(isNear), ...far];
}

function chooseByLabels(
  candidates: readonly Server[],
  overloaded: number,
  topology: Topology,
  request: PlacementRequest,
): Placement {
  const { labels, mode } = request;
  const group = groupOf(topology, request.uniqueMode);
  const matched = matchLabels(labels, candidates, group).flatMap((index) => {
    const server = candidates[index];
    return server === undefined ? [] : [server];
  });
  const goal = labels.length;
  if (mode !== labelMode.loose && matched.length < goal && matched.length + overloaded >= goal) {
    return againLater;
  }
  if (mode === labelMode.strict) return { servers: matched, tryAgain: false };
  const others = candidates.filter((server) => !matched.includes(server));
  return { servers: [...matched, ...others].slice(0, goal), tryAgain: false };
}

/** Servers that share an address or a rack are one, in the unique modes. */
export function groupOf(
  topology: Topology,
  uniqueMode: number,
): ((server: Server) => number) | undefined {
  if (uniqueMode === 1) return (server) => server.entry.ip;
  if (uniqueMode === 2) return (server) => topology.rackOf(server.entry.ip);
  return undefined;
}
