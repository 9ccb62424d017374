// The base of commands that drive services of chosen hosts: the same flags, the same look, the same recap.

import { Flags, type Command } from "@oclif/core";
import { lookAtMounts } from "../facts/mounts.ts";
import type { World } from "../facts/world.ts";
import type { MountTarget } from "../phases/client/situation.ts";
import { chosenServices, servicesOf, type Selection } from "../phases/services/selection.ts";
import type { ChosenMounts } from "../runbooks/services.ts";
import type { Runbook } from "../runner/phase.ts";
import { checkGatesAhead, observe, planAll, type RunContext } from "../runner/plan.ts";
import { runRunbook, type RunRequest } from "../runner/run.ts";
import { ClusterCommand } from "./cluster-command.ts";
import { mountTargets } from "./mount-targets.ts";
import type { Outcome } from "./output.ts";
import { planText, recapText } from "./run-text.ts";
import { selectHosts, selectionOf } from "./targets.ts";

/** `-n`, the same in every command that changes hosts. */
export const dryRunFlag = {
  "dry-run": Flags.boolean({
    char: "n",
    description: "Print the very actions and change nothing",
  }),
};

/** What a command on services chose; looking at the mounts costs a call to each of their hosts. */
interface ChosenServices {
  readonly selection: Selection;
  readonly look: () => Promise<{ readonly world: World; readonly mounts: ChosenMounts }>;
}

export abstract class ServiceCommand<T extends typeof Command> extends ClusterCommand<T> {
  private get chosen() {
    return this.flags as unknown as {
      role?: readonly string[];
      node: readonly string[];
      "dry-run": boolean;
    };
  }

  /** The whole of a command on the services that `-R` and `-N` choose. */
  protected async onServices(
    make: (chosen: ChosenServices) => Promise<Pick<RunRequest, "runbook" | "needs">>,
  ): Promise<Outcome> {
    const { inventory, file } = await this.loadInventory();
    const selection = selectionOf(inventory, this.chosen);
    const context = { ...this.context(inventory), goalsOf: [] };
    const tolerates = this.#notConcerned(selection);
    const look = async () => {
      const world = await observe(context, tolerates);
      const mounts = await this.mountsOf(world, this.chosenMounts(world, selection), context);
      return { world, mounts };
    };
    const request = {
      ...(await make({ selection, look })),
      intent: this.intent(inventory, file),
      tolerates,
      dryRun: this.chosen["dry-run"],
    };
    return await this.carryOut(request, context);
  }

  /** The whole of a command on the mounts that a word and `-N` choose. */
  protected async onMounts(
    word: string | undefined,
    make: (mounts: ChosenMounts) => Runbook,
  ): Promise<Outcome> {
    const { inventory, file } = await this.loadInventory();
    const targets = mountTargets(inventory, word, selectHosts(inventory, this.chosen.node));
    const context = { ...this.context(inventory), goalsOf: [] };
    const tolerates = this.#notConcerned({
      hosts: new Set(targets.map(({ host }) => host)),
      roles: new Set(["client"]),
    });
    const mounts = await this.mountsOf(await observe(context, tolerates), targets, context);
    const request = {
      runbook: make(mounts),
      intent: this.intent(inventory, file),
      tolerates,
      dryRun: this.chosen["dry-run"],
    };
    return await this.carryOut(request, context);
  }

  /** Hosts that need not answer: those where nothing was chosen. */
  #notConcerned(selection: Selection): (world: World) => ReadonlySet<string> {
    return (world) =>
      new Set(
        Object.keys(world.inventory.hosts).filter(
          (host) =>
            !selection.hosts.has(host) ||
            !servicesOf(world, host).some(
              ({ role }) => selection.roles === undefined || selection.roles.has(role),
            ),
        ),
      );
  }

  /** The chosen mounts, looked at: whether they answer and who uses them. */
  protected async mountsOf(
    world: World,
    targets: readonly MountTarget[],
    context: RunContext,
  ): Promise<ChosenMounts> {
    const reachable = targets.filter(({ host }) => world.facts.has(host));
    const byHost = Map.groupBy(reachable, ({ host }) => host);
    const wanted = new Map(
      [...byHost].map(([host, own]) => [host, own.map(({ path }) => path)] as const),
    );
    const looks = await lookAtMounts(context.hosts, world.facts, wanted, {
      signal: context.abort,
    });
    return { targets, looks };
  }

  /** The mounts of a selection. */
  protected chosenMounts(world: World, selection: Selection): readonly MountTarget[] {
    return chosenServices(world, selection, "client").map(({ host, mountPath }) => ({
      host,
      path: mountPath ?? "",
    }));
  }

  /** Plans only, or runs: the end of every command of this kind. */
  protected async carryOut(
    request: RunRequest & { readonly dryRun: boolean; readonly runbook: Runbook },
    context: RunContext,
  ): Promise<Outcome> {
    if (request.dryRun) {
      const world = await observe(context, request.tolerates);
      checkGatesAhead(request.runbook.phases, world);
      const steps = planAll(request.runbook, world);
      return { result: { steps }, text: planText(steps) };
    }
    const report = await runRunbook(request, context);
    return {
      result: { changes: report.changes },
      text: recapText(report, "mfsctl status"),
      nodes: report.nodes,
      ...(report.runId === null ? {} : { runId: report.runId }),
    };
  }
}
