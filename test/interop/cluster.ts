// A whole cluster for tests on one machine: master, chunkservers, metalogger, mounts and tools, each the stock
// program (Debian 3.0.117) unless told otherwise, in a network namespace and a folder that vanish together.
// Example: `await using cluster = await Cluster.start({ chunkservers: 3 }); const mount = await cluster.mount();`

import { cp, mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { ChunkserverList, ChunkserverListAnswer } from "../../daemons/protocol/packets/admin.ts";
import { chunkserverFlags } from "../../daemons/protocol/packets/admin.ts";
import { WireClient } from "../../src/wire/client.ts";
import { setGoal } from "../../src/wire/goal.ts";
import { run } from "../lab/command.ts";
import type { Answer, RunOptions } from "../lab/command.ts";
import { Chunkserver } from "./chunkserver.ts";
import { claim, release, sweep } from "./claim.ts";
import type { Claim } from "./claim.ts";
import { Daemon } from "./daemon.ts";
import { ClusterError } from "./errors.ts";
import { Mount } from "./mount.ts";
import type { MountOptions } from "./mount.ts";
import { Network } from "./network.ts";
import { requirePrograms } from "./programs.ts";
import { chunkserverSettings, masterSettings, metaloggerSettings, ports } from "./settings.ts";
import type { Settings } from "./settings.ts";
import { until } from "./until.ts";

/** Who plays a role: the stock program, or another that takes the same switches. */
export type Player = "stock" | { readonly command: readonly string[] };

export interface ClusterOptions {
  readonly chunkservers: number;
  readonly master?: Player;
  /** Of the chunkservers in order: `["A", "A,B", ""]`. */
  readonly labels?: readonly string[];
  readonly disksPerChunkserver?: number;
  /** At most this much is used of each disk: `2GiB`. */
  readonly diskSize?: string;
  /** Goal of the root folder; the stock master's own default is 2. */
  readonly goal?: number;
  /** Settings of mfsmaster.cfg. */
  readonly config?: Settings;
  /** Settings of every mfschunkserver.cfg. */
  readonly chunkserverConfig?: Settings;
  /** Lines of mfsexports.cfg. */
  readonly exports?: readonly string[];
  /** Lines of mfstopology.cfg. */
  readonly topology?: readonly string[];
  /** A folder with the master's first data, instead of an empty file system. */
  readonly data?: string;
  /** The master's switches at its first start: `-a`. */
  readonly switches?: readonly string[];
}

export interface ToolOptions extends RunOptions {
  readonly cwd?: string;
}

const masterHost = 1;
const metaloggerHost = 2;
const firstChunkserverHost = 11;
const chunkserversMax = 40;
const defaultExports = ["* / rw,alldirs,admin,maproot=0:0", "* . rw"];
const emptyMetadata = "MFSM NEW";
const toolTimeoutMs = 300_000;
const readyLimitMs = 60_000;

/** A running cluster. Leave its scope (`await using`) or call `down()`; a process that ends takes its own along. */
export class Cluster implements AsyncDisposable {
  readonly #claim: Claim;
  readonly #options: ClusterOptions;
  readonly network: Network;
  readonly master: Daemon;
  readonly metalogger: Daemon;
  readonly #chunkservers: readonly Chunkserver[];
  readonly #mounts = new Map<string, Mount>();
  #mountCount = 0;
  readonly #atExit = () => release(this.#claim);

  private constructor(own: Claim, options: ClusterOptions) {
    this.#claim = own;
    this.#options = options;
    this.network = new Network(own.index);
    const place = { network: this.network, folder: own.folder };
    this.master = new Daemon({
      ...place,
      name: "master",
      kind: "mfsmaster",
      address: this.network.address(masterHost),
      settings: (at) => ({ ...masterSettings(at), ...options.config }),
    });
    this.metalogger = new Daemon({
      ...place,
      name: "metalogger",
      kind: "mfsmetalogger",
      address: this.network.address(metaloggerHost),
      settings: (at) => metaloggerSettings(at, this.master.address),
    });
    this.#chunkservers = Array.from({ length: options.chunkservers }, (_, index) =>
      this.#newChunkserver(index),
    );
    this.playMaster(options.master ?? "stock");
  }

  /** Starts master and chunkservers, and returns when all chunkservers have registered. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    if (options.chunkservers > chunkserversMax)
      throw new ClusterError(
        "usage",
        `Cannot start ${options.chunkservers} chunkservers, expected at most ${chunkserversMax}`,
      );
    await requirePrograms();
    sweep();
    const cluster = new Cluster(await claim(), options);
    cluster.#watch();
    try {
      await cluster.#start();
    } catch (error) {
      // What went wrong first is what the caller must hear.
      await cluster.down().catch((second: unknown) => process.stderr.write(`${String(second)}\n`));
      throw error;
    }
    return cluster;
  }

  /** Its number on this machine: the third of its addresses. */
  get index(): number {
    return this.#claim.index;
  }

  /** Everything of the cluster lies below it. */
  get folder(): string {
    return this.#claim.folder;
  }

  /** The master's data folder. */
  get dataDir(): string {
    return this.master.dataDir;
  }

  chunkserver(index: number): Chunkserver {
    const found = this.#chunkservers[index];
    if (found !== undefined) return found;
    const what = `there are ${this.#chunkservers.length}, expected a lower number`;
    throw new ClusterError("usage", `Cannot use chunkserver ${index}: ${what}`);
  }

  get chunkservers(): readonly Chunkserver[] {
    return this.#chunkservers;
  }

  /** Says who is the master from its next start on; configuration and data stay. */
  playMaster(player: Player): void {
    this.master.command = player === "stock" ? ["mfsmaster"] : player.command;
  }

  /** Asks the master over a connection of its own: `ask((client) => client.request(Info, {}, InfoAnswer))`. */
  async ask<T>(question: (client: WireClient) => Promise<T>): Promise<T> {
    const client = this.#client();
    try {
      return await question(client);
    } finally {
      client.close();
    }
  }

  /** Waits until every running chunkserver has registered with the master and offers space. */
  async ready(limitMs = readyLimitMs): Promise<void> {
    const wanted = this.#chunkservers.filter((one) => one.daemon.isRunning).length;
    let seen = "";
    const isReady = async (): Promise<boolean> => {
      try {
        const answer = await this.ask((client) =>
          client.request(ChunkserverList, {}, ChunkserverListAnswer),
        );
        const ready = answer.chunkservers.filter(
          (one) => (one.flags & chunkserverFlags.disconnected) === 0 && one.totalBytes > 0,
        );
        seen = `${ready.length} chunkservers are ready`;
        return ready.length === wanted;
      } catch (error) {
        seen = String(error);
        return false;
      }
    };
    await until(`${wanted} chunkservers are ready`, isReady, { limitMs, seen: () => seen });
  }

  /** Mounts the cluster and returns the mount point. */
  async mount(options: MountOptions = {}): Promise<string> {
    const name = options.name ?? `mount-${this.#mountCount}`;
    this.#mountCount++;
    const point = path.join(this.folder, "mounts", name);
    const mount = await Mount.open(
      {
        network: this.network,
        folder: this.folder,
        point,
        log: path.join(this.folder, `${name}.log`),
        master: { address: this.master.address, port: ports.clients },
      },
      options,
    );
    this.#mounts.set(point, mount);
    return point;
  }

  /** Mounts the meta file system. */
  async mountMeta(options: MountOptions = {}): Promise<string> {
    return this.mount({ ...options, isMeta: true });
  }

  /** Unmounts and waits until all was written. */
  async umount(point: string): Promise<void> {
    await this.#mountAt(point).close();
    this.#mounts.delete(point);
  }

  /** Ends a mount as a crash of mfsmount would. */
  async killMount(point: string): Promise<void> {
    await this.#mountAt(point).kill();
    this.#mounts.delete(point);
  }

  /** Runs a program in the cluster's network: a stock tool on a mount, for example. What fails is an answer. */
  async tool(name: string, words: readonly string[], options: ToolOptions = {}): Promise<Answer> {
    const { cwd, ...rest } = options;
    const place = cwd === undefined ? [] : ["env", "-C", cwd];
    return run(this.network.enter([...place, name, ...words]), {
      timeoutMs: toolTimeoutMs,
      ...rest,
    });
  }

  /** What mfscli prints: `cli("-SIN", "-s", "|")`. */
  async cli(...switches: readonly string[]): Promise<string> {
    const words = ["-H", this.master.address, "-P", `${ports.clients}`, "-p", ...switches];
    const answer = await this.tool("mfscli", words);
    if (answer.code === 0) return answer.stdout;
    throw new ClusterError(
      "command",
      `Cannot run 'mfscli ${words.join(" ")}': it ended with ${answer.code}, expected 0\n${answer.stderr}`,
    );
  }

  /** Kills every daemon and mount at once, as a power cut would, but keeps the files. */
  async killAll(): Promise<void> {
    const daemons = [this.master, this.metalogger, ...this.#chunkservers];
    const mounts = [...this.#mounts.keys()].map((point) => this.killMount(point));
    await Promise.all([...daemons.map((one) => one.kill()), ...mounts]);
  }

  /** Ends all and leaves nothing behind. A cluster that is down already stays so. */
  async down(): Promise<void> {
    process.off("exit", this.#atExit);
    release(this.#claim);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }

  async #start(): Promise<void> {
    const { goal, data, switches = [], exports = defaultExports, topology = [] } = this.#options;
    await this.network.create();
    await this.master.prepare();
    await this.metalogger.prepare();
    await this.master.write("mfsexports.cfg", `${exports.join("\n")}\n`);
    await this.master.write("mfstopology.cfg", `${topology.join("\n")}\n`);
    if (data === undefined) await writeFile(path.join(this.dataDir, "metadata.mfs"), emptyMetadata);
    else await cp(data, this.dataDir, { recursive: true });
    await mkdir(path.join(this.folder, "mounts"));
    await this.master.start(switches);
    for (const chunkserver of this.#chunkservers) await chunkserver.prepare();
    await Promise.all(this.#chunkservers.map((one) => one.start()));
    await this.ready();
    if (goal !== undefined) await setGoal(this.#client(), "/", goal, false);
  }

  #newChunkserver(index: number): Chunkserver {
    const { labels = [], chunkserverConfig, disksPerChunkserver = 1, diskSize } = this.#options;
    const daemon = new Daemon({
      network: this.network,
      folder: this.folder,
      name: `chunkserver-${index}`,
      kind: "mfschunkserver",
      address: this.network.address(firstChunkserverHost + index),
      settings: (at) => ({
        ...chunkserverSettings(at, this.master.address, labels[index] ?? ""),
        ...chunkserverConfig,
      }),
    });
    return new Chunkserver(daemon, Chunkserver.disksOf(daemon, disksPerChunkserver, diskSize));
  }

  #client(): WireClient {
    const stream = connect(ports.clients, this.master.address);
    return new WireClient(stream, { name: this.network.name });
  }

  #mountAt(point: string): Mount {
    const mount = this.#mounts.get(point);
    if (mount !== undefined) return mount;
    throw new ClusterError(
      "usage",
      `Cannot find a mount at '${point}', expected one of this cluster`,
    );
  }

  /** Also a process that dies of a signal or an error takes its cluster down; kill -9 leaves it to the next sweep. */
  #watch(): void {
    process.on("exit", this.#atExit);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      if (process.listenerCount(signal) === 0) process.once(signal, () => process.exit(1));
    }
  }
}
