// `mfsctl client umount`: takes mounts away, never under anybody's feet.

import { Flags } from "@oclif/core";
import { mountArgs } from "../../cli/mount-targets.ts";
import type { Outcome } from "../../cli/output.ts";
import { dryRunFlag, ServiceCommand } from "../../cli/service-command.ts";
import { nodeFlag } from "../../cli/targets.ts";
import { umountClients } from "../../runbooks/client.ts";

export default class ClientUmount extends ServiceCommand<typeof ClientUmount> {
  static override summary = "Unmount the cluster on clients; a busy mount shows who uses it";
  static override description =
    "A busy mount is left alone and its users are named (exit code 7). --lazy takes it out of the tree at once; who has files open keeps them until the end. Units stay enabled, so a boot mounts again.";
  static override examples = [
    "<%= config.bin %> client umount cm01:/home/work/share",
    "<%= config.bin %> client umount cm01 --lazy",
  ];
  static override args = mountArgs;
  static override flags = {
    ...nodeFlag,
    ...dryRunFlag,
    lazy: Flags.boolean({
      description: "Unmount although somebody uses it; open files work on until they are closed",
    }),
  };

  protected override execute(): Promise<Outcome> {
    return this.onMounts(this.args.target, ({ targets, looks }) =>
      umountClients(targets, { looks, lazy: this.flags.lazy }),
    );
  }
}
