// The base of every command: common flags, the single way out, and signals.
// A command gives its flags and implements `execute()`, which returns an `Outcome` (src/cli/output.ts); it never prints
// to stdout and never exits. Progress and notes go to stderr by `this.note()`.
//
//   export default class Validate extends BaseCommand<typeof Validate> {
//     static override summary = "Check the inventory without touching a host";
//     static override examples = ["<%= config.bin %> validate inventory.yaml"];
//     static override args = { file: Args.string({ description: "Inventory file" }) };
//     protected async execute(): Promise<Outcome> { this.args.file; this.flags.inventory; return { result, text }; }
//   }

import { Command, Flags, type Interfaces } from "@oclif/core";
import { printOutcome, type Outcome } from "./output.ts";

type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<
  (typeof BaseCommand)["baseFlags"] & T["flags"]
>;
type ArgsOf<T extends typeof Command> = Interfaces.InferredArgs<T["args"]>;

export abstract class BaseCommand<T extends typeof Command> extends Command {
  static override baseFlags = {
    inventory: Flags.string({
      char: "i",
      description: "Inventory file",
      env: "MFSCTL_INVENTORY",
      default: "./inventory.yaml",
      helpGroup: "GLOBAL",
    }),
    json: Flags.boolean({
      description: "Print exactly one JSON document on stdout, on success and failure",
      helpGroup: "GLOBAL",
    }),
    output: Flags.option({
      options: ["human", "plain", "json"] as const,
      description: "Form of the output; plain prints one line a step, json is --json",
      helpGroup: "GLOBAL",
    })(),
    quiet: Flags.boolean({ char: "q", description: "Print the result only", helpGroup: "GLOBAL" }),
    verbose: Flags.boolean({
      char: "v",
      description: "Print every command that runs on a host",
      helpGroup: "GLOBAL",
    }),
    "no-input": Flags.boolean({
      description: "Never ask a question; what would be asked is declined",
      helpGroup: "GLOBAL",
    }),
  };

  protected flags!: FlagsOf<T>;
  protected args!: ArgsOf<T>;

  /**
   * Does the work. Throws `MfsctlError` for everything a user can act on. Undefined: another command has answered in its
   * place, and what it printed is all.
   */
  protected abstract execute(): Promise<Outcome | undefined>;

  /** True when stdout must hold exactly one JSON document. */
  protected get json(): boolean {
    return this.flags.json || this.flags.output === "json";
  }

  /** One line for people, on stderr; silent under --quiet. */
  protected note(line: string): void {
    if (!this.flags.quiet) process.stderr.write(`${line}\n`);
  }

  override async run(): Promise<void> {
    const { flags, args } = await this.parse();
    this.flags = flags as FlagsOf<T>;
    this.args = args as ArgsOf<T>;
    const outcome = await this.execute();
    if (outcome === undefined) return;
    printOutcome(outcome, this.json);
    process.exitCode = outcome.exitCode ?? 0;
  }

  /** oclif would print and exit by itself; the process (src/cli.ts) does both, once. */
  override async catch(error: Error): Promise<void> {
    throw error;
  }
}
