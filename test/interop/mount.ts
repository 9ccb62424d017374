// A stock mfsmount of a cluster under test. It runs in the cluster's network but mounts where everybody sees it.
// Spec: config-and-cli.md section 12.

import { mkdirSync } from "node:fs";
import path from "node:path";
import { run } from "../lab/command.ts";
import { mountsBelow } from "./claim.ts";
import { ClusterError } from "./errors.ts";
import type { Network } from "./network.ts";
import { Program } from "./program.ts";
import { until } from "./until.ts";

export interface MountOptions {
  /** Name of the mount point in the cluster's folder; `mount-N` by default. */
  readonly name?: string;
  /** mfsmount's `-o` options: `mfscachemode=NEVER`. */
  readonly options?: readonly string[];
  /** The meta file system. */
  readonly isMeta?: boolean;
  /** Which folder of the file system becomes its root. */
  readonly subfolder?: string;
  /** Instead of the master: where a tap listens. */
  readonly master?: { readonly address: string; readonly port: number };
}

/** Where a mount comes from and goes to. */
export interface MountPlace {
  readonly network: Network;
  /** The cluster's folder. */
  readonly folder: string;
  readonly point: string;
  readonly log: string;
  readonly master: { readonly address: string; readonly port: number };
}

/** A mounted file system and the process that serves it. */
export class Mount {
  readonly #place: MountPlace;
  readonly #program: Program;

  private constructor(place: MountPlace, program: Program) {
    this.#place = place;
    this.#program = program;
  }

  /** Mounts and returns when the kernel answers for it. */
  static async open(place: MountPlace, options: MountOptions): Promise<Mount> {
    const { network, folder, point, log } = place;
    const { address, port } = options.master ?? place.master;
    const settings = [`mfscfgfile=/dev/null`, ...(options.options ?? [])];
    const source = ["-H", address, "-P", `${port}`, "-S", options.subfolder ?? "/"];
    const meta = options.isMeta === true ? ["-m"] : [];
    mkdirSync(point, { recursive: true });
    const program = await Program.start({
      network,
      name: `the mount '${path.basename(point)}'`,
      argv: [
        "mfsmount",
        "-f",
        ...settings.flatMap((one) => ["-o", one]),
        ...source,
        ...meta,
        point,
      ],
      log,
      cwd: folder,
      isReady: () => mountsBelow(folder).includes(point),
    });
    return new Mount(place, program);
  }

  get point(): string {
    return this.#place.point;
  }

  get pid(): number {
    return this.#program.pid;
  }

  /** Unmounts and waits for mfsmount's end: dirty data has been written then. */
  async close(): Promise<void> {
    const answer = await run(["umount", this.point]);
    if (answer.code !== 0)
      throw new ClusterError("command", `Cannot unmount '${this.point}': ${answer.stderr.trim()}`);
    await this.#program.ended(60_000);
  }

  /** Ends mfsmount as a crash would, and clears the mount point. */
  async kill(): Promise<void> {
    await this.#program.kill();
    await run(["umount", "-l", this.point]);
    const { folder } = this.#place;
    await until("the mount point is free", () => !mountsBelow(folder).includes(this.point));
  }
}
