// Runs a run-book: look, plan, lock, do, write down. The order is always: connect, gather facts, gates of *all* phases,
// and only then the first change.

import { MfsctlError } from "../errors.ts";
import { RunError, type NodeOutcome } from "../cli/output.ts";
import { gatherFacts, refreshCluster, refreshMetadata } from "../facts/gather.ts";
import { mastershipOf, type World } from "../facts/world.ts";
import { metadataHosts } from "../layout.ts";
import type { Action } from "./actions.ts";
import { asFailure } from "./failure.ts";
import { newRunId, type Intent } from "./journal.ts";
import { acquireLease, type Lease, type LeaseRequest } from "./lease.ts";
import { perform } from "./perform.ts";
import type { Phase, Runbook } from "./phase.ts";
import {
  checkGates,
  checkGatesAhead,
  gatherOptions,
  notesOf,
  observe,
  phaseHosts,
  planAll,
  type RunContext,
} from "./plan.ts";
import { RunLog, type Decision } from "./run-log.ts";
import { highestToken } from "./tokens.ts";
import type { HostTask, PhaseTask } from "./view.ts";

/** What is asked of one run. */
export interface RunRequest {
  readonly runbook: Runbook;
  readonly intent: Intent;
  /** Who must hold the lock; default: a majority of the metadata hosts. */
  readonly needs?: LeaseRequest["needs"];
  /** Hosts that need not answer, judged by each look at the world; default: none. */
  readonly tolerates?: (world: World) => ReadonlySet<string>;
  /** A last look before the first change, for questions that cost more than a plan should; throws to refuse. */
  readonly beforeChanges?: (world: World) => Promise<void>;
  readonly watcher?: Watcher;
}

export type { Decision };

/** Looks on while a run goes; what it answers is written into the journal. */
export interface Watcher {
  /** Before a phase changes anything, with the world that it plans from. */
  readonly phase?: (title: string, world: World) => readonly Decision[];
  /** After a step came to its end. */
  readonly step?: (title: string) => readonly Decision[];
}

/** How a run ended. */
export interface RunReport {
  readonly runId: string | null;
  readonly nodes: readonly NodeOutcome[];
  readonly changes: number;
  readonly world: World;
  /** What was left as it is although the inventory says otherwise. */
  readonly notes: readonly string[];
}

/** Runs a run-book to its end, or throws `RunError` saying how far it came. */
export async function runRunbook(request: RunRequest, context: RunContext): Promise<RunReport> {
  const first = await look(request, context);
  checkGatesAhead(request.runbook.phases, first);
  if (planAll(request.runbook, first).length === 0) {
    checkGates(request.runbook.phases, first);
    const notes = notesOf(request.runbook, first);
    return { runId: null, nodes: unchanged(first), changes: 0, world: first, notes };
  }
  await request.beforeChanges?.(first);
  const runId = newRunId(new Date(context.now()), context.random);
  const run = new Run(request, context, runId, first);
  return await run.execute();
}

/** The first look; an interrupt ends it as it ends everything else. */
async function look(request: RunRequest, context: RunContext): Promise<World> {
  try {
    return await observe(context, request.tolerates);
  } catch (error) {
    throw asFailure(error, undefined);
  }
}

function unchanged(world: World): readonly NodeOutcome[] {
  return [...world.facts.keys()].map((name) => ({ name, status: "ok", changes: 0 }));
}

class Run {
  readonly #request: RunRequest;
  readonly #context: RunContext;
  readonly #runId: string;
  #world: World;
  #lease: Lease | undefined;
  #log: RunLog | undefined;
  readonly #lost = new AbortController();
  #lostBecause: MfsctlError | undefined;
  readonly #changes = new Map<string, number>();
  readonly #failures = new Map<string, MfsctlError>();
  readonly #stale = new Set<string>();
  #clusterStale = false;
  #metadataStale = false;
  /** A host's work was not begun, because the user wants to stop. */
  #leftOut = false;

  constructor(request: RunRequest, context: RunContext, runId: string, world: World) {
    this.#request = request;
    this.#context = context;
    this.#runId = runId;
    this.#world = world;
  }

  async execute(): Promise<RunReport> {
    const { intent, runbook } = this.#request;
    this.#lease = await this.#lock();
    try {
      this.#log = await RunLog.create(this.#logOptions(this.#lease));
      await this.#log.begin(intent, this.#lease.token);
      // Somebody else may have changed the cluster between our first look and the lock.
      const world = await observe(this.#context, this.#request.tolerates, this.#lostBefore());
      this.#world = { ...world, leaseToken: this.#lease.token };
      checkGatesAhead(runbook.phases, this.#world);
      await this.#context.view(runbook.phases.map((phase) => this.#phaseTask(phase)));
      this.#throwFailures();
      if (this.#leftOut) this.#throwIfStopping();
      this.#world = await refreshCluster(
        this.#context.hosts,
        this.#world,
        gatherOptions(this.#context),
      );
      await this.#log.end("ok");
      return {
        runId: this.#runId,
        nodes: this.#nodes(),
        changes: [...this.#changes.values()].reduce((sum, count) => sum + count, 0),
        world: this.#world,
        notes: notesOf(runbook, this.#world),
      };
    } catch (error) {
      throw await this.#broken(error);
    } finally {
      await this.#log?.close();
      if (!this.#context.abort.aborted) await this.#lease.release();
    }
  }

  async #lock(): Promise<Lease> {
    try {
      return await acquireLease(this.#context.hosts, this.#leaseRequest());
    } catch (error) {
      throw asFailure(error, undefined);
    }
  }

  /** A run that may begin without some hosts does not wait for them again and again. */
  #lostBefore(): World["unreachable"] {
    return this.#request.needs === undefined ? new Map() : this.#world.unreachable;
  }

  #leaseRequest(): LeaseRequest {
    const { context, needs } = { context: this.#context, needs: this.#request.needs };
    const lost = this.#lostBefore();
    return {
      runId: this.#runId,
      owner: { command: this.#request.intent.command, by: this.#request.intent.startedBy },
      metadataHosts: metadataHosts(context.inventory).filter((name) => !lost.has(name)),
      needs: needs ?? "majority",
      atLeast: highestToken(this.#world.facts),
      waitSeconds: context.lockWaitSeconds,
      signal: AbortSignal.any([context.stopping, context.abort]),
      sleep: context.sleep,
      elapsed: context.elapsed,
      onLost: (error) => {
        this.#lostBecause = error;
        this.#lost.abort(error);
      },
    };
  }

  #logOptions(lease: Lease) {
    const { journalFolder, hosts, now, abort } = this.#context;
    return { folder: journalFolder, runId: this.#runId, mirrors: lease.hosts, hosts, now, abort };
  }

  #phaseTask(phase: Phase): PhaseTask {
    const concurrency = Math.min(
      phase.batch ?? this.#context.concurrency,
      this.#context.concurrency,
    );
    return { title: phase.title, concurrency, start: () => this.#startPhase(phase) };
  }

  async #startPhase(phase: Phase): Promise<readonly HostTask[]> {
    this.#throwFailures();
    this.#throwIfStopping();
    await this.#log?.catchUp();
    await this.#refresh(phase);
    checkGates([phase], this.#world);
    const plans = phaseHosts(phase, this.#world)
      .map((host) => ({ host, actions: phase.plan(host, this.#world) }))
      .filter((plan) => plan.actions.length > 0);
    if (plans.length === 0) return [];
    await this.#log?.phase(phase.title);
    await this.#log?.decide(this.#request.watcher?.phase?.(phase.title, this.#world));
    return plans.map(({ host, actions }) => ({
      host,
      run: (update) => this.#runHost(host, actions, update),
    }));
  }

  /** Looks again at what earlier phases touched. */
  async #refresh(phase: Phase): Promise<void> {
    const options = gatherOptions(this.#context);
    if (this.#stale.size > 0) {
      const again = await gatherFacts(
        this.#context.hosts,
        this.#context.inventory,
        [...this.#stale],
        options,
      );
      const failed = [...again.unreachable.values()][0];
      if (failed !== undefined) throw failed;
      const facts = new Map([...this.#world.facts, ...again.facts]);
      const mastership = mastershipOf(this.#context.inventory, facts);
      this.#world = { ...this.#world, facts, mastership };
      this.#stale.clear();
      this.#clusterStale = true;
      this.#metadataStale = true;
    }
    if (this.#metadataStale && phase.needs?.includes("metadata") === true) {
      this.#world = await refreshMetadata(this.#context.hosts, this.#world, options);
      this.#metadataStale = false;
    }
    if (this.#clusterStale && phase.needs?.includes("cluster") === true) {
      this.#world = await refreshCluster(this.#context.hosts, this.#world, options);
      this.#clusterStale = false;
    }
  }

  async #runHost(
    host: string,
    actions: readonly Action[],
    update: (line: string) => void,
  ): Promise<{ ok: boolean; words: string }> {
    if (this.#context.stopping.aborted) {
      this.#leftOut = true;
      return { ok: false, words: "not begun" };
    }
    this.#stale.add(host);
    for (const action of actions) {
      update(action.title);
      const failure = await this.#attempt(action, host);
      if (failure === undefined) continue;
      this.#failures.set(host, failure);
      return { ok: false, words: failure.message };
    }
    return { ok: true, words: actions.at(-1)?.title ?? "done" };
  }

  /** One action between its two lines of the journal; answers why it did not come to its end. */
  async #attempt(action: Action, host: string): Promise<MfsctlError | undefined> {
    const step = { host, title: action.title };
    try {
      await this.#lease?.ensure();
      await this.#log?.step("step", step);
      await perform(action, host, this.#hands(action));
      this.#changes.set(host, (this.#changes.get(host) ?? 0) + (action.kind === "wait" ? 0 : 1));
      await this.#log?.step("done", step);
      await this.#log?.decide(this.#request.watcher?.step?.(action.title));
      return undefined;
    } catch (error) {
      const failure = this.#lostBecause ?? asFailure(error, host);
      // A journal that cannot be written is no reason to lose why the step failed.
      await this.#log?.failed(step, failure.message).catch(() => undefined);
      return failure;
    }
  }

  #hands(action: Action) {
    const context = this.#context;
    const ends = [context.abort, this.#lost.signal];
    // A wait can be left at once without harm; a change in hand is brought to its end.
    const signal = AbortSignal.any(action.kind === "wait" ? [...ends, context.stopping] : ends);
    return {
      hosts: context.fenced(this.#lease?.token ?? 0),
      inventory: context.inventory,
      master: this.#world.mastership.host,
      signal,
      // A wait may take hours: it ends when the lease does, not after its last look.
      sleep: async (ms: number, ends: AbortSignal) => {
        await context.sleep(ms, ends);
        await this.#lease?.ensure();
      },
      elapsed: context.elapsed,
      trace: context.trace,
    };
  }

  #throwIfStopping(): void {
    const { stopping } = this.#context;
    if (!stopping.aborted) return;
    throw stopping.reason instanceof MfsctlError
      ? stopping.reason
      : new MfsctlError("interrupted", "Interrupted", { hint: "mfsctl resume" });
  }

  #throwFailures(): void {
    const [host, first] = [...this.#failures][0] ?? [];
    if (first === undefined || host === undefined) return;
    if (this.#context.stopping.aborted) this.#throwIfStopping();
    if (this.#failures.size === 1) throw first;
    throw new MfsctlError("someHostsFailed", `${this.#failures.size} hosts failed`, {
      details: [...this.#failures].map(([name, error]) => `${name}: ${error.message}`),
      hint: first.hint ?? "mfsctl resume",
    });
  }

  async #broken(error: unknown): Promise<RunError> {
    const failure = this.#lostBecause ?? this.#stoppedOr(error);
    const interrupted = ["interrupted", "terminated"].includes(failure.code);
    try {
      await this.#log?.end(interrupted ? "interrupted" : "failed", failure.message);
    } catch {
      // Without its last line the journal reads as broken, which is true; the failure itself is told below.
    }
    return new RunError(failure, this.#nodes(), this.#runId);
  }

  #stoppedOr(error: unknown): MfsctlError {
    if (this.#context.abort.aborted) {
      return new MfsctlError(
        "interrupted",
        "Interrupted at once: the step in hand may be half done",
        {
          hint: "mfsctl resume",
        },
      );
    }
    return [...this.#failures.values()][0] ?? asFailure(error, undefined);
  }

  #nodes(): readonly NodeOutcome[] {
    return Object.keys(this.#context.inventory.hosts).map((name): NodeOutcome => {
      const failure = this.#failures.get(name);
      const changes = this.#changes.get(name) ?? 0;
      if (failure !== undefined) return { name, status: "failed", changes, error: failure.message };
      if (!this.#world.facts.has(name)) return { name, status: "skipped", changes };
      return { name, status: changes > 0 ? "changed" : "ok", changes };
    });
  }
}
