// `mfsctl lock release`: takes the lock away from a run that will not come back.

import { Flags } from "@oclif/core";
import { ClusterCommand } from "../../cli/cluster-command.ts";
import type { Outcome } from "../../cli/output.ts";
import { MfsctlError } from "../../errors.ts";
import { metadataHosts } from "../../layout.ts";
import { breakLeases, readLeases, type HeldLease } from "../../runner/lock-state.ts";
import { recordRelease } from "../../runner/release-record.ts";
import { describeLease, lockRows } from "../../status/lock-text.ts";
import { table } from "../../status/text.ts";

/** Two heartbeats: whoever was heard later than this is at work. */
const heardSeconds = 20;

export default class LockRelease extends ClusterCommand<typeof LockRelease> {
  static override summary = "Take the cluster's lock away from a run that will not come back";
  static override description =
    "Rarely needed: a lock without a heartbeat for 60 seconds is free by itself. A run that is still heard is only cut off with --while-running; its next step is then refused. The reason is kept in the history.";
  static override examples = [
    '<%= config.bin %> lock release --reason "the runner vanished"',
    '<%= config.bin %> lock release --while-running --reason "hangs since noon"',
  ];
  static override flags = {
    reason: Flags.string({ description: "Why; kept in the history", required: true }),
    "while-running": Flags.boolean({
      description: "Also from a run whose heartbeat is still heard",
    }),
    "dry-run": Flags.boolean({ char: "n", description: "Show the lock and change nothing" }),
  };

  protected override async execute(): Promise<Outcome> {
    const { inventory, file } = await this.loadInventory();
    const names = metadataHosts(inventory);
    const context = this.context(inventory);
    const { leases, notAsked } = await readLeases(context, names);
    const heard = leases.find(({ ageSeconds }) => Math.abs(ageSeconds) < heardSeconds);
    if (heard !== undefined && !this.flags["while-running"]) throw stillRunning(heard);
    const rows = table(lockRows(names, leases, notAsked));
    if (this.flags["dry-run"] || leases.length === 0) {
      const last = leases.length === 0 ? "Nothing to release: the lock is free" : "Nothing changed";
      return { result: { released: [] }, text: [...rows, last].join("\n") };
    }
    const broken = await breakLeases(
      context,
      leases.map(({ host }) => host),
    );
    const released = broken.leases.map(({ host }) => host);
    const { runId } = await recordRelease(context, {
      intent: this.intent(inventory, file),
      reason: this.flags.reason,
      released: broken.leases,
    });
    return {
      result: { released, reason: this.flags.reason },
      text: [...rows, `Released on ${released.join(", ")}`, "Next: mfsctl history"].join("\n"),
      runId,
    };
  }
}

function stillRunning(lease: HeldLease): MfsctlError {
  return new MfsctlError(
    "refused",
    `Cannot release the lock: ${describeLease(lease)} is at work, expected a run that is gone`,
    {
      host: lease.host,
      hint: "wait a minute, or: mfsctl lock release --while-running --reason TEXT",
    },
  );
}
