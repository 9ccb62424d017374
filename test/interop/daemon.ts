// One daemon of a cluster: its configuration, its data folder, its life. The switches are the specification's,
// so that our own programs take the place of the stock ones without a change. Spec: config-and-cli.md section 1.

import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { ClusterError } from "./errors.ts";
import type { Network } from "./network.ts";
import { Program } from "./program.ts";
import { settingsText } from "./settings.ts";
import type { Place, Settings } from "./settings.ts";

export interface DaemonOptions {
  readonly network: Network;
  /** The cluster's folder. */
  readonly folder: string;
  /** Unique in the cluster: `chunkserver-0`. */
  readonly name: string;
  /** `mfschunkserver`: the name of its configuration file, and the stock program. */
  readonly kind: "mfsmaster" | "mfschunkserver" | "mfsmetalogger";
  readonly address: string;
  /** Instead of the stock program. */
  readonly command?: readonly string[];
  readonly settings: (place: Place) => Settings;
}

const startLimitMs = 120_000;

/** A daemon, running or not. */
export class Daemon implements Place {
  readonly #options: DaemonOptions;
  readonly etc: string;
  readonly dataDir: string;
  readonly address: string;
  readonly log: string;
  /** The program that plays the role from its next start on. */
  command: readonly string[];
  #settings: Settings;
  #program: Program | undefined;

  constructor(options: DaemonOptions) {
    const { folder, name, kind, address } = options;
    this.#options = options;
    this.address = address;
    this.etc = path.join(folder, name, "etc/");
    this.dataDir = path.join(folder, name, "data");
    this.log = path.join(folder, name, "log");
    this.command = options.command ?? [kind];
    this.#settings = options.settings(this);
  }

  /** The file given with `-c`. */
  get configFile(): string {
    return path.join(this.etc, `${this.#options.kind}.cfg`);
  }

  get isRunning(): boolean {
    return this.#program?.isRunning ?? false;
  }

  get pid(): number {
    if (this.#program?.isRunning === true) return this.#program.pid;
    throw this.#refusal("it does not run, expected it to");
  }

  /** Makes the folders and the configuration file. */
  async prepare(): Promise<void> {
    await mkdir(this.etc, { recursive: true });
    await mkdir(this.dataDir, { recursive: true });
    await writeFile(this.log, "");
    await this.configure({});
  }

  /** Changes settings; a running daemon reads them with `reload`. */
  async configure(settings: Settings): Promise<void> {
    this.#settings = { ...this.#settings, ...settings };
    await writeFile(this.configFile, settingsText(this.#settings));
  }

  async write(file: string, text: string): Promise<void> {
    await writeFile(path.join(this.etc, file), text);
  }

  /** Starts it in the foreground and returns when it says that it serves. `switches`: `-a`, for example. */
  async start(switches: readonly string[] = [], limitMs = startLimitMs): Promise<void> {
    if (this.isRunning) throw this.#refusal("it runs already, expected it to be stopped");
    const { network, name, kind } = this.#options;
    this.#program = await Program.start({
      network,
      name,
      argv: [...this.command, "-f", "-c", this.configFile, ...switches, "start"],
      log: this.log,
      cwd: this.dataDir,
      isReady: (output) => output.includes(`${kind} daemon initialized properly`),
      limitMs,
    });
  }

  /** An orderly stop; its exit code, 0 if it did not run. */
  async stop(): Promise<number | null> {
    const program = this.#program;
    this.#program = undefined;
    return program === undefined ? 0 : program.stop();
  }

  /** kill -9. */
  async kill(): Promise<void> {
    const program = this.#program;
    this.#program = undefined;
    await program?.kill();
  }

  /** SIGHUP; it does not wait for the effect. */
  reload(): void {
    process.kill(this.pid, "SIGHUP");
  }

  /** Everything that it printed, over all its starts. */
  logText(): string {
    return readFileSync(this.log, "utf8");
  }

  #refusal(what: string): ClusterError {
    return new ClusterError("usage", `Cannot use the ${this.#options.name}: ${what}`);
  }
}
