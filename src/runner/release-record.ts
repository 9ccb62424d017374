// A released lock in the history: a journal of its own, for it changes what the next run may do.

import { Journal, newRunId, type Intent } from "./journal.ts";
import { mirrorJournal } from "./mirror.ts";
import type { HeldLease } from "./lock-state.ts";
import type { RunContext } from "./plan.ts";

/** Writes who took the lock from whom and why, here and on the hosts that gave it. */
export async function recordRelease(
  context: RunContext,
  release: {
    readonly intent: Intent;
    readonly reason: string;
    readonly released: readonly HeldLease[];
  },
): Promise<{ readonly runId: string }> {
  const runId = newRunId(new Date(context.now()), context.random);
  const at = new Date(context.now()).toISOString();
  const journal = await Journal.create(context.journalFolder, runId);
  try {
    await journal.write({ event: "begin", runId, at, ...release.intent });
    const { reason, released } = release;
    await journal.write({ event: "decision", at, name: "release", value: { reason, released } });
    await journal.write({ event: "end", at, outcome: "ok" });
    const names = released.map(({ host }) => host);
    await mirrorJournal(context.hosts, names, journal, { prune: true });
  } finally {
    await journal.close();
  }
  return { runId };
}
