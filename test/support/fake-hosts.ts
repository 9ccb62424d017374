// A cluster of simulated hosts for an inventory, and mfsctl's run context on it: fake clock, no pause, silent view.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { duplexPair, type Duplex } from "node:stream";
import { Register } from "../../daemons/protocol/packets/client-register.ts";
import { FakeCluster } from "../../src/host/fake/cluster.ts";
import type { FakeHosts } from "../../src/host/fake/hosts.ts";
import type { FakeMachine, FakeMachineOptions } from "../../src/host/fake/machine.ts";
import type { FakeServedDisk } from "../../src/host/fake/moosefs.ts";
import { wrapFenced } from "../../src/host/fenced-hosts.ts";
import { parseInventory } from "../../src/inventory/load.ts";
import type { Inventory } from "../../src/inventory/schema.ts";
import { wantedGoals } from "../../src/phases/deploy/start.ts";
import { deploy, deployContext, type DeployOptions } from "../../src/runbooks/deploy.ts";
import type { RunContext } from "../../src/runner/plan.ts";
import { runRunbook, type RunReport } from "../../src/runner/run.ts";
import { createView } from "../../src/runner/view.ts";
import { fakeCluster } from "./fake-cluster.ts";
import { goalStream } from "./fake-goals.ts";
import { fakeMasterStream } from "./fake-master.ts";

/** Two metadata hosts, two chunkservers of which one is a client: the smallest cluster with everything. */
export const smallText = `cluster: lab
engine: packages
exports:
  - "* / rw,alldirs,maproot=0"
failover: { via: hosts }
hosts:
  meta01: { address: 10.0.0.1, roles: [master, monitor] }
  meta02: { address: 10.0.0.2, roles: [metalogger] }
  meta03: { address: 10.0.0.3, roles: [metalogger] }
  cm01:
    address: 10.0.0.11
    roles: [chunkserver, client]
    disks: [/mnt/a, { path: /data/mfs, link_to: /home/data/mfs }]
    mounts: [{ path: /home/work/share, goal: 2 }]
  cm02:
    address: 10.0.0.12
    roles: [chunkserver]
    disks: [/mnt/a]
`;

/** Parses an inventory text. */
export function inventoryOf(text: string): Inventory {
  return parseInventory(text, "inventory.yaml");
}

/** Bare machines for the hosts of an inventory. */
export function bareCluster(
  inventory: Inventory,
  options: Partial<Pick<FakeMachineOptions, "family" | "tools">> = {},
): FakeCluster {
  return new FakeCluster({
    machines: Object.values(inventory.hosts).map(({ name, address }) => ({
      name,
      address,
      ...options,
    })),
    serveMaster,
    serveChunkserver,
  });
}

/** The wire of a simulated chunkserver. */
function serveChunkserver(disks: readonly FakeServedDisk[]): Duplex {
  const listed = disks.map((disk) => ({ ...disk, path: `${disk.path.replace(/\/$/, "")}/` }));
  return fakeMasterStream(fakeCluster({ role: "chunkserver", disks: listed }));
}

/** The wire of a simulated master: its present state at each connection. */
function serveMaster(cluster: FakeCluster, machine: FakeMachine): Duplex {
  return byFirstPacket((type) =>
    type === Register.id ? goalStream(cluster.goals) : fakeMasterStream(modelOf(cluster, machine)),
  );
}

function modelOf(cluster: FakeCluster, machine: FakeMachine) {
  const metadata = cluster.moosefs.masterOn(machine)?.state.metadata;
  const of = <K extends "metalogger" | "chunkserver" | "mount">(kind: K) =>
    cluster.moosefs.connectedTo(machine, kind);
  return fakeCluster({
    metaId: metadata?.id ?? 0n,
    metaVersion: BigInt(metadata?.version ?? 0),
    metaloggers: of("metalogger").map((each) => each.machine.address),
    chunkservers: of("chunkserver").map((each, index) => ({
      ip: each.machine.address,
      id: index + 1,
    })),
    sessions: of("mount").map((each, index) => ({
      id: index + 1,
      ip: each.machine.address,
      info: each.state.path,
      path: each.state.subfolder,
    })),
    chunks: [],
  });
}

/** A stream whose other end is chosen by the type of the first packet. */
function byFirstPacket(choose: (type: number) => Duplex): Duplex {
  const [clientSide, serverSide] = duplexPair();
  let head = Buffer.alloc(0);
  const first = (piece: Buffer): void => {
    head = Buffer.concat([head, piece]);
    if (head.length < 4) return;
    serverSide.off("data", first);
    const server = choose(head.readUInt32BE(0));
    server.write(head);
    server.on("error", () => serverSide.destroy());
    server.pipe(serverSide);
    serverSide.pipe(server);
  };
  serverSide.on("data", first);
  serverSide.on("error", () => undefined);
  return clientSide;
}

/** One mfsctl at work: its hosts, its context, and short forms of what tests do. */
export class FakeControl {
  readonly cluster: FakeCluster;
  readonly hosts: FakeHosts;
  readonly context: RunContext;
  readonly journals: string;
  readonly stopping = new AbortController();
  readonly abort = new AbortController();
  readonly trace: string[] = [];

  constructor(
    cluster: FakeCluster,
    inventory: Inventory,
    options: { readonly journals?: string; readonly seed?: number } = {},
  ) {
    this.cluster = cluster;
    this.hosts = cluster.control();
    this.journals = options.journals ?? newFolder();
    let chance = options.seed ?? 0.1234;
    this.context = {
      inventory,
      hosts: this.hosts,
      fenced: (token) => wrapFenced(this.hosts, token),
      journalFolder: this.journals,
      now: () => cluster.nowMs,
      elapsed: () => cluster.nowMs,
      random: () => (chance = (chance * 16_807 + 0.1) % 1),
      sleep: async (ms, signal) => {
        await new Promise(setImmediate);
        signal.throwIfAborted();
        cluster.sleep(ms);
      },
      view: createView("silent"),
      trace: (line) => this.trace.push(line),
      stopping: this.stopping.signal,
      abort: this.abort.signal,
      concurrency: 8,
      lockWaitSeconds: 0,
      goalsOf: wantedGoals(inventory).map((wanted) => wanted.subfolder),
    };
  }

  /** Runs deploy; `context` replaces what a test wants otherwise. */
  async deploy(
    options: Partial<DeployOptions> = {},
    context: Partial<RunContext> = {},
  ): Promise<RunReport> {
    const runbook = deploy({ overwrite: new Set(), ignoredChecks: new Set(), ...options });
    const intent = intentOf(this.context.inventory, "deploy");
    return await runRunbook({ runbook, intent }, { ...deployContext(this.context), ...context });
  }
}

let base: string | undefined;

/** A folder for journals, in memory where the system has such a place: a test's fsync need not reach a disk. */
function newFolder(): string {
  if (base === undefined) {
    const folder = mkdtempSync(
      path.join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "mfsctl-test-"),
    );
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    base = folder;
  }
  return mkdtempSync(path.join(base, "run-"));
}

/** What a journal keeps of a command. */
export function intentOf(inventory: Inventory, command: string) {
  return {
    command,
    argv: [],
    inventory: "/etc/inventory.yaml",
    cluster: inventory.cluster,
    startedBy: "tester@control",
  };
}
