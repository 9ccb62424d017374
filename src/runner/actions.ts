// Plans are data: what a phase wants done on one host. Only the runner performs them, so a dry run prints the very
// actions. Adding a kind here makes describe.ts and perform.ts fail to compile until they know it.

import type { ErrorCode } from "../errors.ts";
import type { Command } from "../host/host.ts";

/** Runs a program on the host; its exit code must be in `okCodes` (default 0). */
export interface RunAction {
  readonly kind: "run";
  readonly title: string;
  readonly command: Command;
  readonly okCodes?: readonly number[];
  /** What to type when it fails. */
  readonly hint?: string;
}

/** Replaces a file atomically. `present` is its content now, for the diff; undefined when there is none. */
export interface WriteAction {
  readonly kind: "write";
  readonly title: string;
  readonly path: string;
  readonly content: string;
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
  readonly present: string | undefined;
}

/** Waits until a probe (probes.ts) holds. */
export interface WaitAction {
  readonly kind: "wait";
  readonly title: string;
  readonly probe: Probe;
  readonly timeoutSeconds: number;
  /** How the run ends when the time is over; default `timedOut`. */
  readonly code?: ErrorCode;
  readonly hint?: string;
}

/** Copies a folder from another host onto this one, through this machine, by rsync; never deletes at the target. */
export interface CopyAction {
  readonly kind: "copy";
  readonly title: string;
  readonly fromHost: string;
  readonly from: string;
  readonly to: string;
  /** rsync filter options, e.g. `--include=metadata*`. */
  readonly options: readonly string[];
}

/** Sets goals through the master as a mount would. */
export interface GoalAction {
  readonly kind: "goal";
  readonly title: string;
  readonly path: string;
  readonly goal: number;
  /** False: the folder or file alone. Default: everything below too. */
  readonly recursive?: boolean;
}

/** Runs a command of the operator on this machine, e.g. a fence command; it may hold secrets and is never logged. */
export interface FenceAction {
  readonly kind: "fence";
  readonly title: string;
  /** A line for `sh -c` on this machine. */
  readonly line: string;
  readonly timeoutSeconds: number;
}

/** A step only a person can do: power off, pull, power on. The run stops here and says how to go on. */
export interface PauseAction {
  readonly kind: "pause";
  readonly title: string;
  readonly instruction: string;
}

/** Makes the master forget a chunkserver that is disconnected. */
export interface ForgetAction {
  readonly kind: "forget";
  readonly title: string;
  readonly address: string;
  readonly port: number;
}

export type Action =
  | RunAction
  | WriteAction
  | WaitAction
  | CopyAction
  | GoalAction
  | FenceAction
  | PauseAction
  | ForgetAction;

/** What can be waited for; every probe asks something real and takes "unknown" as no. */
export type Probe =
  /** A program on the host exits 0. */
  | { readonly probe: "command"; readonly command: Command; readonly what: string }
  /** The host's own master answers on the client port. */
  | { readonly probe: "masterServes" }
  /** A chunkserver that has one of these addresses is connected to the present master. */
  | { readonly probe: "chunkserverConnected"; readonly addresses: readonly string[] }
  /** A metalogger that has one of these addresses is connected to the present master. */
  | { readonly probe: "metaloggerConnected"; readonly addresses: readonly string[] }
  /** A mount session from one of these addresses, at this path, is connected. */
  | {
      readonly probe: "mountConnected";
      readonly addresses: readonly string[];
      readonly path: string;
    }
  /** The host's own chunkserver lists its disk so. */
  | { readonly probe: "disk"; readonly path: string; readonly expected: DiskExpectation }
  /** The chunk matrix is exact and no chunk is missing. */
  | { readonly probe: "noChunkMissing" };

/** How a chunkserver must list a disk: in use and marked `*`, in use and not marked, or not at all. */
export type DiskExpectation = "marked" | "unmarked" | "absent";

/** Shorthand: runs an argv. */
export function run(
  title: string,
  argv: readonly [string, ...string[]],
  options: { okCodes?: readonly number[]; hint?: string; timeoutMs?: number } = {},
): RunAction {
  const { timeoutMs, ...rest } = options;
  return {
    kind: "run",
    title,
    command: timeoutMs === undefined ? { argv } : { argv, timeoutMs },
    ...rest,
  };
}
