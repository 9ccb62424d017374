// The two sides that are compared: the stock master and ours, each in a cluster of its own, with the same stock
// chunkservers and the same stock mount.

import { readFileSync } from "node:fs";
import path from "node:path";
import { Cluster } from "../test/interop/cluster.ts";
import type { Player } from "../test/interop/cluster.ts";
import { processorSeconds } from "./process-use.ts";

/** Who is measured: A and B of A B A B. */
export const sideNames = ["stock", "ours"] as const;
export type SideName = (typeof sideNames)[number];

/** The masters. */
export const players: Readonly<Record<SideName, Player>> = {
  stock: "stock",
  ours: { command: [path.resolve(import.meta.dirname, "../bin/mfsmaster")] },
};

const chunkserverCount = 2;

/** A cluster under load. Leaving the scope (`await using`) ends it. */
export class Side implements AsyncDisposable {
  readonly #cluster: Cluster;
  /** Where it is mounted. */
  readonly mount: string;

  private constructor(cluster: Cluster, mount: string) {
    this.#cluster = cluster;
    this.mount = mount;
  }

  static async start(player: Player): Promise<Side> {
    const cluster = await Cluster.start({
      chunkservers: chunkserverCount,
      master: player,
      goal: chunkserverCount,
    });
    return new Side(cluster, await cluster.mount());
  }

  /** Processor time of the master so far. */
  get masterSeconds(): number {
    return processorSeconds(this.#cluster.master.pid);
  }

  /** Packets that the mount has sent to the master so far. */
  get requests(): number {
    const text = readFileSync(path.join(this.mount, ".stats"), "utf8");
    return Number(/^master\.packets_sent: (\d+)$/m.exec(text)?.[1]);
  }

  /** An orderly stop of the master: it writes what it writes at its end. */
  async stopMaster(): Promise<void> {
    await this.#cluster.master.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster.down();
  }
}
