// `mfsctl host trust`: records a server's key, once a person has compared its fingerprint.

import { Args, Flags } from "@oclif/core";
import { askYes } from "../../cli/ask.ts";
import { ClusterCommand } from "../../cli/cluster-command.ts";
import type { Outcome } from "../../cli/output.ts";
import { MfsctlError } from "../../errors.ts";
import { trustKey } from "../../host/trust.ts";

export default class HostTrust extends ClusterCommand<typeof HostTrust> {
  static override summary = "Record the SSH key of a host, after its fingerprint was compared";
  static override description =
    "Shows the key that the host has at this moment. It is written to the known_hosts file that the inventory names (else your own) when you say yes, or when --fingerprint is the same. A key that stood there before is replaced: do that only when the host was installed anew.";
  static override examples = [
    "<%= config.bin %> host trust cm03",
    "<%= config.bin %> host trust cm03 --fingerprint SHA256:uNiVztksCsDhcc0u9e8BrjSwOC4k5D5o8Tzqm6oAbcM",
  ];
  static override args = {
    name: Args.string({ description: "The host's name in the inventory", required: true }),
  };
  static override flags = {
    fingerprint: Flags.string({
      description: "Trust the key if this is its fingerprint, without a question",
    }),
    "dry-run": Flags.boolean({ char: "n", description: "Show the key and write nothing" }),
  };

  protected override async execute(): Promise<Outcome> {
    const { inventory } = await this.loadInventory();
    const { name } = this.args;
    if (inventory.hosts[name]?.connection === "local") {
      throw new MfsctlError(
        "usage",
        `Cannot trust "${name}": it is this machine, expected a host behind SSH`,
        { hint: "mfsctl validate shows the hosts" },
      );
    }
    const key = await this.hosts(inventory).scanHostKey(name);
    const seen = `${name} (${key.knownName}) shows ${key.type} ${key.fingerprint}`;
    const result = {
      host: name,
      type: key.type,
      fingerprint: key.fingerprint,
      file: key.file ?? null,
    };
    const { fingerprint } = this.flags;
    if (fingerprint !== undefined && fingerprint !== key.fingerprint) {
      throw new MfsctlError(
        "hostKey",
        `Cannot trust "${name}": it shows ${key.fingerprint}, expected ${fingerprint}`,
        {
          host: name,
          hint: "compare with the host's console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
        },
      );
    }
    if (key.verdict === "revoked") {
      throw new MfsctlError(
        "hostKey",
        `Cannot trust "${name}": its key ${key.fingerprint} is revoked`,
        {
          host: name,
          hint: `give ${name} a new key, then: mfsctl host trust ${name}`,
        },
      );
    }
    if (key.verdict === "trusted") {
      return { result: { ...result, written: false }, text: `${seen}\nAlready trusted` };
    }
    if (this.flags["dry-run"]) return { result: { ...result, written: false }, text: seen };
    this.note(seen);
    if (key.verdict !== "unknown") this.note(`Another key stands for ${key.knownName} until now`);
    const yes = fingerprint !== undefined || (await askYes("Trust it?", !this.flags["no-input"]));
    this.refuseWithout(
      yes,
      `the key of "${name}" was not confirmed`,
      `compare it with the host's console, then: mfsctl host trust ${name} --fingerprint ${key.fingerprint}`,
    );
    const { file } = await trustKey(name, key);
    return {
      result: { ...result, written: true },
      text: `Recorded in ${file}\nNext: mfsctl check --node ${name}`,
    };
  }
}
