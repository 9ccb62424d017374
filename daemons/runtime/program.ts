// What a daemon gives to the runtime, and what the runtime gives to the daemon.

import type { Daemon } from "../config/options.ts";
import type { Switches } from "./command-line.ts";
import type { Config, OwnOptions } from "./config.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** What a daemon works with while it starts and afterwards. */
export interface DaemonContext {
  readonly daemon: Daemon;
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
  /** DATA_PATH, absolute; also the working folder. */
  readonly dataPath: string;
  readonly switches: Switches;
  /** A line for whoever starts the daemon. */
  progress(line: string): void;
  /** The same, and in the log. After the start it is a line of the log. */
  announce(line: string): void;
  /** Ends the daemon in order, for a reason that is logged. */
  readonly requestStop: (reason: string, status?: number) => void;
}

/** A daemon at work. */
export interface RunningDaemon {
  /** Puts a changed file into effect; called also when the file could not be read, with nothing changed. */
  reload(config: Config, changed: readonly string[]): void | Promise<void>;
  /** Ends in order: what must be on disk is there when this is done. */
  stop(): Promise<void>;
  /** Lines for the log, at SIGUSR1. */
  info(): readonly string[];
  /** For /healthz: null when well. */
  health?(): string | null;
}

/** A program that runs as a daemon. */
export interface DaemonProgram {
  readonly name: Daemon;
  /** As `-v` prints it behind "version: ". */
  readonly version: string;
  /** Keys of our own beside those of 3.0.117. */
  readonly options?: OwnOptions;
  /** The folder above "mfs/", for the default configuration file. */
  readonly etc?: string;
  /** Loads what must be read before root's rights are given up. */
  prepare?(): Promise<unknown>;
  /** Starts the work. An `InitFailure` or any other error ends the start. */
  boot(context: DaemonContext): Promise<RunningDaemon>;
  /** The action "restore"; false: it failed. */
  restore?(context: DaemonContext): Promise<boolean>;
}

/** A module could not start; its reason was announced before. */
export class InitFailure extends Error {
  override readonly name = "InitFailure";
  readonly module: string;

  constructor(module: string, options?: ErrorOptions) {
    super(`init: ${module} failed !!!`, options);
    this.module = module;
  }
}
