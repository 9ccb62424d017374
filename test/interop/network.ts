// A network namespace of a cluster's own: its daemons, mounts and tools meet there on the standard ports, and
// this process reaches them over a veth pair. Removing it ends every process inside.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { run } from "../lab/command.ts";
import { ClusterError } from "./errors.ts";

/** How many addresses the namespace has, from `.1` on. */
const addressCount = 60;
/** This side's addresses: four, so that exports can tell clients that come from here apart. */
const outsideHosts = [254, 253, 252, 251] as const;
const endLimitMs = 10_000;
const endPollMs = 10;

/** The namespace of the network `10.78.N`; several can be up at once. */
export class Network {
  readonly #index: number;

  constructor(index: number) {
    this.#index = index;
  }

  get name(): string {
    return `mfs-cluster-${this.#index}`;
  }

  address(host: number): string {
    return `10.78.${this.#index}.${host}`;
  }

  /** This process's addresses; without a choice the first one is used. */
  get outside(): readonly string[] {
    return outsideHosts.map((host) => this.address(host));
  }

  /** Makes the namespace with all its addresses. */
  async create(): Promise<void> {
    const inside = `mfsc${this.#index}`;
    const outside = `mfsh${this.#index}`;
    const addresses = Array.from(
      { length: addressCount },
      (_, host) => `address add ${this.address(host + 1)}/24 dev ${inside}`,
    );
    await this.#ip(["netns", "add", this.name]);
    await this.#ip(["link", "add", outside, "type", "veth", "peer", "name", inside]);
    await this.#ip(["link", "set", inside, "netns", this.name]);
    for (const host of outsideHosts)
      await this.#ip(["address", "add", `${this.address(host)}/24`, "dev", outside]);
    await this.#ip(["link", "set", outside, "up"]);
    const batch = ["link set lo up", `link set ${inside} up`, ...addresses].join("\n");
    await this.#ip(["-netns", this.name, "-batch", "-"], `${batch}\n`);
  }

  /**
   * The argv that runs a program inside. Not `ip netns exec`, which gives the program a mount namespace of its
   * own: what is mounted inside must be seen here.
   */
  enter(argv: readonly string[]): [string, ...string[]] {
    return ["nsenter", `--net=/run/netns/${this.name}`, "--", ...argv];
  }

  /** Ends every process inside and removes the namespace. Works also on half a namespace, and on none. */
  remove(): void {
    if (!existsSync(`/run/netns/${this.name}`)) return;
    const end = performance.now() + endLimitMs;
    for (let left = this.#processes(); left.length > 0; left = this.#processes()) {
      if (performance.now() > end)
        throw new ClusterError(
          "timeout",
          `Cannot end the processes ${left.join(", ")} of '${this.name}': they are still there after ${endLimitMs} ms`,
        );
      for (const pid of left) killNow(pid);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, endPollMs);
    }
    execFileSync("ip", ["netns", "delete", this.name], { stdio: "pipe" });
    removeLink(`mfsh${this.#index}`);
  }

  #processes(): readonly number[] {
    const text = execFileSync("ip", ["netns", "pids", this.name], { encoding: "utf8" });
    return text.split("\n").filter(Boolean).map(Number);
  }

  async #ip(words: readonly string[], input = ""): Promise<void> {
    const answer = await run(["ip", ...words], { input });
    if (answer.code === 0) return;
    throw new ClusterError(
      "command",
      `Cannot run 'ip ${words.join(" ")}': it ended with ${answer.code}, expected 0\n${answer.stderr}`,
    );
  }
}

/** The pair's other end goes with the namespace, but not at once, and its name is needed again. */
function removeLink(name: string): void {
  if (!existsSync(`/sys/class/net/${name}`)) return;
  try {
    execFileSync("ip", ["link", "delete", name], { stdio: "pipe" });
  } catch (cause) {
    if (existsSync(`/sys/class/net/${name}`)) throw cause;
  }
}

function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself since it was listed.
  }
}
