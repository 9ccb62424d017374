// Real hosts for tests: systemd, SSH, addresses and disks of their own on one machine, whose power can be cut.
// The work is done by lab.sh; this file gives it types, a life (up, use, down) and a clean end in every case.

import { spawnSync } from "node:child_process";
import path from "node:path";
import { quoteArgv } from "../../src/host/quote.ts";
import { requireCapabilities } from "./capabilities.ts";
import { run } from "./command.ts";
import type { Answer, RunOptions } from "./command.ts";
import { LabError } from "./errors.ts";
import {
  claim,
  freeNet,
  isAbandoned,
  labFolder,
  processIdentity,
  readState,
  readStates,
  validate,
} from "./lab-state.ts";
import type { HostSpec, LabState } from "./lab-state.ts";
import { baseFolder, provision } from "./provision.ts";

export interface LabOptions {
  /** One to four lower-case letters; two labs with different names can be up at once. */
  readonly name: string;
  readonly hosts: readonly HostSpec[];
  /** The first three numbers of the hosts' addresses. Default: the first free one of 10.77.x. */
  readonly net?: string;
  /** Sizes as `truncate -s` reads them; the images are sparse. Default 8G and 4G. */
  readonly diskSize?: string;
  readonly dataDiskSize?: string;
  /** The lab stays up when this process ends. */
  readonly keep?: boolean;
}

const script = path.join(import.meta.dirname, "lab.sh");
/** Where `down` leaves the consoles of a lab's hosts, a folder for each lab. */
export const logsFolder = "/var/log/mfs-lab";

/** A running lab. Leave its scope (`await using`) or call `down()`; a process that ends takes its labs along. */
export class Lab implements AsyncDisposable {
  readonly #state: LabState;
  readonly #atExit = () => this.#downNow();

  private constructor(state: LabState) {
    this.#state = state;
  }

  /** Builds the base if need be, starts the hosts and returns when all have booted. */
  static async up(options: LabOptions): Promise<Lab> {
    const { name, hosts, keep = false, diskSize = "8G", dataDiskSize = "4G" } = options;
    validate(name, hosts);
    await requireCapabilities();
    await Lab.sweep();
    const owner = keep ? undefined : processIdentity(process.pid);
    const net = options.net ?? (await freeNet());
    const base = await baseFolder();
    const state = { name, hosts, net, diskSize, dataDiskSize, base };
    const lab = new Lab(owner === undefined ? state : { ...state, owner });
    await claim(lab.#state);
    if (owner !== undefined) lab.#watch();
    try {
      await lab.#start();
    } catch (error) {
      // What went wrong first is what the caller must hear.
      await lab.down().catch((second: unknown) => process.stderr.write(`${String(second)}\n`));
      throw error;
    }
    return lab;
  }

  /** The lab of this name that another process started. */
  static async attach(name: string): Promise<Lab> {
    const state = await readState(name);
    if (state !== undefined) return new Lab(state);
    throw new LabError(
      "usage",
      `Cannot find the lab '${name}': it is not up, expected one that is`,
    );
  }

  /** Takes down the labs that killed processes left behind, and names them. */
  static async sweep(): Promise<readonly string[]> {
    const abandoned = (await readStates()).filter(isAbandoned);
    for (const state of abandoned) await new Lab(state).down();
    return abandoned.map((state) => state.name);
  }

  get folder(): string {
    return labFolder(this.#state.name);
  }

  /** The private key that every host's root accepts. */
  get identityFile(): string {
    return path.join(this.folder, "id");
  }

  /** The hosts' keys by name and by address. */
  get knownHosts(): string {
    return path.join(this.folder, "known_hosts");
  }

  /** Where the hosts' consoles (with their journals) are kept after `down()`. */
  get logs(): string {
    return path.join(logsFolder, this.#state.name);
  }

  get hosts(): readonly string[] {
    return this.#state.hosts.map((host) => host.name);
  }

  address(host: string): string {
    return `${this.#state.net}.${this.#index(host) + 1}`;
  }

  /** The ssh program and its options, up to the host's name, for this lab's keys and no others. */
  sshArgv(host: string): [string, ...string[]] {
    const options = [
      "BatchMode=yes",
      "IdentitiesOnly=yes",
      "StrictHostKeyChecking=yes",
      `UserKnownHostsFile=${this.knownHosts}`,
    ];
    options.push(
      "GlobalKnownHostsFile=none",
      "LogLevel=ERROR",
      "ConnectTimeout=5",
      "ServerAliveInterval=5",
      "ServerAliveCountMax=2",
    );
    return [
      "ssh",
      "-F",
      "none",
      "-i",
      this.identityFile,
      ...options.flatMap((one) => ["-o", one]),
      `root@${this.address(host)}`,
    ];
  }

  /** Runs a program on a host as root. Code 255: the host cannot be reached. */
  async ssh(host: string, argv: readonly string[], options: RunOptions = {}): Promise<Answer> {
    return run([...this.sshArgv(host), "--", quoteArgv(argv)], options);
  }

  /** Like `ssh`, but what fails throws; returns what the program printed. */
  async sshOk(host: string, argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const answer = await this.ssh(host, argv, options);
    if (answer.code === 0) return answer.stdout;
    throw new LabError(
      "command",
      `Cannot run '${quoteArgv(argv)}' on '${host}': it ended with ${answer.code}, expected 0\n${answer.stdout}${answer.stderr}`,
    );
  }

  /** Pulls the power of hosts: what they had not synced to disk is lost. */
  async kill(...hosts: readonly string[]): Promise<void> {
    await this.#script(["kill", ...this.#known(hosts)]);
  }

  /** Powers hosts on and returns when they have booted. */
  async boot(...hosts: readonly string[]): Promise<void> {
    await this.#script(["boot", ...this.#known(hosts)]);
  }

  /** Takes a host off the network; it runs on. */
  async cut(host: string): Promise<void> {
    await this.#script(["cut", ...this.#known([host])]);
  }

  /** Puts a host back on the network. */
  async heal(host: string): Promise<void> {
    await this.#script(["heal", ...this.#known([host])]);
  }

  /** Removes the hosts with their disks. A lab that is down already stays so. */
  async down(): Promise<void> {
    await this.#script(["down"]);
    process.off("exit", this.#atExit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }

  async #start(): Promise<void> {
    await this.#script(["net"]);
    await provision(this.#state);
    await this.#script(["prepare", ...this.hosts]);
    await this.#script(["boot", ...this.hosts]);
  }

  get #environment(): Record<string, string> {
    const { name, net, base, hosts, diskSize, dataDiskSize } = this.#state;
    const disks = hosts.map((host) => `${host.name}=${host.dataDisks ?? 0}`).join(" ");
    return {
      LAB_NAME: name,
      LAB_NET: net,
      LAB_RUN: this.folder,
      LAB_BASE: base,
      LAB_LOGS: this.logs,
      LAB_DATA_DISKS: disks,
      LAB_DISK: diskSize,
      LAB_DATA_DISK: dataDiskSize,
    };
  }

  async #script(words: readonly string[]): Promise<void> {
    const answer = await run([script, ...words], { env: this.#environment });
    if (answer.code === 0) return;
    throw new LabError(
      "hosts",
      `Cannot ${words.join(" ")} in the lab '${this.#state.name}': lab.sh ended with ${answer.code}, expected 0; consoles are kept in '${this.logs}' when the lab is down\n${answer.stderr}`,
    );
  }

  /** Also a process that dies of a signal or an error takes its lab down; kill -9 leaves it to the next sweep. */
  #watch(): void {
    process.on("exit", this.#atExit);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      if (process.listenerCount(signal) === 0) process.once(signal, () => process.exit(1));
    }
  }

  #downNow(): void {
    spawnSync(script, ["down"], { env: { ...process.env, ...this.#environment } });
  }

  #index(host: string): number {
    const index = this.hosts.indexOf(host);
    if (index < 0)
      throw new LabError(
        "usage",
        `Cannot find the host '${host}' in the lab '${this.#state.name}': its hosts are ${this.hosts.join(", ")}, expected one of them`,
      );
    return index;
  }

  #known(hosts: readonly string[]): readonly string[] {
    for (const host of hosts) this.#index(host);
    return hosts;
  }
}
