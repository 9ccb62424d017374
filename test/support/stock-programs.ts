// Debian's MooseFS programs on addresses of their own on this machine's loopback, for recording frames.
// A chunkserver refuses 127.x, so addresses are added and taken away again. Needs root.

import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const pollMs = 200;
const lastLines = 20;

/** Settings of one configuration file. */
export type Settings = Readonly<Record<string, string | number>>;

/** Folders, addresses and processes that end together. */
export class StockPrograms {
  readonly folder: string;
  readonly #running = new Map<string, ChildProcess>();
  readonly #addresses: string[] = [];
  readonly #mounts: string[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async prepare(addresses: readonly string[]): Promise<StockPrograms> {
    const programs = new StockPrograms(await mkdtemp("/var/tmp/mfs-frames-"));
    for (const address of addresses) {
      await run("ip", ["address", "add", `${address}/32`, "dev", "lo"]);
      programs.#addresses.push(address);
    }
    return programs;
  }

  /** Writes the program's configuration and returns the file; DATA_PATH is the folder `name`. */
  async configure(name: string, settings: Settings): Promise<string> {
    const data = path.join(this.folder, name);
    await mkdir(data, { recursive: true });
    const all = { WORKING_USER: "root", WORKING_GROUP: "root", DATA_PATH: data, ...settings };
    const lines = Object.entries(all).map(([key, value]) => `${key} = ${value}\n`);
    await writeFile(this.configurationOf(name), lines.join(""));
    return this.configurationOf(name);
  }

  configurationOf(name: string): string {
    return path.join(this.folder, `${name}.cfg`);
  }

  /** Starts a daemon in the foreground; its log goes to `<name>.log`. */
  start(program: string, name: string, settings: readonly string[] = []): void {
    const words = ["-c", this.configurationOf(name), ...settings, "-f", "start"];
    const child = spawn(program, words, { stdio: ["ignore", "ignore", "pipe"] });
    const log = path.join(this.folder, `${name}.log`);
    child.stderr?.on("data", (text: Buffer) => void writeFile(log, text, { flag: "a" }));
    this.#running.set(name, child);
  }

  /** Asks a daemon to end and waits until it has. */
  async stop(name: string, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#running.get(name);
    this.#running.delete(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  reload(name: string): void {
    this.#running.get(name)?.kill("SIGHUP");
  }

  /** Mounts the file system and returns the folder. */
  async mount(master: string, options: readonly string[]): Promise<string> {
    const folder = path.join(this.folder, "mount");
    await mkdir(folder);
    const words = ["-f", "-H", master, folder, ...options.flatMap((option) => ["-o", option])];
    this.#running.set("mount", spawn("mfsmount", words, { stdio: "ignore" }));
    this.#mounts.push(folder);
    await until("mount", 10, async () =>
      (await readFile("/proc/mounts", "utf8")).includes(` ${folder} `),
    );
    return folder;
  }

  /** The ends of all logs, for the one who must find out what went wrong. */
  async lastWords(): Promise<string> {
    const names = (await readdir(this.folder)).filter((name) => name.endsWith(".log"));
    const texts = names.map(async (name) => {
      const lines = (await readFile(path.join(this.folder, name), "utf8")).split("\n");
      return [`--- ${name}`, ...lines.slice(-lastLines)].join("\n");
    });
    return (await Promise.all(texts)).join("\n");
  }

  /** Ends everything and takes every trace away. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const mount of this.#mounts) await run("umount", ["-l", mount]).catch(report);
    // A mount with an unanswered read would never end by itself.
    await this.stop("mount", "SIGKILL");
    await Promise.all([...this.#running.keys()].map((name) => this.stop(name)));
    for (const address of this.#addresses) {
      await run("ip", ["address", "del", `${address}/32`, "dev", "lo"]).catch(report);
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Waits until the condition holds; says what it waited for when it never does. */
export async function until(
  what: string,
  seconds: number,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Cannot go on: no ${what} within ${seconds} s`);
    await delay(pollMs);
  }
}

function report(error: unknown): void {
  process.stderr.write(`${String(error)}\n`);
}
