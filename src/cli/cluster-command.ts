// The base of commands that talk to hosts: the flags they share, the inventory, the hosts, and the run context.

import { hostname, uptime, userInfo } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Flags, type Command } from "@oclif/core";
import { MfsctlError } from "../errors.ts";
import { wrapFenced } from "../host/fenced-hosts.ts";
import type { Hosts } from "../host/host.ts";
import { createHosts, type SshHosts } from "../host/pool.ts";
import { daemonLineChecks } from "../inventory/daemon-lines.ts";
import { loadInventory } from "../inventory/load.ts";
import type { Inventory } from "../inventory/schema.ts";
import { wantedGoals } from "../phases/deploy/start.ts";
import { journalFolder, type Intent } from "../runner/journal.ts";
import type { RunContext } from "../runner/plan.ts";
import { createView, type ViewKind } from "../runner/view.ts";
import { BaseCommand } from "./base-command.ts";
import { hostEntries } from "./host-entries.ts";
import { interrupts } from "./interrupts.ts";

export abstract class ClusterCommand<T extends typeof Command> extends BaseCommand<T> {
  static override baseFlags = {
    ...BaseCommand.baseFlags,
    concurrency: Flags.integer({
      description: "How many hosts are worked on at once",
      default: 8,
      min: 1,
      max: 64,
      helpGroup: "GLOBAL",
    }),
    "ssh-timeout": Flags.integer({
      description: "Seconds that a login may take",
      default: 15,
      min: 1,
      max: 600,
      helpGroup: "GLOBAL",
    }),
    "lock-wait": Flags.integer({
      description: "Seconds to wait for another mfsctl that holds the cluster's lock",
      default: 0,
      min: 0,
      max: 86_400,
      helpGroup: "GLOBAL",
    }),
  };

  #hosts: SshHosts | undefined;
  #stopListening: (() => void) | undefined;

  private get common() {
    return this.flags as unknown as {
      inventory: string;
      concurrency: number;
      "ssh-timeout": number;
      "lock-wait": number;
      quiet?: boolean;
      verbose?: boolean;
    };
  }

  /** The inventory of `-i`, or of an argument that names a file. */
  protected async loadInventory(file?: string): Promise<{ inventory: Inventory; file: string }> {
    const name = file ?? this.common.inventory;
    return { inventory: await loadInventory(name, daemonLineChecks), file: path.resolve(name) };
  }

  /** The hosts of an inventory; closed when the command ends. */
  protected hosts(inventory: Inventory): SshHosts {
    this.#hosts ??= createHosts({
      entries: hostEntries(inventory),
      timeoutMs: this.common["ssh-timeout"] * 1000,
    });
    return this.#hosts;
  }

  /** What the runner needs; signals are listened to from here on. */
  protected context(inventory: Inventory): RunContext {
    const hosts = this.hosts(inventory);
    const { stopping, abort, end } = interrupts((line) => this.note(line));
    this.#stopListening = end;
    return {
      inventory,
      hosts,
      fenced: (token: number): Hosts => wrapFenced(hosts, token),
      journalFolder: journalFolder(inventory.cluster, process.env),
      now: Date.now,
      // It goes on while this machine sleeps, as a lease's age does; performance.now() stands still.
      elapsed: () => uptime() * 1000,
      random: Math.random,
      sleep: async (ms, signal) => {
        await sleep(ms, undefined, { signal });
      },
      view: createView(this.#viewKind()),
      trace: (line) => {
        if (this.common.verbose === true) process.stderr.write(`${line}\n`);
      },
      stopping,
      abort,
      concurrency: this.common.concurrency,
      lockWaitSeconds: this.common["lock-wait"],
      goalsOf: wantedGoals(inventory).map((wanted) => wanted.subfolder),
    };
  }

  #viewKind(): ViewKind {
    if (this.common.quiet === true) return "silent";
    const plain = this.json || this.flags.output === "plain" || process.env["CI"] !== undefined;
    return process.stderr.isTTY && !plain ? "tree" : "lines";
  }

  /** What the journal keeps of this command, so that `resume` can repeat it. */
  protected intent(inventory: Inventory, file: string): Intent {
    return {
      command: this.id ?? "",
      argv: this.argv,
      inventory: file,
      cluster: inventory.cluster,
      startedBy: `${userInfo().username}@${hostname()}`,
    };
  }

  /** Asks a yes-or-no question; declines where nobody can answer. */
  protected refuseWithout(confirmed: boolean, what: string, hint: string): void {
    if (!confirmed) throw new MfsctlError("declined", `Declined: ${what}`, { hint });
  }

  override async finally(error: Error | undefined): Promise<void> {
    this.#stopListening?.();
    await this.#hosts?.close();
    await super.finally(error);
  }
}
