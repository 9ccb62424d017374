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
import type { Outcome } from "./output.ts";
import { planText, recapText } from "./run-text.ts";

/** `-n`, the same in every command that changes hosts. */
export const dryRunFlag = {
  "dry-run": Flags.boolean({
    char: "n",
    description: "Print the very actions and change nothing",
  }),
};

export abstract class ServiceCommand<T extends typeof Command> extends ClusterCommand<T> {
  /** Hosts that need not answer: those where nothing was chosen. */
  protected notConcerned(selection: Selection): (world: World) => ReadonlySet<string> {
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
