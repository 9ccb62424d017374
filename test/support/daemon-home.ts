// A data folder and a configuration file for calls of a daemon's program, and the calls themselves.
// What still runs at the end is killed by the owner of the lock, and only that.

import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** How a call ended. */
export interface CallEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const root = path.resolve(import.meta.dirname, "../..");
const callTimeoutMs = 60_000;

/** The example daemon, as words in front of its own. */
export const exampleDaemon: readonly string[] = [
  path.join(root, "bin/node"),
  path.join(root, "test/support/example-daemon.ts"),
];

/** One daemon's folder. Programs of ours and of MooseFS find each other in it by the same lock. */
export class DaemonHome {
  readonly folder: string;
  readonly data: string;
  readonly config: string;
  readonly program: readonly string[];

  constructor(program: readonly string[] = exampleDaemon, settings: readonly string[] = []) {
    this.program = program;
    this.folder = mkdtempSync(path.join(tmpdir(), "mfs-daemon-home-"));
    this.data = path.join(this.folder, "data");
    this.config = path.join(this.folder, "mfsmaster.cfg");
    mkdirSync(this.data);
    this.configure(settings);
  }

  /** Writes the configuration: what every test needs, then what this one adds. */
  configure(settings: readonly string[]): void {
    const account = [
      `WORKING_USER = #${process.getuid?.()}`,
      `WORKING_GROUP = #${process.getgid?.()}`,
    ];
    const quiet = ["NICE_LEVEL = 0", "DISABLE_OOM_KILLER = 0", "ADMIN_LISTEN_PORT = 0"];
    const lines = [`DATA_PATH = ${this.data}`, ...account, ...quiet, ...settings];
    writeFileSync(this.config, lines.map((line) => `${line}\n`).join(""));
  }

  /** One call with this home's configuration. */
  call(...words: readonly string[]): Promise<CallEnd> {
    return this.bare("-c", this.config, ...words);
  }

  /** One call with these words only. */
  bare(...words: readonly string[]): Promise<CallEnd> {
    return this.with(this.program, words);
  }

  /** One call of another program. */
  with(program: readonly string[], words: readonly string[]): Promise<CallEnd> {
    const [file = "", ...first] = program;
    return new Promise((resolve, reject) => {
      const options = { timeout: callTimeoutMs, env: this.#environment() };
      execFile(file, [...first, ...words], options, (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === "number") resolve({ code, stdout, stderr });
        else reject(error ?? new Error("the call ended without a code"));
      });
    });
  }

  /** A daemon in the foreground, whose standard error is read by the caller. */
  foreground(extra: NodeJS.ProcessEnv, ...words: readonly string[]): ChildProcess {
    const [file = "", ...first] = this.program;
    const env = { ...this.#environment(), ...extra };
    return spawn(file, [...first, "-c", this.config, "-f", ...words], {
      stdio: ["ignore", "ignore", "pipe"],
      env,
    });
  }

  /** The process that holds the lock, or null. */
  async owner(): Promise<number | null> {
    const { stderr } = await this.with(exampleDaemon, ["-c", this.config, "test"]);
    const match = /pid: (\d+)/.exec(stderr);
    return match === null ? null : Number(match[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.with(exampleDaemon, ["-c", this.config, "kill"]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The log must not reach the machine's own. */
  #environment(): NodeJS.ProcessEnv {
    const { NOTIFY_SOCKET: _socket, JOURNAL_STREAM: _journal, ...rest } = process.env;
    return { ...rest, MFS_SYSLOG_SOCKET: path.join(this.folder, "log") };
  }
}
