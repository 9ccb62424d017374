// Makes another metadata host the master, or recovers the present one where it stands.

import { createInterface } from "node:readline/promises";
import { Flags } from "@oclif/core";
import { ClusterCommand } from "../cli/cluster-command.ts";
import type { Outcome } from "../cli/output.ts";
import { planText, recapText } from "../cli/run-text.ts";
import { MfsctlError } from "../errors.ts";
import type { World } from "../facts/world.ts";
import { quote } from "../host/quote.ts";
import type { Inventory } from "../inventory/schema.ts";
import { metadataHosts } from "../layout.ts";
import { FailoverWatch } from "../cli/failover-watch.ts";
import type { FailoverOptions } from "../phases/failover/stage.ts";
import { failover } from "../runbooks/failover.ts";
import { checkGatesAhead, observe, planAll, type RunContext } from "../runner/plan.ts";
import { runRunbook } from "../runner/run.ts";

export default class Failover extends ClusterCommand<typeof Failover> {
  static override summary = "Make another metadata host the master, or recover the present one";
  static override description = `Fences the old master, chooses the metadata that know most, restores them on the target, starts it and brings everybody back.
It says what would be lost and refuses to lose anything that you did not accept. --to the present master recovers it in place.`;
  static override examples = [
    "<%= config.bin %> failover --to meta02 --dry-run",
    "<%= config.bin %> failover --to meta02 --planned",
    '<%= config.bin %> failover --to meta02 --i-fenced-it "pulled its power" --accept-loss unknown',
  ];
  static override flags = {
    to: Flags.string({ description: "The host that becomes the master", required: true }),
    planned: Flags.boolean({
      description: "The present master is healthy: stop it, take its stored image, lose nothing",
    }),
    "dry-run": Flags.boolean({
      char: "n",
      description: "Print what each host holds, what would be lost and the very actions",
    }),
    "accept-loss": Flags.string({
      description: 'Accept that so many changes are lost, or "unknown"',
      helpValue: "N|unknown",
    }),
    "i-fenced-it": Flags.string({
      description:
        "The old master cannot be reached and is off; why you know goes into the journal",
      helpValue: "REASON",
    }),
    yes: Flags.boolean({ char: "y", description: "Do not ask" }),
  };

  protected override async execute(): Promise<Outcome> {
    const enteredAtMs = performance.timeOrigin;
    const { inventory, file } = await this.loadInventory();
    const options = this.#options(inventory);
    const runbook = failover(options);
    const context: RunContext = { ...this.context(inventory), metadata: true };
    const watch = new FailoverWatch({ options, enteredAtMs, now: context.now });
    const tolerates = (world: World): ReadonlySet<string> => {
      const table = watch.look(world);
      if (table !== undefined && !this.json) this.note(table);
      return tolerated(world, options);
    };
    try {
      if (this.flags["dry-run"]) {
        const world = await observe(context, tolerates);
        checkGatesAhead(runbook.phases, world);
        const steps = planAll(runbook, world);
        return { result: { ...watch.result(world), steps }, text: planText(steps) };
      }
      const report = await runRunbook(
        {
          runbook,
          intent: this.intent(inventory, file),
          needs: { target: options.target },
          tolerates,
          watcher: watch,
          beforeChanges: (world) => this.#confirm(world, options),
        },
        context,
      );
      return {
        result: watch.result(report.world),
        text: watch.recap(recapText(report, "mfsctl status"), report.world),
        exitCode: watch.missingChunks(report.world) > 0 ? 3 : 0,
        nodes: report.nodes,
        ...(report.runId === null ? {} : { runId: report.runId }),
      };
    } catch (error) {
      throw this.json ? watch.explain(error) : error;
    }
  }

  #options(inventory: Inventory): FailoverOptions {
    const { to: target, planned, "accept-loss": accept, "i-fenced-it": reason } = this.flags;
    const known = metadataHosts(inventory);
    if (!known.includes(target)) {
      throw new MfsctlError(
        "usage",
        `Cannot fail over to "${target}": it is no metadata host, expected one of ${known.join(", ")}`,
        { hint: `mfsctl failover --to ${known.at(-1) ?? "HOST"} --dry-run` },
      );
    }
    if (reason?.trim() === "") {
      throw new MfsctlError(
        "usage",
        "Cannot take --i-fenced-it without a reason: it is empty, expected how you know that the host is off",
        { hint: 'add --i-fenced-it "pulled its power"' },
      );
    }
    return {
      target,
      planned,
      acceptLoss: acceptedLoss(accept),
      fencedBecause: reason,
      retype: (added) => this.#retype(added),
    };
  }

  /** The command as typed, with more words and without the ones that must not be typed twice. */
  #retype(added: string): string {
    const { to, planned, "i-fenced-it": reason, "accept-loss": accept, inventory } = this.flags;
    const words = ["mfsctl failover", `--to ${to}`];
    if (planned) words.push("--planned");
    if (inventory !== "./inventory.yaml") words.push(`-i ${quote(inventory)}`);
    if (reason !== undefined && !added.includes("--i-fenced-it")) {
      words.push(`--i-fenced-it ${quote(reason)}`);
    }
    if (accept !== undefined && !added.includes("--accept-loss")) {
      words.push(`--accept-loss ${accept}`);
    }
    return [...words, ...(added === "" ? [] : [added])].join(" ");
  }

  async #confirm(world: World, { target }: FailoverOptions): Promise<void> {
    if (this.flags.yes) return;
    const what = `make "${target}" the master of "${world.inventory.cluster}" (now "${world.mastership.host}")`;
    if (this.flags["no-input"]) {
      throw new MfsctlError("declined", `Declined: ${what}`, { hint: this.#retype("-y") });
    }
    if (this.json || !process.stdin.isTTY || process.env["CI"] !== undefined) return;
    const ask = createInterface({ input: process.stdin, output: process.stderr });
    try {
      const answer = await ask.question(`${what}? [y/N] `);
      if (/^y(es)?$/i.test(answer.trim())) return;
    } finally {
      ask.close();
    }
    throw new MfsctlError("declined", `Declined: ${what}`, { hint: this.#retype("-y") });
  }
}

function acceptedLoss(text: string | undefined): FailoverOptions["acceptLoss"] {
  if (text === undefined || text === "unknown") return text;
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw new MfsctlError(
    "usage",
    `Cannot accept a loss of "${text}": it is no number, expected a number of changes or "unknown"`,
    { hint: "add --accept-loss 0 or --accept-loss unknown" },
  );
}

/** An outage may take any host but the target along; a planned hand-over begins from a whole cluster. */
function tolerated(world: World, { target, planned }: FailoverOptions): ReadonlySet<string> {
  if (planned) return new Set([world.mastership.host].filter((host) => host !== target));
  return new Set(Object.keys(world.inventory.hosts).filter((host) => host !== target));
}
