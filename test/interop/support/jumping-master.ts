// Our master with clocks that a test moves: what happens after a day is seen at once.
// Example: `const time = await JumpingMaster.create(); Cluster.start({ master: time.master, ... }); await time.jump(cluster, 3600)`

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { TimeSync, TimeSyncAnswer } from "../../../daemons/protocol/packets/client-register.ts";
import type { Cluster, Player } from "../cluster.ts";
import { until } from "../until.ts";
import { ourMaster } from "./our-master.ts";
import { WireSession } from "./wire-session.ts";

const preloaded = new URL("jumping-clock.ts", import.meta.url);

/** A player, and the way to move its time. */
export class JumpingMaster implements AsyncDisposable {
  readonly #folder: string;
  #aheadSeconds = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<JumpingMaster> {
    const created = new JumpingMaster(await mkdtemp(path.join(tmpdir(), "jumping-")));
    await created.#write();
    return created;
  }

  get master(): Player {
    if (ourMaster === "stock") throw new Error("Cannot move the clocks of a stock master");
    const options = `NODE_OPTIONS=--disable-warning=ExperimentalWarning --import=${preloaded.href}`;
    return { command: ["env", options, `JUMPING_CLOCK_FILE=${this.#file}`, ...ourMaster.command] };
  }

  /** Seconds since 1970, as the master sees them. */
  async now(cluster: Cluster): Promise<number> {
    using session = await WireSession.open(cluster);
    const answer = await session.ask(TimeSync, { variant: "plain" }, TimeSyncAnswer);
    return Math.floor(answer.timeUs / 1_000_000);
  }

  /** Moves both clocks ahead. Whoever is connected has been silent for so long then, and is cut off. */
  async jump(cluster: Cluster, seconds: number): Promise<void> {
    const target = (await this.now(cluster)) + seconds;
    this.#aheadSeconds += seconds;
    await this.#write();
    process.kill(cluster.master.pid, "SIGUSR2");
    let seen = "";
    const hasJumped = async (): Promise<boolean> => {
      try {
        return (await this.now(cluster)) >= target;
      } catch (error) {
        // The very connection that asks may be cut off by the jump.
        seen = String(error);
        return false;
      }
    };
    await until(`the master's clocks jump by ${seconds} s`, hasJumped, { seen: () => seen });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #file(): string {
    return path.join(this.#folder, "ahead-ms");
  }

  async #write(): Promise<void> {
    await writeFile(this.#file, `${this.#aheadSeconds * 1000}`);
  }
}
