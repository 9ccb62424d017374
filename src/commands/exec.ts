// `mfsctl exec`: one program on many hosts.

import { Flags } from "@oclif/core";
import { ClusterCommand } from "../cli/cluster-command.ts";
import { onEachHost, prefixed, type HostAnswer } from "../cli/each-host.ts";
import type { Outcome } from "../cli/output.ts";
import { nodeFlag, selectHosts } from "../cli/targets.ts";
import { exitCodes, MfsctlError } from "../errors.ts";

export default class Exec extends ClusterCommand<typeof Exec> {
  static override summary = "Run a program on hosts, each line with the host's name before it";
  static override description =
    "The words after -- are the program and its arguments, run as root and by no shell. It takes no lock and writes no journal. Ends with 4 when it failed somewhere.";
  static override examples = [
    "<%= config.bin %> exec -- uptime",
    "<%= config.bin %> exec --node 'cm*' -- df -h /data/d1",
    "<%= config.bin %> exec --node meta01 -- sh -c 'ls /home/work/local/mfs/var/mfs | wc -l'",
  ];
  static override strict = false;
  static override flags = {
    ...nodeFlag,
    "dry-run": Flags.boolean({ char: "n", description: "Print what would run where" }),
    timeout: Flags.integer({
      description: "Seconds that the program may take",
      default: 600,
      min: 1,
      max: 86_400,
    }),
  };

  protected override async execute(): Promise<Outcome> {
    const { inventory } = await this.loadInventory();
    const argv = wordsAfterDashes(this.argv);
    const names = selectHosts(inventory, this.flags.node);
    if (this.flags["dry-run"]) {
      const text = names.map((name) => `${name}: run ${argv.join(" ")}`).join("\n");
      return { result: { hosts: names, argv }, text };
    }
    const context = this.context(inventory);
    const answers = await onEachHost(context, names, async (host) => {
      const command = { argv, timeoutMs: this.flags.timeout * 1000 };
      return await host.exec(command, { signal: context.abort });
    });
    for (const answer of answers) for (const line of errorLines(answer)) this.note(line);
    const failed = answers.filter(({ output }) => output?.code !== 0).map(({ host }) => host);
    if (failed.length > 0) this.note(`Failed on ${failed.join(", ")}`);
    return {
      result: { argv, hosts: answers.map(plain) },
      text: answers
        .flatMap(({ host, output }) => prefixed(host, output?.stdout.toString("utf8") ?? ""))
        .join("\n"),
      exitCode: failed.length === 0 ? 0 : exitCodes.someHostsFailed,
    };
  }
}

function wordsAfterDashes(words: readonly string[]): [string, ...string[]] {
  const at = words.indexOf("--");
  const [program, ...rest] = at === -1 ? [] : words.slice(at + 1);
  if (program !== undefined) return [program, ...rest];
  throw new MfsctlError("usage", "Cannot run nothing: no program is named, expected -- PROGRAM", {
    hint: "mfsctl exec -- uptime",
  });
}

function errorLines({ host, output, error }: HostAnswer): readonly string[] {
  if (error !== undefined) return prefixed(host, error.message);
  const said = prefixed(host, output?.stderr.toString("utf8") ?? "");
  const code = output?.code ?? 0;
  return code === 0 ? said : [...said, `${host}: ended with ${code}`];
}

function plain({ host, output, error }: HostAnswer) {
  return {
    host,
    code: output?.code ?? null,
    stdout: output?.stdout.toString("utf8") ?? "",
    stderr: output?.stderr.toString("utf8") ?? "",
    error: error?.message ?? null,
  };
}
