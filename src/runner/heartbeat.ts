// The heartbeat of a held lease: renews it on its hosts, and knows from when on the lease can no longer be believed. A
// machine that slept or a dying host must not go on with a lock that another run may hold by now.

import { MfsctlError } from "../errors.ts";
import type { Hosts } from "../host/host.ts";
import { leaseCommand, leaseRefused } from "../shell/lease.ts";

const renewEveryMs = 10_000;
const lookEveryMs = 1_000;
/** Shorter than the time between two renewals, so that a host that hangs costs one of them and not three. */
const renewTimeoutMs = 8_000;

export interface HeartbeatOptions {
  readonly hosts: Hosts;
  /** Hosts that hold the lease. */
  readonly names: readonly string[];
  readonly runId: string;
  readonly ttlSeconds: number;
  /** When the lease was asked for, by `elapsed`: no host holds an older one. */
  readonly askedMs: number;
  readonly elapsed: () => number;
  /** Whether the lease stands when these hosts hold it. */
  readonly enough: (names: readonly string[]) => boolean;
  /** Called once. */
  readonly onLost: (error: MfsctlError) => void;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #timers: readonly NodeJS.Timeout[];
  #lastGoodMs: number;
  #renewing: Promise<void> | undefined;
  #lost: MfsctlError | undefined;
  #ended = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#lastGoodMs = options.askedMs;
    this.#timers = [
      setInterval(() => void this.#renew(), renewEveryMs),
      // Not part of the renewal: one that hangs must not keep its own age from being seen.
      setInterval(() => this.#look(), lookEveryMs),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /** Returns when the lease may be believed for one more step, and throws `locked` when it may not. */
  async ensure(): Promise<void> {
    this.#look();
    if (this.#lost === undefined && this.#ageMs() > renewEveryMs) await this.#renew();
    if (this.#lost !== undefined) throw this.#lost;
  }

  /** Ends the heartbeat; the lease stays until it is released or expires. */
  end(): void {
    this.#ended = true;
    for (const timer of this.#timers) clearInterval(timer);
  }

  #ageMs(): number {
    return this.#options.elapsed() - this.#lastGoodMs;
  }

  /** Half of the time to live is left for the step in hand to end before anybody else may begin. */
  #look(): void {
    const limitMs = (this.#options.ttlSeconds * 1000) / 2;
    if (this.#ended || this.#ageMs() <= limitMs) return;
    const seconds = Math.floor(this.#ageMs() / 1000);
    this.#lose(`the lock was last renewed ${seconds} s ago, expected at most ${limitMs / 1000} s`);
  }

  /** One renewal at a time: who comes while it is under way waits for the same one. */
  async #renew(): Promise<void> {
    if (this.#ended) return;
    this.#renewing ??= this.#renewAll().finally(() => (this.#renewing = undefined));
    await this.#renewing;
  }

  async #renewAll(): Promise<void> {
    const { names, elapsed, enough } = this.#options;
    const askedMs = elapsed();
    const answers = await Promise.all(names.map((name) => this.#renewOn(name)));
    if (this.#ended) return;
    const taken = names.find((_, index) => answers[index] === "lost");
    if (taken !== undefined) {
      this.#lose(`the lock on "${taken}" was taken or released, expected it to be this run's`);
    } else if (enough(names.filter((_, index) => answers[index] === "held"))) {
      this.#lastGoodMs = askedMs;
    }
  }

  /** Only exit code 0 is a lease that is held: a host that dies in the middle has renewed nothing. */
  async #renewOn(name: string): Promise<"held" | "lost" | "unknown"> {
    const { hosts, runId, ttlSeconds } = this.#options;
    const options = { signal: AbortSignal.timeout(renewTimeoutMs) };
    const command = leaseCommand("renew", { runId, ttlSeconds });
    try {
      const host = await hosts.host(name, options);
      const { code } = await host.exec({ ...command, timeoutMs: renewTimeoutMs }, options);
      if (code === leaseRefused) return "lost";
      return code === 0 ? "held" : "unknown";
    } catch {
      return "unknown"; // a host that cannot be asked says nothing; the age of the lease decides
    }
  }

  #lose(why: string): void {
    this.end();
    this.#lost = new MfsctlError("locked", `Cannot go on: ${why}`, {
      hint: "mfsctl lock status, then: mfsctl resume",
    });
    this.#options.onLost(this.#lost);
  }
}
