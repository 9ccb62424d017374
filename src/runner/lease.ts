// The cluster lock: a lease on the metadata hosts with a heartbeat and a fencing token. It is needed on every metadata
// host that can be reached, and on a majority of them or, for failover, on the target.

import { MfsctlError } from "../errors.ts";
import type { Command, Hosts, Output } from "../host/host.ts";
import { stateFolder } from "../layout.ts";
import { leaseCommand, leaseRefused } from "../shell/lease.ts";
import { Heartbeat } from "./heartbeat.ts";

/** Seconds without a heartbeat after which a lease is free. */
export const leaseTtlSeconds = 60;
const waitStepMs = 2_000;

/** Who holds a lease, as others see it. */
export interface LeaseHolder {
  readonly host: string;
  readonly runId: string;
  /** What the owner said: command, user and machine. */
  readonly owner: Readonly<Record<string, unknown>>;
  readonly ageSeconds: number;
  readonly token: number;
}

export interface LeaseRequest {
  readonly runId: string;
  readonly owner: { readonly command: string; readonly by: string };
  readonly metadataHosts: readonly string[];
  /** `majority`, or the host that must hold it (failover's target). */
  readonly needs: "majority" | { readonly target: string };
  /** The highest token that any host of the cluster has seen: the fence compares on all of them. */
  readonly atLeast: number;
  /** How long to wait for another owner, seconds. */
  readonly waitSeconds: number;
  readonly signal: AbortSignal;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds of a clock that is never set. */
  readonly elapsed: () => number;
  /** Called once when the lease is lost; the run must stop. */
  readonly onLost: (error: MfsctlError) => void;
}

/** A held lease. */
export interface Lease {
  readonly token: number;
  /** Metadata hosts that hold it. */
  readonly hosts: readonly string[];
  /** Before each change: throws `locked` when the lease is too old to be believed. */
  ensure(): Promise<void>;
  release(): Promise<void>;
}

/** Parses what a host shows of its lease: token, age, run id, owner. */
export function parseLease(host: string, stdout: string): LeaseHolder | undefined {
  const [token, age, runId, owner] = stdout.split("\n");
  if (age === undefined || runId === undefined || owner === undefined) return undefined;
  let said: unknown;
  try {
    said = JSON.parse(owner);
  } catch {
    said = { command: owner }; // an unreadable owner is still an owner
  }
  return {
    host,
    runId,
    owner: typeof said === "object" && said !== null ? (said as Record<string, unknown>) : {},
    ageSeconds: Number(age),
    token: Number(token),
  };
}

/** Takes the lease or throws `locked` naming the owner, or `unreachable` where too few hosts answer. */
export async function acquireLease(hosts: Hosts, request: LeaseRequest): Promise<Lease> {
  try {
    return await acquire(hosts, request);
  } catch (error) {
    // An interrupted call may have taken the lease all the same; a host where it was not ours keeps its own.
    if (request.signal.aborted) await releaseOn(hosts, request.metadataHosts, request.runId);
    throw error;
  }
}

async function acquire(hosts: Hosts, request: LeaseRequest): Promise<Lease> {
  let waitedMs = 0;
  for (;;) {
    const attempt = await tryAcquire(hosts, request);
    if ("token" in attempt) return holdLease(hosts, request, attempt);
    await releaseOn(hosts, attempt.taken, request.runId);
    if (attempt.holder === undefined) throw attempt.error;
    if (waitedMs >= request.waitSeconds * 1000) throw lockedBy(attempt.holder);
    await request.sleep(waitStepMs, request.signal);
    waitedMs += waitStepMs;
  }
}

function lockedBy(holder: LeaseHolder): MfsctlError {
  return new MfsctlError(
    "locked",
    `Cannot lock the cluster: ${describeOwner(holder)} holds it (run ${holder.runId}, last heartbeat ${holder.ageSeconds} s ago)`,
    {
      host: holder.host,
      hint: "wait for it with --lock-wait SECONDS, or: mfsctl lock status",
    },
  );
}

/** The owner in words, whatever it wrote into the lease. */
export function describeOwner({ owner }: LeaseHolder): string {
  const word = (value: unknown, unknown: string) => (typeof value === "string" ? value : unknown);
  return `"${word(owner["command"], "an unknown command")}" of ${word(owner["by"], "an unknown user")}`;
}

type Attempt =
  | { readonly token: number; readonly taken: readonly string[]; readonly askedMs: number }
  | {
      readonly taken: readonly string[];
      readonly holder: LeaseHolder | undefined;
      readonly error: MfsctlError;
    };

async function tryAcquire(hosts: Hosts, request: LeaseRequest): Promise<Attempt> {
  const askedMs = request.elapsed();
  const taken = await onEach(hosts, request, request.metadataHosts, {
    verb: "acquire",
    owner: JSON.stringify(request.owner),
  });
  if (!agreed(request, taken)) return refusal(request, taken);
  const tokens = taken.texts.map((text) => Number(text.trim()));
  const damaged = taken.hosts.find((_, index) => !Number.isSafeInteger(tokens[index]));
  if (damaged !== undefined) {
    return { taken: taken.hosts, holder: undefined, error: damagedToken(damaged) };
  }
  const token = 1 + Math.max(request.atLeast, ...tokens);
  // Stored before the first change: a run that took the lease and slept past its time is fenced off even if it
  // changed nothing yet.
  const raised = await onEach(hosts, request, taken.hosts, { verb: "raise", token });
  if (!agreed(request, raised)) {
    return refusal(request, { ...raised, hosts: taken.hosts });
  }
  return { token, taken: raised.hosts, askedMs };
}

interface Answers {
  /** Hosts that did it, and what they said. */
  readonly hosts: readonly string[];
  readonly texts: readonly string[];
  readonly failures: readonly MfsctlError[];
  /** Who refused it. */
  readonly holder: LeaseHolder | undefined;
}

/** One after the other in a fixed order: two rivals then meet on the first host instead of each holding a half. */
async function onEach(
  hosts: Hosts,
  request: LeaseRequest,
  names: readonly string[],
  step: { verb: "acquire" | "raise"; owner?: string; token?: number },
): Promise<Answers> {
  const { verb, ...words } = step;
  const command = leaseCommand(verb, {
    runId: request.runId,
    ttlSeconds: leaseTtlSeconds,
    ...words,
  });
  const done = { hosts: [] as string[], texts: [] as string[], failures: [] as MfsctlError[] };
  for (const name of [...names].sort()) {
    const answer = await ask(hosts, name, { command, signal: request.signal });
    if (answer instanceof MfsctlError) {
      done.failures.push(answer);
      continue;
    }
    const text = answer.stdout.toString("utf8");
    if (answer.code === leaseRefused) {
      return { ...done, holder: parseLease(name, text) ?? nobody(name) };
    }
    if (answer.code !== 0) {
      done.failures.push(leaseFailure(name, answer));
      continue;
    }
    done.hosts.push(name);
    done.texts.push(text);
  }
  return { ...done, holder: undefined };
}

/** A host that answers and cannot keep the lease counts worse than an absent one: it would not know who holds it. */
const cannotKeep = (failure: MfsctlError): boolean => failure.code === "someHostsFailed";

function agreed(request: LeaseRequest, answers: Answers): boolean {
  const { holder, failures, hosts } = answers;
  return holder === undefined && !failures.some(cannotKeep) && enough(request, hosts);
}

/** A lease that vanished between two steps: somebody broke it. */
function nobody(host: string): LeaseHolder {
  return { host, runId: "unknown", owner: {}, ageSeconds: 0, token: 0 };
}

function refusal(request: LeaseRequest, { hosts, holder, failures }: Answers): Attempt {
  const error = failures.find(cannotKeep) ?? tooFew(request, hosts, failures);
  return { taken: hosts, holder, error };
}

async function ask(
  hosts: Hosts,
  name: string,
  { command, signal }: { command: Command; signal: AbortSignal },
): Promise<Output | MfsctlError> {
  try {
    const host = await hosts.host(name, { signal });
    return await host.exec(command, { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof MfsctlError) return error;
    throw error;
  }
}

function leaseFailure(host: string, answer: Output): MfsctlError {
  const said = answer.stderr.toString("utf8").trim().split("\n").at(-1) ?? "";
  return new MfsctlError("someHostsFailed", `Cannot take the lease: ${said}`, {
    host,
    hint: "the host needs flock, coreutils and a writable /var/lib",
  });
}

function damagedToken(host: string): MfsctlError {
  const file = `${stateFolder}/token`;
  return new MfsctlError(
    "refused",
    `Cannot lock the cluster: "${file}" is damaged, expected a number`,
    {
      host,
      hint: `mfsctl exec --node ${host} -- cat ${file}`,
    },
  );
}

/** The rule of who must hold the lease, as arithmetic. */
export function enough(
  request: Pick<LeaseRequest, "needs" | "metadataHosts">,
  taken: readonly string[],
): boolean {
  if (request.needs === "majority") return taken.length * 2 > request.metadataHosts.length;
  return taken.includes(request.needs.target);
}

function tooFew(
  request: LeaseRequest,
  taken: readonly string[],
  failures: readonly MfsctlError[],
): MfsctlError {
  const wanted =
    request.needs === "majority"
      ? "a majority of the metadata hosts"
      : `the target "${request.needs.target}"`;
  return new MfsctlError(
    "unreachable",
    `Cannot lock the cluster: ${taken.length} of ${request.metadataHosts.length} metadata hosts gave the lease, expected ${wanted}`,
    {
      details: failures.map((failure) => `${failure.host ?? "?"}: ${failure.message}`),
      hint: "bring the metadata hosts back, or use mfsctl failover when the master is gone",
    },
  );
}

function holdLease(
  hosts: Hosts,
  request: LeaseRequest,
  held: { readonly token: number; readonly taken: readonly string[]; readonly askedMs: number },
): Lease {
  const heartbeat = new Heartbeat({
    hosts,
    names: held.taken,
    runId: request.runId,
    ttlSeconds: leaseTtlSeconds,
    askedMs: held.askedMs,
    elapsed: request.elapsed,
    enough: (names) => enough(request, names),
    onLost: request.onLost,
  });
  return {
    token: held.token,
    hosts: held.taken,
    ensure: () => heartbeat.ensure(),
    release: async () => {
      heartbeat.end();
      await releaseOn(hosts, held.taken, request.runId);
    },
  };
}

/** Gives the lease back where it can be; a host that cannot be reached lets it expire. */
async function releaseOn(hosts: Hosts, names: readonly string[], runId: string): Promise<void> {
  await Promise.allSettled(
    names.map(async (name) => {
      const host = await hosts.host(name);
      await host.exec(leaseCommand("release", { runId, ttlSeconds: leaseTtlSeconds }));
    }),
  );
}
