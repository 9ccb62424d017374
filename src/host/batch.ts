// Many read-only programs as one `sh -s` script, so that facts cost one round trip. Needs coreutils only.
// Answers travel as base64: stdout and the exit code on stdout, stderr on stderr, one line a command.

import { MfsctlError } from "../errors.ts";
import type { CallOptions, Command, Output } from "./host.ts";
import { commandTimeoutMs } from "./limits.ts";
import { quote, quoteArgv } from "./quote.ts";

/**
 * 5 and 6 are the true stdout and stderr, 7 takes the code, 8 the stderr of the program. The shell's own words
 * ("Killed") go nowhere: they would land in the middle of the base64.
 */
const prelude = `exec 5>&1 6>&2 2>/dev/null
run() {
  c=$({ { { (exec "$@" 5>&- 6>&- 7>&- 8>&-) 2>&8; echo $? >&7; } | base64 -w0 >&5; } 8>&1 | base64 -w0 >&6; } 7>&1)
  echo " \${c:-255}" >&5
  echo >&6
}
`;

/** The command that runs them all; each one has its own subshell, stdin and limit of time. */
export function batchCommand(commands: readonly Command[]): Command {
  const script = prelude + commands.map(line).join("");
  return { argv: ["sh", "-s"], stdin: Buffer.from(script), timeoutMs: batchTimeoutMs(commands) };
}

/** Takes the answers apart. Throws when the script did not run to its end. */
export function batchOutputs(
  host: string,
  commands: readonly Command[],
  answer: Output,
): readonly Output[] {
  const stdout = lines(answer.stdout);
  const stderr = lines(answer.stderr);
  const outputs = commands.map((_, index) => parse(stdout[index], stderr[index]));
  const whole = outputs.filter((output) => output !== undefined);
  if (answer.code === 0 && whole.length === commands.length) return whole;
  throw new MfsctlError(
    "unreachable",
    `Cannot run a batch on '${host}': the shell ended with code ${answer.code} after ${whole.length} answers, ` +
      `expected ${commands.length}`,
    { host, details: stderr.slice(-5), hint: `mfsctl check --node ${host}` },
  );
}

/** Runs a batch through any `exec`. */
export async function runBatch(
  host: { name: string; exec(command: Command, options?: CallOptions): Promise<Output> },
  commands: readonly Command[],
  options?: CallOptions,
): Promise<readonly Output[]> {
  if (commands.length === 0) return [];
  return batchOutputs(host.name, commands, await host.exec(batchCommand(commands), options));
}

/** Programs run one after the other, so their limits add up; those without one share the default. */
function batchTimeoutMs(commands: readonly Command[]): number {
  const named = commands.reduce((sum, command) => sum + (command.timeoutMs ?? 0), 0);
  return commandTimeoutMs + named;
}

function line(command: Command): string {
  const { argv, stdin, timeoutMs } = command;
  const limit = timeoutMs === undefined ? [] : ["timeout", "-k", "1", String(timeoutMs / 1000)];
  const run = `run ${quoteArgv([...limit, ...argv])}`;
  if (stdin === undefined || stdin.length === 0) return `${run} </dev/null\n`;
  return `printf %s ${quote(Buffer.from(stdin).toString("base64"))} | base64 -d | ${run}\n`;
}

function parse(stdout: string | undefined, stderr: string | undefined): Output | undefined {
  const match = /^([A-Za-z0-9+/=]*) (\d+)$/.exec(stdout ?? "");
  if (match?.[1] === undefined || stderr === undefined) return undefined;
  return {
    code: Number(match[2]),
    stdout: Buffer.from(match[1], "base64"),
    stderr: Buffer.from(stderr, "base64"),
  };
}

/** The complete lines; what follows the last newline was cut off. */
function lines(bytes: Buffer): readonly string[] {
  return bytes.toString("latin1").split("\n").slice(0, -1);
}
