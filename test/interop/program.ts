// One program of a cluster, in the foreground inside the cluster's network, with its log in a file.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { ClusterError } from "./errors.ts";
import type { Network } from "./network.ts";
import { until } from "./until.ts";

export interface ProgramOptions {
  readonly network: Network;
  /** For messages: `chunkserver 2`. */
  readonly name: string;
  readonly argv: readonly string[];
  /** Output is appended to this file. */
  readonly log: string;
  readonly cwd: string;
  /** Judges what the program has printed since it started: whether it serves now. */
  readonly isReady: (output: string) => boolean;
  readonly limitMs?: number;
}

const startLimitMs = 30_000;
const stopLimitMs = 60_000;
const tailSize = 2000;

/** A running program. It is ended by `stop` or `kill`, or with its cluster. */
export class Program {
  readonly #options: ProgramOptions;
  readonly #child: ChildProcess;
  readonly #logStart: number;
  #failure: Error | undefined;

  private constructor(options: ProgramOptions) {
    const [file, ...words] = options.network.enter(options.argv);
    const log = openSync(options.log, "a");
    this.#options = options;
    this.#logStart = readFileSync(options.log).length;
    this.#child = spawn(file, words, {
      cwd: options.cwd,
      stdio: ["ignore", log, log],
      detached: true,
    });
    this.#child.on("error", (error) => (this.#failure = error));
    this.#child.unref();
    closeSync(log);
  }

  /** Starts a program and returns when it serves. */
  static async start(options: ProgramOptions): Promise<Program> {
    const program = new Program(options);
    await until(
      `${options.name} has started`,
      () => {
        program.#assertRunning();
        return options.isReady(program.output);
      },
      { limitMs: options.limitMs ?? startLimitMs, seen: () => program.output.slice(-tailSize) },
    );
    return program;
  }

  /** The process itself: entering the network replaces the program, it makes no child. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return (
      this.#failure === undefined &&
      this.#child.exitCode === null &&
      this.#child.signalCode === null
    );
  }

  /** What it printed since it started. */
  get output(): string {
    return readFileSync(this.#options.log).subarray(this.#logStart).toString("utf8");
  }

  signal(signal: NodeJS.Signals): void {
    this.#assertRunning();
    process.kill(this.pid, signal);
  }

  /** Asks for an orderly end and waits for it; its exit code. */
  async stop(limitMs = stopLimitMs): Promise<number | null> {
    if (this.isRunning) this.signal("SIGTERM");
    await this.ended(limitMs);
    return this.#child.exitCode;
  }

  /** Ends it as a crash would. Its own children, who may still write files, have ended too on return. */
  async kill(): Promise<void> {
    if (this.isRunning) this.signal("SIGKILL");
    await this.ended(stopLimitMs);
    await until(`the children of ${this.#options.name} have ended`, () => !isGroup(this.pid));
  }

  /** Waits until it ended, whatever ends it. */
  async ended(limitMs: number): Promise<void> {
    await until(`${this.#options.name} has ended`, () => !this.isRunning, {
      limitMs,
      seen: () => this.output.slice(-tailSize),
    });
  }

  #assertRunning(): void {
    if (this.isRunning) return;
    const how = this.#child.signalCode ?? this.#child.exitCode ?? "no process";
    throw new ClusterError(
      "program",
      `Cannot use ${this.#options.name}: it ended (${how}), expected it to run\n${this.output.slice(-tailSize)}`,
      { cause: this.#failure },
    );
  }
}

/** Whether the process group of this number still has a member. */
function isGroup(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false; // none is left
  }
}
