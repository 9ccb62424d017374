// What a run writes down: its journal on this machine, and the copies on the metadata hosts as far as they must not lag
// behind, so that another machine sees what was done before a kill -9.

import type { Hosts } from "../host/host.ts";
import { Journal, type Intent, type JournalEntry } from "./journal.ts";
import { mirrorJournal } from "./mirror.ts";

/** Something decided or measured during a run, for its journal. */
export interface Decision {
  readonly name: string;
  readonly value: unknown;
}

/** A step on a host, as the journal names it. */
export interface Step {
  readonly host: string;
  readonly title: string;
}

export interface RunLogOptions {
  readonly folder: string;
  readonly runId: string;
  /** Metadata hosts that get copies. */
  readonly mirrors: readonly string[];
  readonly hosts: Hosts;
  /** The time of day, milliseconds. */
  readonly now: () => number;
  /** Ends all calls at once; from then on nothing is copied. */
  readonly abort: AbortSignal;
}

/** The methods reject where this machine cannot write; what a metadata host does not take is only left behind. */
export class RunLog {
  readonly #options: RunLogOptions;
  readonly #journal: Journal;
  /** Hosts that failed in the middle are not waited for again before the end. */
  #mirrors: readonly string[];
  #mirrored = 0;
  #mirroring: Promise<void> = Promise.resolve();

  private constructor(options: RunLogOptions, journal: Journal) {
    this.#options = options;
    this.#journal = journal;
    this.#mirrors = options.mirrors;
  }

  /** Begins the journal of a run. */
  static async create(options: RunLogOptions): Promise<RunLog> {
    return new RunLog(options, await Journal.create(options.folder, options.runId));
  }

  async begin(intent: Intent, token: number): Promise<void> {
    const { runId } = this.#options;
    await this.#journal.write({ event: "begin", runId, at: this.#at(), ...intent });
    await this.#journal.write({ event: "token", at: this.#at(), token });
    await this.#mirror({ prune: true });
  }

  async phase(title: string): Promise<void> {
    await this.#journal.write({ event: "phase", at: this.#at(), title });
  }

  async step(event: "step" | "done", step: Step): Promise<void> {
    await this.#journal.write({ event, at: this.#at(), ...step });
  }

  async failed(step: Step, error: string): Promise<void> {
    await this.#journal.write({ event: "failed", at: this.#at(), ...step, error });
  }

  /** Decisions are what another machine can least find out by looking, so they are copied at once. */
  async decide(decisions: readonly Decision[] = []): Promise<void> {
    if (decisions.length === 0) return;
    for (const decision of decisions) {
      await this.#journal.write({ event: "decision", at: this.#at(), ...decision });
    }
    await this.catchUp();
  }

  /** Copies what was written since the last copy, if anything. */
  async catchUp(): Promise<void> {
    if (this.#journal.length > this.#mirrored) await this.#mirror({ prune: false });
  }

  /** The last line; the copies get it also where this machine has no room for it. */
  async end(outcome: "ok" | "failed" | "interrupted", error?: string): Promise<void> {
    const entry: JournalEntry = {
      event: "end",
      at: this.#at(),
      outcome,
      ...(error === undefined ? {} : { error }),
    };
    try {
      await this.#journal.write(entry);
    } finally {
      this.#mirrors = this.#options.mirrors;
      await this.#mirror({ prune: true });
    }
  }

  /** Never rejects. */
  async close(): Promise<void> {
    await this.#journal.close();
  }

  #at(): string {
    return new Date(this.#options.now()).toISOString();
  }

  /** One after the other: an older text must not replace a newer one. */
  async #mirror(options: { readonly prune: boolean }): Promise<void> {
    this.#mirroring = this.#mirroring.then(async () => {
      const { hosts, abort } = this.#options;
      if (abort.aborted) return;
      const { length } = this.#journal;
      this.#mirrors = await mirrorJournal(hosts, this.#mirrors, this.#journal, {
        ...options,
        signal: abort,
      });
      this.#mirrored = length;
    });
    await this.#mirroring;
  }
}
