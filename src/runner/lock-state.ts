// The cluster's lock as the metadata hosts hold it, and the way to break it.

import { MfsctlError } from "../errors.ts";
import { leaseCommand } from "../shell/lease.ts";
import { leaseTtlSeconds, parseLease, type LeaseHolder } from "./lease.ts";
import type { RunContext } from "./plan.ts";

export interface HeldLease extends LeaseHolder {
  /** Its heartbeat is younger than the time after which a lease is free. */
  readonly isAlive: boolean;
}

export interface LockState {
  readonly leases: readonly HeldLease[];
  /** Hosts that could not be asked, and why. */
  readonly notAsked: ReadonlyMap<string, string>;
}

/** Asks the hosts who holds the lock. */
export async function readLeases(
  context: RunContext,
  names: readonly string[],
): Promise<LockState> {
  return await askLeases(context, names, "status");
}

/** Takes the lock from whoever holds it; answers what was there. */
export async function breakLeases(
  context: RunContext,
  names: readonly string[],
): Promise<LockState> {
  return await askLeases(context, names, "break");
}

async function askLeases(
  context: RunContext,
  names: readonly string[],
  verb: "status" | "break",
): Promise<LockState> {
  const leases: HeldLease[] = [];
  const notAsked = new Map<string, string>();
  const options = { signal: context.abort };
  await Promise.all(
    names.map(async (name) => {
      try {
        const host = await context.hosts.host(name, options);
        const request = { runId: "none", ttlSeconds: leaseTtlSeconds };
        const output = await host.exec(leaseCommand(verb, request), options);
        if (output.code !== 0) {
          notAsked.set(name, output.stderr.toString("utf8").trim() || `code ${output.code}`);
          return;
        }
        const held = parseLease(name, output.stdout.toString("utf8"));
        if (held === undefined) return;
        leases.push({ ...held, isAlive: Math.abs(held.ageSeconds) < leaseTtlSeconds });
      } catch (error) {
        if (!(error instanceof MfsctlError)) throw error;
        notAsked.set(name, error.message);
      }
    }),
  );
  const place = ({ host }: HeldLease): number => names.indexOf(host);
  return { leases: leases.toSorted((left, right) => place(left) - place(right)), notAsked };
}
