// The lock of each metadata host in words.

import type { HeldLease } from "../runner/lock-state.ts";

/** One row a host. */
export function lockRows(
  names: readonly string[],
  leases: readonly HeldLease[],
  notAsked: ReadonlyMap<string, string>,
): readonly (readonly string[])[] {
  return names.map((name) => {
    const why = notAsked.get(name);
    if (why !== undefined) return [name, "unknown", why];
    const lease = leases.find(({ host }) => host === name);
    if (lease === undefined) return [name, "free"];
    return [name, lease.isAlive ? "locked" : "left behind", describeLease(lease)];
  });
}

/** Who holds a lease: `"deploy" of work@ops (run ..., last heartbeat 3 s ago)`. */
export function describeLease({ owner, runId, ageSeconds }: HeldLease): string {
  const said = (key: string, otherwise: string): string => {
    const value = owner[key];
    return typeof value === "string" ? value : otherwise;
  };
  const who = `"${said("command", "an unknown command")}" of ${said("by", "an unknown user")}`;
  return `${who} (run ${runId}, last heartbeat ${ageSeconds} s ago)`;
}
