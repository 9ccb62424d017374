// A simulated cluster whose chunkservers list their disks on the wire, and whose master a test tells what it counts.

import { FakeCluster } from "../../../src/host/fake/cluster.ts";
import type { Inventory } from "../../../src/inventory/schema.ts";
import { diskContext, everyHost } from "../../../src/runbooks/disk-wait.ts";
import type { Runbook } from "../../../src/runner/phase.ts";
import type { RunContext } from "../../../src/runner/plan.ts";
import { leaseTtlSeconds } from "../../../src/runner/lease.ts";
import { runRunbook, type RunReport } from "../../../src/runner/run.ts";
import { fakeCluster, type FakeChunks, type FakeChunkserver } from "../../support/fake-cluster.ts";
import { FakeControl, intentOf, inventoryOf } from "../../support/fake-hosts.ts";
import { fakeMasterStream } from "../../support/fake-master.ts";

/** Three chunkservers of two disks, two metadata hosts. */
export const inventory = inventoryOf(`cluster: lab
engine: packages
exports: ["* / rw,alldirs,maproot=0"]
hosts:
  meta01: { address: 10.0.0.1, roles: [master] }
  meta02: { address: 10.0.0.2, roles: [metalogger] }
  meta03: { address: 10.0.0.3, roles: [metalogger] }
  cm01: { address: 10.0.0.11, roles: [chunkserver], disks: [/mnt/a, /mnt/b] }
  cm02: { address: 10.0.0.12, roles: [chunkserver], disks: [/mnt/a, /mnt/b] }
  cm03:
    address: 10.0.0.13
    roles: [chunkserver]
    disks: [/mnt/a, { path: /mnt/b, leave_free: 1GiB }, /mnt/c]
`);

const chunksPerDisk = 10;

/** A deployed cluster, what its master counts, and one mfsctl after another. */
export class FakeDisks {
  readonly cluster: FakeCluster;
  readonly inventory: Inventory;
  /** What the master counts: every chunk has two regular copies, those of a marked disk a third one there. */
  chunks: FakeChunks[] | undefined;
  removalStatus = 0;
  matrixProgress = 0;
  chunkLoop = { start: 0, end: 0 };
  /** The master's list, which outlives connections. */
  readonly servers: FakeChunkserver[] = [];

  private constructor(wanted: Inventory) {
    this.inventory = wanted;
    this.cluster = new FakeCluster({
      machines: Object.values(wanted.hosts).map(({ name, address }) => ({ name, address })),
      serveMaster: () => fakeMasterStream(this.#model()),
      serveChunkserver: (served) =>
        fakeMasterStream(
          fakeCluster({
            role: "chunkserver",
            disks: served.map((disk) => ({
              path: `${disk.path.replace(/\/$/, "")}/`,
              markedForRemoval: disk.markedForRemoval,
              chunks: chunksPerDisk,
            })),
          }),
        ),
    });
  }

  /** Bare machines, deployed. */
  static async deployed(wanted: Inventory = inventory): Promise<FakeDisks> {
    const disks = new FakeDisks(wanted);
    await new FakeControl(disks.cluster, wanted).deploy();
    disks.#loopEnds();
    return disks;
  }

  /** Runs a run-book from a fresh machine: own connections, own journals. */
  async run(runbook: Runbook, needs: readonly string[] = []): Promise<RunReport> {
    const control = this.control();
    const tolerates = (world: Parameters<typeof everyHost>[0]) =>
      new Set([...everyHost(world)].filter((host) => !needs.includes(host)));
    const intent = intentOf(this.inventory, runbook.name);
    return await runRunbook({ runbook, intent, tolerates }, control);
  }

  /** Runs a run-book in an mfsctl that is killed after its n-th call; answers how many calls it made. */
  async runKilled(runbook: Runbook, call: number): Promise<number> {
    const control = new FakeControl(this.cluster, this.inventory, { seed: 0.4321 });
    control.hosts.killAfter(call);
    const tolerates = everyHost;
    const intent = intentOf(this.inventory, runbook.name);
    // A death while the lease is given back comes after the run's own end, so it may not throw.
    await runRunbook({ runbook, intent, tolerates }, diskContext(control.context)).catch(
      () => undefined,
    );
    this.cluster.sleep((leaseTtlSeconds + 1) * 1000);
    return control.hosts.calls.length;
  }

  /** The context of a fresh mfsctl. */
  control(): RunContext {
    return diskContext(new FakeControl(this.cluster, this.inventory).context);
  }

  /** Everything is copied, and the master has gone through all chunks once more. */
  drained(): void {
    this.removalStatus = 2;
    this.#loopEnds();
  }

  file(host: string, path: string): string {
    return this.cluster.machine(host).files.read(path) ?? "";
  }

  #loopEnds(): void {
    const start = Math.ceil(this.cluster.nowMs / 1000) + 60;
    this.chunkLoop = { start, end: start + 60 };
    this.cluster.sleep(120_000);
  }

  #model() {
    const running = this.cluster.moosefs.running("chunkserver");
    const marked = running.flatMap(({ state }) =>
      state.disks.filter((disk) => disk.markedForRemoval),
    ).length;
    this.#remember(running.map(({ machine }) => machine.address));
    return fakeCluster({
      chunkservers: this.servers,
      metaloggers: this.cluster.moosefs.running("metalogger").map(({ machine }) => machine.address),
      sessions: [],
      chunks: this.chunks ?? [
        { goal: 2, copies: 2, count: 50 },
        { goal: 2, copies: 3, regularCopies: 2, count: marked * chunksPerDisk },
      ],
      matrixProgress: this.matrixProgress,
      chunkLoop: this.chunkLoop,
    });
  }

  /** A master keeps servers that are gone until it is told to forget them. */
  #remember(connected: readonly string[]): void {
    for (const ip of connected) {
      if (!this.servers.some((server) => server.ip === ip)) this.servers.push({ ip });
    }
    for (const server of this.servers) {
      server.connected = connected.includes(server.ip);
      server.removalStatus = this.removalStatus;
    }
  }
}
