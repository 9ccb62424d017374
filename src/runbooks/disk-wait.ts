// Waits until marked disks are safe to pull. It holds no lock and changes nothing: who stops waiting loses nothing, and
// any other machine may wait in its place.

import { MfsctlError } from "../errors.ts";
import { refreshCluster } from "../facts/gather.ts";
import type { World } from "../facts/world.ts";
import { removalReport, type EarlierLook, type RemovalReport } from "../phases/disk/report.ts";
import { chunkserverHosts, targetText, type DiskTarget } from "../phases/disk/servers.ts";
import { gatherOptions, observe, type RunContext } from "../runner/plan.ts";

const pollMs = 5_000;
/** A chunkserver that restarts is back sooner; what is halted longer needs somebody's hands. */
const haltedMsMax = 120_000;

export interface WaitRequest {
  readonly target: DiskTarget;
  /** Undefined waits without an end. */
  readonly seconds: number | undefined;
  /** Called with each look that differs from the one before. */
  readonly onProgress: (report: RemovalReport) => void;
  /** What to type to go on waiting. */
  readonly again: string;
}

/** The context of commands about disks: no goals, but the disks of every chunkserver. */
export function diskContext(context: RunContext): RunContext {
  return { ...context, goalsOf: [], disksOf: chunkserverHosts(context.inventory) };
}

/** The world with hosts that cannot be reached left out: what they hold is then unknown. */
export async function lookAtDisks(context: RunContext): Promise<World> {
  return await observe(diskContext(context), everyHost);
}

/** Tolerates every host that cannot be reached. */
export function everyHost(world: World): ReadonlySet<string> {
  return new Set(world.unreachable.keys());
}

/** Returns when a full look says "safe"; throws `timedOut`, or `unhealthy` when it stays halted. */
export async function waitUntilSafe(request: WaitRequest, context: RunContext): Promise<void> {
  const { target } = request;
  const startMs = context.elapsed();
  let world = await lookAtDisks(context);
  let first: EarlierLook | undefined;
  let haltedSinceMs: number | undefined;
  let before = "";
  for (;;) {
    const nowMs = context.now();
    const report = removalReport(world, target, nowMs, first);
    first ??= report.chunksLeft === null ? undefined : { atMs: nowMs, left: report.chunksLeft };
    const said = JSON.stringify(report);
    if (said !== before) request.onProgress(report);
    before = said;
    if (report.state === "safe" || report.state === "removed") return;
    if (report.state === "notMarked") throw unmarked(target);
    haltedSinceMs = isBroken(report) ? (haltedSinceMs ?? context.elapsed()) : undefined;
    if (haltedSinceMs !== undefined && context.elapsed() - haltedSinceMs > haltedMsMax) {
      throw halted(report, target);
    }
    const waitedMs = context.elapsed() - startMs;
    if (request.seconds !== undefined && waitedMs + pollMs > request.seconds * 1000) {
      throw timedOut(report, request);
    }
    await pause(context);
    world = await next(world, target, context);
  }
}

/** A cheap look, but a whole one, hosts and files, before anything is called safe or when something is broken. */
async function next(world: World, target: DiskTarget, context: RunContext): Promise<World> {
  const options = gatherOptions(diskContext(context));
  const cheap = await refreshCluster(context.hosts, world, options);
  const report = removalReport(cheap, target, context.now());
  return report.state === "draining" || report.state === "verifying"
    ? cheap
    : await lookAtDisks(context);
}

/** An unknown removal status ends by itself, everything else that halts does not. */
function isBroken(report: RemovalReport): boolean {
  return report.state === "halted" && !report.waitsOnly;
}

async function pause(context: RunContext): Promise<void> {
  const signal = AbortSignal.any([context.stopping, context.abort]);
  try {
    await context.sleep(pollMs, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (!signal.aborted) return;
  throw new MfsctlError("interrupted", "Interrupted: the disk stays marked and is emptied on", {
    hint: "mfsctl disk status",
  });
}

function unmarked(target: DiskTarget): MfsctlError {
  const text = targetText(target);
  return new MfsctlError(
    "refused",
    `Cannot wait for ${text}: it is not marked for removal, expected a mark`,
    { host: target.host, hint: `mfsctl disk list ${target.host}` },
  );
}

function halted(report: RemovalReport, target: DiskTarget): MfsctlError {
  return new MfsctlError(
    "unhealthy",
    `Cannot empty ${targetText(target)}: ${report.reasons.join("; ")}, expected all chunkservers connected and no chunk in danger`,
    {
      host: target.host,
      hint: "mfsctl status; the disk stays marked, mfsctl disk status shows when it goes on",
    },
  );
}

function timedOut(report: RemovalReport, request: WaitRequest): MfsctlError {
  const is =
    report.state === "draining"
      ? `${report.chunksLeft ?? "an unknown number of"} chunks still lack copies elsewhere`
      : `it is ${report.state}: ${report.reasons.join("; ")}`;
  return new MfsctlError(
    "timedOut",
    `Cannot call ${targetText(request.target)} safe after ${request.seconds ?? 0} s: ${is}, expected "safe"`,
    {
      host: request.target.host,
      hint: `${request.again} waits on; nothing is lost by waiting later`,
    },
  );
}
