// A chunkserver of a cluster under test: its daemon and its disks, which are plain folders.

import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Daemon } from "./daemon.ts";
import { ClusterError } from "./errors.ts";
import { disksText } from "./settings.ts";
import type { DiskLine } from "./settings.ts";

/** A chunkserver, running or not. */
export class Chunkserver {
  readonly daemon: Daemon;
  #disks: readonly DiskLine[];

  constructor(daemon: Daemon, disks: readonly DiskLine[]) {
    this.daemon = daemon;
    this.#disks = disks;
  }

  /** The disks of a new chunkserver: folders beside its data. `size` as in mfshdd.cfg limits each. */
  static disksOf(daemon: Daemon, count: number, size?: string): readonly DiskLine[] {
    const disk = (index: number) => path.join(path.dirname(daemon.dataDir), `disk-${index}`);
    return Array.from({ length: count }, (_, index) => ({
      path: disk(index),
      isMarked: false,
      ...(size === undefined ? {} : { size }),
    }));
  }

  get address(): string {
    return this.daemon.address;
  }

  /** Makes folders and configuration. */
  async prepare(): Promise<void> {
    await this.daemon.prepare();
    for (const disk of this.#disks) await mkdir(disk.path, { recursive: true });
    await this.#writeDisks();
  }

  async start(): Promise<void> {
    await this.daemon.start();
  }

  async stop(): Promise<number | null> {
    return this.daemon.stop();
  }

  async kill(): Promise<void> {
    await this.daemon.kill();
  }

  /** The folder of a disk. */
  disk(index = 0): string {
    return this.#diskLine(index).path;
  }

  /** Marks a disk for removal, or takes the mark away, and tells a running chunkserver. */
  async markForRemoval(index = 0, isMarked = true): Promise<void> {
    const changed = { ...this.#diskLine(index), isMarked };
    this.#disks = this.#disks.map((disk) => (disk.path === changed.path ? changed : disk));
    await this.#writeDisks();
    if (this.daemon.isRunning) this.daemon.reload();
  }

  async #writeDisks(): Promise<void> {
    await this.daemon.write("mfshdd.cfg", disksText(this.#disks));
  }

  #diskLine(index: number): DiskLine {
    const disk = this.#disks[index];
    if (disk !== undefined) return disk;
    throw new ClusterError(
      "usage",
      `Cannot use disk ${index}: there are ${this.#disks.length}, expected a lower number`,
    );
  }
}
