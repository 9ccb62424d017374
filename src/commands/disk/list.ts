// `mfsctl disk list`: every disk of every chunkserver, as file, inventory and chunkserver know it.

import { Args } from "@oclif/core";
import { DiskCommand } from "../../cli/removal-command.ts";
import { chunkserverHost } from "../../cli/disk-target.ts";
import { diskTable } from "../../cli/disk-text.ts";
import type { Outcome } from "../../cli/output.ts";
import { exitCodes } from "../../errors.ts";
import { diskRows } from "../../phases/disk/report.ts";
import { chunkserverHosts } from "../../phases/disk/servers.ts";
import { lookAtDisks } from "../../runbooks/disk-wait.ts";

export default class DiskList extends DiskCommand<typeof DiskList> {
  static override summary = "List the disks of chunkservers";
  static override description =
    "Asks each chunkserver for its disks and joins them with mfshdd.cfg and the inventory: in use, marked for removal, damaged, scanning, chunks, space, last error.";
  static override examples = [
    "<%= config.bin %> disk list",
    "<%= config.bin %> disk list cm03",
    "<%= config.bin %> disk list --json",
  ];
  static override args = { host: Args.string({ description: "Only this chunkserver's host" }) };

  protected override async execute(): Promise<Outcome> {
    const { inventory } = await this.loadInventory();
    const { host } = this.args;
    const hosts =
      host === undefined ? chunkserverHosts(inventory) : [chunkserverHost(inventory, host)];
    const world = await lookAtDisks(this.diskContext(inventory));
    const disks = diskRows(world, hosts);
    const silent = hosts.filter((name) => world.disks?.has(name) !== true);
    return {
      result: { disks, silent },
      text: diskTable(disks),
      ...(silent.length > 0 ? { exitCode: exitCodes.someHostsFailed } : {}),
    };
  }
}
