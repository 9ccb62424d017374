// All runs of a cluster, from this machine's journals and from their copies on the metadata hosts, and which of them a
// `resume` would repeat.

import path from "node:path";
import { MfsctlError } from "../errors.ts";
import { metadataHosts } from "../layout.ts";
import { listRuns, type RunRecord } from "./journal.ts";
import { readLeases } from "./lock-state.ts";
import { readMirror } from "./mirror.ts";
import type { RunContext } from "./plan.ts";

/** A run as people see it; `running` holds the cluster's lock now. */
export interface KnownRun extends Omit<RunRecord, "outcome"> {
  readonly outcome: RunRecord["outcome"] | "running";
}

export interface History {
  /** Newest first. */
  readonly runs: readonly KnownRun[];
  /** Metadata hosts that could not be asked. */
  readonly notAsked: readonly string[];
}

/** Reads all journals; the longest copy of a run counts. */
export async function readHistory(context: RunContext, most: number): Promise<History> {
  const names = metadataHosts(context.inventory);
  const notAsked: string[] = [];
  const mirrors = await Promise.all(
    names.map(async (name) => {
      try {
        return await readMirror(await context.hosts.host(name, { signal: context.abort }), most);
      } catch (error) {
        if (!(error instanceof MfsctlError)) throw error;
        notAsked.push(name);
        return [];
      }
    }),
  );
  const { leases } = await readLeases(
    context,
    names.filter((name) => !notAsked.includes(name)),
  );
  const running = new Set(leases.filter(({ isAlive }) => isAlive).map(({ runId }) => runId));
  const runs = merge([...(await listRuns(context.journalFolder)), ...mirrors.flat()]).map(
    (run): KnownRun =>
      run.outcome === "broken" && running.has(run.runId) ? { ...run, outcome: "running" } : run,
  );
  return { runs: runs.slice(0, most), notAsked };
}

/** One record a run, the longest of its copies, newest first. */
export function merge(records: readonly RunRecord[]): readonly RunRecord[] {
  const best = new Map<string, RunRecord>();
  for (const record of records) {
    const known = best.get(record.runId);
    if (known === undefined || record.entries.length > known.entries.length) {
      best.set(record.runId, record);
    }
  }
  return [...best.values()].toSorted((left, right) => (left.runId < right.runId ? 1 : -1));
}

/** The newest run that did not end well and that no later run of the same command made good. */
export function runToResume(runs: readonly KnownRun[]): KnownRun | undefined {
  return runs.find(
    (run, index) =>
      (run.outcome === "failed" || run.outcome === "interrupted" || run.outcome === "broken") &&
      !runs
        .slice(0, index)
        .some((later) => later.outcome === "ok" && later.begin.command === run.begin.command),
  );
}

/**
 * The words that repeat a run on this machine: its inventory is the one given here, and what a restart or a reload has
 * already done since it began is left out.
 */
export function wordsToResume(run: Pick<KnownRun, "begin">, inventory: string): readonly string[] {
  const { argv, inventory: before, command, at } = run.begin;
  const end = argv.indexOf("--");
  const [own, rest] = end === -1 ? [argv, []] : [argv.slice(0, end), argv.slice(end)];
  const kept = own.filter((word, index) => {
    if (/^(--inventory=|-i.)/.test(word)) return false;
    if (word === "-i" || word === "--inventory") return false;
    const previous = own[index - 1];
    if (previous === "-i" || previous === "--inventory") return false;
    return word.startsWith("-") || path.basename(word) !== path.basename(before);
  });
  const knowsSince = command === "restart" || command === "reload";
  const since =
    knowsSince && !kept.some((word) => word.startsWith("--since")) ? ["--since", at] : [];
  return [...kept, "--inventory", inventory, ...since, ...rest];
}
