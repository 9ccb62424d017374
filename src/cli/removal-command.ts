// What `disk remove` and `node remove` share: mark, wait without a lock, finalize, each as far as the flags ask.

import { Flags, type Command } from "@oclif/core";
import type { Inventory } from "../inventory/schema.ts";
import { removalReport, type RemovalReport } from "../phases/disk/report.ts";
import type { DiskTarget } from "../phases/disk/servers.ts";
import { diskContext, everyHost, lookAtDisks, waitUntilSafe } from "../runbooks/disk-wait.ts";
import type { World } from "../facts/world.ts";
import type { Runbook } from "../runner/phase.ts";
import { checkGatesAhead, planAll, type RunContext } from "../runner/plan.ts";
import { runRunbook, type RunReport } from "../runner/run.ts";
import { ClusterCommand } from "./cluster-command.ts";
import { removalLine } from "./disk-text.ts";
import { durationSeconds, withDefaultValue } from "./duration.ts";
import type { Outcome } from "./output.ts";
import { planText } from "./run-text.ts";

const forever = "forever";

/** Flags of removals. */
export const removalFlags = {
  wait: Flags.string({
    description:
      "Wait until it is safe, without a lock; --wait=2h gives up after that time with exit code 8",
    helpValue: "[=TIME]",
  }),
  finalize: Flags.boolean({
    description: "Take out what is safe: refused with exit code 7 before every copy is elsewhere",
  }),
  "dry-run": Flags.boolean({
    char: "n",
    description: "Print the very actions and change nothing",
  }),
};

/** The two run-books of a removal. */
export interface Removal {
  readonly target: DiskTarget;
  readonly begin: Runbook;
  readonly finish: Runbook;
  /** Hosts without which neither can do anything; the others need not answer. */
  readonly beginNeeds: readonly string[];
  readonly finishNeeds: readonly string[];
}

/** The base of commands that act on disks. */
export abstract class DiskCommand<T extends typeof Command> extends ClusterCommand<T> {
  #context: RunContext | undefined;

  protected diskContext(inventory: Inventory): RunContext {
    this.#context ??= diskContext(this.context(inventory));
    return this.#context;
  }

  /** Runs a run-book, or prints its plan; hosts that are not concerned need not answer. */
  protected async change(
    runbook: Runbook,
    request: {
      readonly context: RunContext;
      readonly inventory: Inventory;
      readonly file: string;
      readonly needs: readonly string[];
    },
  ): Promise<RunReport> {
    const { context, inventory, file, needs } = request;
    return await runRunbook(
      { runbook, intent: this.intent(inventory, file), tolerates: allBut(needs) },
      context,
    );
  }

  /** The plan of a run-book as an outcome. */
  protected async plan(runbook: Runbook, context: RunContext): Promise<Outcome> {
    const world = await lookAtDisks(context);
    checkGatesAhead(runbook.phases, world);
    const steps = planAll(runbook, world);
    return { result: { steps }, text: planText(steps) };
  }
}

/** What an outcome tells of the run, when there was one. */
export function runOf(report: RunReport | undefined): Pick<Outcome, "nodes" | "runId"> {
  if (report === undefined) return {};
  return {
    nodes: report.nodes,
    ...(report.runId === null ? {} : { runId: report.runId }),
  };
}

/** Tolerates every unreachable host but the needed ones. */
function allBut(needs: readonly string[]): (world: World) => ReadonlySet<string> {
  return (world) => new Set([...everyHost(world)].filter((host) => !needs.includes(host)));
}

/** The base of commands that remove. */
export abstract class RemovalCommand<T extends typeof Command> extends DiskCommand<T> {
  override async run(): Promise<void> {
    this.argv = withDefaultValue(this.argv, "--wait", forever);
    await super.run();
  }

  private get asked() {
    return this.flags as unknown as { wait?: string; finalize?: boolean; "dry-run"?: boolean };
  }

  /** Goes as far as the flags ask. */
  protected async remove(
    removal: Removal,
    run: { readonly inventory: Inventory; readonly file: string; readonly again: string },
  ): Promise<{
    outcome: Outcome | undefined;
    report: RunReport | undefined;
    removal: RemovalReport;
  }> {
    const { wait, finalize = false, "dry-run": dryRun = false } = this.asked;
    const seconds =
      wait === undefined || wait === forever ? undefined : durationSeconds(wait, "--wait");
    const context = this.diskContext(run.inventory);
    const request = { ...run, context };
    const begins = !finalize || wait !== undefined;
    let report: RunReport | undefined;
    if (dryRun) {
      const outcome = await this.plan(begins ? removal.begin : removal.finish, context);
      return { outcome, report, removal: await this.#look(removal.target, context) };
    }
    if (begins)
      report = await this.change(removal.begin, { ...request, needs: removal.beginNeeds });
    if (wait !== undefined) {
      await waitUntilSafe(
        {
          target: removal.target,
          seconds,
          onProgress: (each) => this.note(removalLine(each)),
          again: `${run.again} --wait`,
        },
        context,
      );
    }
    if (finalize)
      report = await this.change(removal.finish, { ...request, needs: removal.finishNeeds });
    return { outcome: undefined, report, removal: await this.#look(removal.target, context) };
  }

  async #look(target: DiskTarget, context: RunContext): Promise<RemovalReport> {
    return removalReport(await lookAtDisks(context), target, context.now());
  }
}
