// `mfsctl logs`: what the daemons and mounts said, from all hosts, in the order of time.

import { Flags } from "@oclif/core";
import { ClusterCommand } from "../cli/cluster-command.ts";
import { onEachHost } from "../cli/each-host.ts";
import type { Outcome } from "../cli/output.ts";
import { selectionOf, targetFlags } from "../cli/targets.ts";
import { exitCodes, MfsctlError } from "../errors.ts";
import { unitLogs } from "../shell/journalctl.ts";
import { loggedUnits, mergeLogs } from "../status/logs.ts";

export default class Logs extends ClusterCommand<typeof Logs> {
  static override summary =
    "Show what daemons and mounts logged, from all hosts in the order of time";
  static override description =
    "Reads each host's journal for the units that mfsctl made. Times are UTC. Ends with 4 when some host could not be asked.";
  static override examples = [
    "<%= config.bin %> logs --role master --lines 200",
    "<%= config.bin %> logs --node cm03 --since '10 min ago'",
  ];
  static override flags = {
    ...targetFlags,
    lines: Flags.integer({
      description: "The newest lines of each host",
      default: 50,
      min: 1,
      max: 100_000,
    }),
    since: Flags.string({ description: "Not older than this, as journalctl reads it" }),
  };

  protected override async execute(): Promise<Outcome> {
    const { inventory } = await this.loadInventory();
    const { hosts, roles } = selectionOf(inventory, this.flags);
    const units = new Map(
      [...hosts]
        .map((name) => [name, loggedUnits(inventory, name, roles)] as const)
        .filter(([, found]) => found.length > 0),
    );
    if (units.size === 0) {
      throw new MfsctlError(
        "usage",
        "Cannot show logs: no chosen host has such a role, expected one that has",
        { hint: "mfsctl status shows the roles" },
      );
    }
    const context = this.context(inventory);
    const { lines, since } = this.flags;
    const answers = await onEachHost(context, [...units.keys()], async (host) =>
      host.exec(unitLogs({ units: units.get(host.name) ?? [], lines, since }), {
        signal: context.abort,
      }),
    );
    const failed = answers.filter(({ output }) => output?.code !== 0);
    for (const { host, output, error } of failed) {
      this.note(`${host}: ${error?.message ?? output?.stderr.toString("utf8").trim() ?? ""}`);
    }
    const merged = mergeLogs(
      new Map(answers.map(({ host, output }) => [host, output?.stdout.toString("utf8") ?? ""])),
    );
    const width = Math.max(...merged.map(({ host }) => host.length), 0);
    return {
      result: { lines: merged, failed: failed.map(({ host }) => host) },
      text: merged.map(({ host, text }) => `${host.padEnd(width)}  ${text}`).join("\n"),
      exitCode: failed.length === 0 ? 0 : exitCodes.someHostsFailed,
    };
  }
}
