// `mfsctl lock status`: who holds the cluster's lock.

import { ClusterCommand } from "../../cli/cluster-command.ts";
import type { Outcome } from "../../cli/output.ts";
import { metadataHosts } from "../../layout.ts";
import { readLeases } from "../../runner/lock-state.ts";
import { lockRows } from "../../status/lock-text.ts";
import { table } from "../../status/text.ts";

export default class LockStatus extends ClusterCommand<typeof LockStatus> {
  static override summary = "Show who holds the cluster's lock, on each metadata host";
  static override description =
    "A lock without a heartbeat for 60 seconds is free: the next command takes it by itself.";
  static override examples = [
    "<%= config.bin %> lock status",
    "<%= config.bin %> lock status --json",
  ];

  protected override async execute(): Promise<Outcome> {
    const { inventory } = await this.loadInventory();
    const names = metadataHosts(inventory);
    const { leases, notAsked } = await readLeases(this.context(inventory), names);
    const alive = leases.some(({ isAlive }) => isAlive);
    const last = alive
      ? "Locked\nNext: wait for it with --lock-wait SECONDS"
      : leases.length > 0
        ? "Left behind: the next command takes the lock"
        : notAsked.size === names.length
          ? "Unknown: no metadata host could be asked"
          : "Free";
    return {
      result: {
        locked: alive,
        leases,
        notAsked: Object.fromEntries(notAsked),
      },
      text: [...table(lockRows(names, leases, notAsked)), last].join("\n"),
    };
  }
}
