// Which server serves which wanted label: a maximum matching by augmenting paths that prefers servers early
// in the order. Spec: semantics-master.md 6.4.

import type { LabelExpression } from "./settings.ts";

/** What matching needs to know of a server. */
export interface LabelledServer {
  readonly labelMask: number;
}

/** Whether a server has all labels of one of the masks. No mask at all fits every server. */
export function fitsLabel(label: LabelExpression, labelMask: number): boolean {
  if (label.length === 0) return true;
  for (const mask of label) if ((mask & labelMask) === mask) return true;
  return false;
}

/**
 * For each label the index of the server that serves it, or -1. `groupOf` names servers of which only one
 * may be used, such as those of one rack; without it each stands alone.
 */
export function matchLabels<S extends LabelledServer>(
  labels: readonly LabelExpression[],
  servers: readonly S[],
  groupOf?: (server: S) => number,
): readonly number[] {
  const groups = servers.map((server, index) => (groupOf === undefined ? index : groupOf(server)));
  const search: Search = {
    labels,
    masks: servers.map((server) => server.labelMask),
    groups,
    holder: new Map(),
    serverOf: labels.map(() => -1),
  };
  for (let label = 0; label < labels.length; label++) augment(search, label, new Set());
  return search.serverOf;
}

interface Search {
  readonly labels: readonly LabelExpression[];
  readonly masks: readonly number[];
  readonly groups: readonly number[];
  /** The label that each group serves. */
  readonly holder: Map<number, number>;
  readonly serverOf: number[];
}

function augment(search: Search, label: number, visited: Set<number>): boolean {
  const expression = search.labels[label] ?? [];
  for (let server = 0; server < search.masks.length; server++) {
    const group = search.groups[server] ?? 0;
    if (visited.has(group) || !fitsLabel(expression, search.masks[server] ?? 0)) continue;
    visited.add(group);
    const holder = search.holder.get(group);
    if (holder !== undefined && !augment(search, holder, visited)) continue;
    search.holder.set(group, label);
    search.serverOf[label] = server;
    return true;
  }
  return false;
}
