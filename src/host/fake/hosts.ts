// One mfsctl's connections to simulated machines, with the faults that a test plans for it: death after a call, calls
// that fail, hosts that do not answer.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Duplex } from "node:stream";
import { MfsctlError } from "../../errors.ts";
import type { CallOptions, Command, Host, Hosts, Output, RsyncRequest } from "../host.ts";
import type { FakeCluster } from "./cluster.ts";
import { runProgram } from "./run-program.ts";

/** mfsctl was killed: whatever it would still do does not happen. */
export class ProcessDied extends Error {
  constructor() {
    super("the process died");
    this.name = "ProcessDied";
  }
}

/** One call that may change a host. */
export interface FakeCall {
  readonly host: string;
  readonly argv: readonly string[];
}

/** Where a chunkserver tells its disks. */
const dataPort = 9422;

/** What a call costs in true time. */
const callMs = 20;

export class FakeHosts implements Hosts {
  readonly cluster: FakeCluster;
  /** Every `exec` and push that reached a machine, in order. */
  readonly calls: FakeCall[] = [];
  /** Runs before each call; a test may wait, abort or look. */
  before: ((call: FakeCall) => void | Promise<void>) | undefined;
  /** Called once at the moment of death. */
  onDeath: (() => void) | undefined;
  readonly #hosts = new Map<string, FakeHost>();
  #diesAfter = Number.POSITIVE_INFINITY;
  #dead = false;
  #fails: ((call: FakeCall) => boolean) | undefined;

  constructor(cluster: FakeCluster) {
    this.cluster = cluster;
  }

  /** The n-th call from now completes on its machine, then mfsctl is dead. */
  killAfter(calls: number): void {
    this.#diesAfter = this.calls.length + calls;
  }

  /** Calls for which this holds end with code 1 and change nothing. */
  failOn(predicate: ((call: FakeCall) => boolean) | undefined): void {
    this.#fails = predicate;
  }

  get dead(): boolean {
    return this.#dead;
  }

  async host(name: string, options: CallOptions = {}): Promise<Host> {
    await this.enter(name, options);
    const known = this.#hosts.get(name) ?? new FakeHost(name, this);
    this.#hosts.set(name, known);
    return known;
  }

  /** Round trips to a host so far. */
  roundTrips(name: string): number {
    return this.#hosts.get(name)?.roundTrips ?? 0;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Every call begins here: others get their turn, then death, abort and distance are looked at. */
  async enter(name: string, options: CallOptions): Promise<void> {
    await new Promise(setImmediate);
    if (this.#dead) throw new ProcessDied();
    options.signal?.throwIfAborted();
    const machine = this.cluster.machine(name);
    if (machine.reachable && machine.powered) return;
    throw new MfsctlError(
      "unreachable",
      `Cannot reach '${name}': no answer, expected an SSH server`,
      {
        host: name,
        hint: `mfsctl check --node ${name}`,
      },
    );
  }

  /** Runs a changing call and counts it. */
  async change(call: FakeCall, run: () => Output): Promise<Output> {
    await this.before?.(call);
    if (this.#dead) throw new ProcessDied();
    this.calls.push(call);
    const output = this.#fails?.(call) === true ? failure : run();
    if (this.calls.length >= this.#diesAfter) {
      this.#dead = true;
      this.onDeath?.();
      throw new ProcessDied();
    }
    return output;
  }
}

const failure: Output = {
  code: 1,
  stdout: Buffer.alloc(0),
  stderr: Buffer.from("planned failure\n"),
};

class FakeHost implements Host {
  readonly name: string;
  roundTrips = 0;
  readonly #hosts: FakeHosts;

  constructor(name: string, hosts: FakeHosts) {
    this.name = name;
    this.#hosts = hosts;
  }

  async exec(command: Command, options: CallOptions = {}): Promise<Output> {
    await this.#enter(options);
    const { cluster } = this.#hosts;
    return await this.#hosts.change({ host: this.name, argv: command.argv }, () =>
      runProgram(cluster.system(this.name), command),
    );
  }

  async batch(commands: readonly Command[], options: CallOptions = {}): Promise<readonly Output[]> {
    await this.#enter(options);
    const system = this.#hosts.cluster.system(this.name);
    const before = system.machine.files.changes;
    const outputs = commands.map((command) => runProgram(system, command));
    if (system.machine.files.changes === before) return outputs;
    throw new Error(
      `a batch changed "${this.name}": ${commands.map(({ argv }) => argv[0]).join(", ")}`,
    );
  }

  async connect(
    target: { address: string; port: number },
    options: CallOptions = {},
  ): Promise<Duplex> {
    await this.#enter(options);
    const { cluster } = this.#hosts;
    const machine = cluster.machine(this.name);
    const there = cluster.reach(machine, target.address, target.port);
    const isData = target.port === dataPort;
    if (there !== undefined && !isData && cluster.moosefs.masterOn(there) !== undefined) {
      return cluster.serveMaster(cluster, there);
    }
    const disks = there === undefined ? undefined : cluster.moosefs.disksOn(there);
    if (disks !== undefined && isData && cluster.serveChunkserver) {
      return cluster.serveChunkserver(disks);
    }
    throw new MfsctlError(
      "unreachable",
      `Cannot connect to ${target.address}:${target.port} from '${this.name}': connection refused, expected a listener`,
      { host: this.name },
    );
  }

  async rsync(request: RsyncRequest, options: CallOptions = {}): Promise<void> {
    await this.#enter(options);
    if (request.direction === "pull") return this.#pull(request);
    await this.#hosts.change({ host: this.name, argv: ["rsync", request.remote] }, () => {
      this.#push(request);
      return { ...failure, code: 0 };
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #enter(options: CallOptions): Promise<void> {
    const { cluster } = this.#hosts;
    await this.#hosts.enter(this.name, options);
    cluster.nowMs += callMs + cluster.machine(this.name).delayMs;
    this.roundTrips += 1;
  }

  #pull({ local, remote, options = [] }: RsyncRequest): void {
    const { files } = this.#hosts.cluster.machine(this.name);
    const folder = needFolder(remote);
    mkdirSync(local, { recursive: true });
    for (const name of files.list(folder) ?? []) {
      const node = files.stat(`${folder}/${name}`);
      if (node?.type === "file" && isWanted(name, options)) {
        writeFileSync(path.join(local, name), node.content);
      }
    }
  }

  #push({ local, remote, options = [] }: RsyncRequest): void {
    const { files } = this.#hosts.cluster.machine(this.name);
    const folder = needFolder(remote);
    files.makeFolder(folder);
    for (const entry of readdirSync(local, { withFileTypes: true })) {
      if (!entry.isFile() || !isWanted(entry.name, options)) continue;
      files.write(`${folder}/${entry.name}`, readFileSync(path.join(local, entry.name)), {
        owner: "root",
        group: "root",
      });
    }
  }
}

function needFolder(remote: string): string {
  if (!remote.endsWith("/")) throw new Error(`the fake copies folders only, not "${remote}"`);
  return remote.slice(0, -1);
}

/** rsync's filter rules as far as run-books use them: the first that fits decides, and what fits none is copied. */
function isWanted(name: string, rules: readonly string[]): boolean {
  for (const rule of rules) {
    const match = /^--(include|exclude)=(.*)$/.exec(rule);
    if (match?.[2] === undefined)
      throw new Error(`the fake does not know rsync's option "${rule}"`);
    const pattern = match[2]
      .replace(/^\//, "")
      .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*");
    if (new RegExp(`^${pattern}$`).test(name)) return match[1] === "include";
  }
  return true;
}
