// Runs one program of the control machine for the lab and gives back what it answered.

import { execa } from "execa";

/** What a program answered; `code` 255 of ssh means that the connection failed. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const defaultTimeoutMs = 120_000;
const outputSizeMax = 64 * 1024 * 1024;

/** Runs one program to its end. A program that fails is an answer; one that cannot start or times out has code 127 or 124. */
export async function run(
  argv: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<Answer> {
  const [file, ...words] = argv;
  const result = await execa(file, words, {
    reject: false,
    stripFinalNewline: false,
    input: options.input ?? "",
    timeout: options.timeoutMs ?? defaultTimeoutMs,
    maxBuffer: outputSizeMax,
    env: options.env ?? {},
  });
  if (result.exitCode !== undefined) {
    return { code: result.exitCode, stdout: result.stdout, stderr: result.stderr };
  }
  const reason = result.shortMessage ?? "the program did not run";
  return {
    code: result.timedOut ? 124 : 127,
    stdout: result.stdout ?? "",
    stderr: `${result.stderr ?? ""}${reason}\n`,
  };
}
