// `mfsctl client mount`: mounts what the inventory names.

import { Flags } from "@oclif/core";
import { mountArgs } from "../../cli/mount-targets.ts";
import type { Outcome } from "../../cli/output.ts";
import { dryRunFlag, ServiceCommand } from "../../cli/service-command.ts";
import { nodeFlag } from "../../cli/targets.ts";
import { mountClients } from "../../runbooks/client.ts";

export default class ClientMount extends ServiceCommand<typeof ClientMount> {
  static override summary = "Mount the cluster on clients, and repair mounts that are broken";
  static override description =
    'Makes the mount point, starts the mount\'s unit and waits until the master sees it. A mount that answers "Transport endpoint is not connected", or one made by hand that is in the way ("already mounted"), is taken away first; one that somebody uses only with --lazy.';
  static override examples = [
    "<%= config.bin %> client mount cm01:/home/work/share",
    "<%= config.bin %> client mount --node 'web*'",
  ];
  static override args = mountArgs;
  static override flags = {
    ...nodeFlag,
    ...dryRunFlag,
    lazy: Flags.boolean({
      description: "Take away a mount made by hand although somebody uses it",
    }),
  };

  protected override execute(): Promise<Outcome> {
    return this.onMounts(this.args.target, ({ targets, looks }) =>
      mountClients(targets, { looks, lazy: this.flags.lazy }),
    );
  }
}
