// One question to many hosts: all answers are collected, and one that fails hides no other.

import { MfsctlError } from "../errors.ts";
import type { Host, Output } from "../host/host.ts";
import type { RunContext } from "../runner/plan.ts";

/** What a host answered, or why it could not. */
export interface HostAnswer {
  readonly host: string;
  readonly output?: Output;
  readonly error?: MfsctlError;
}

/** Asks all hosts, at most `concurrency` at once. Throws when not a single one could be reached. */
export async function onEachHost(
  context: RunContext,
  names: readonly string[],
  ask: (host: Host) => Promise<Output>,
): Promise<readonly HostAnswer[]> {
  const answers = new Map<string, HostAnswer>();
  const waiting = [...names];
  const lanes = Array.from({ length: context.concurrency }, async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      answers.set(name, await askOne(context, name, ask));
    }
  });
  await Promise.all(lanes);
  const all = names.flatMap((name) => answers.get(name) ?? []);
  const first = all[0]?.error;
  if (first !== undefined && all.every(({ error }) => error !== undefined)) throw first;
  return all;
}

async function askOne(
  context: RunContext,
  name: string,
  ask: (host: Host) => Promise<Output>,
): Promise<HostAnswer> {
  try {
    const host = await context.hosts.host(name, { signal: context.abort });
    return { host: name, output: await ask(host) };
  } catch (error) {
    if (!(error instanceof MfsctlError)) throw error;
    return { host: name, error };
  }
}

/** The lines of a text, each behind the host's name. */
export function prefixed(host: string, text: string): readonly string[] {
  const trimmed = text.replace(/\n$/, "");
  return trimmed === "" ? [] : trimmed.split("\n").map((line) => `${host}: ${line}`);
}
