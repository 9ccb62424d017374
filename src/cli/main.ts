// One command from its words to the exit code: whatever happens, --json prints exactly one document.

import { Errors, run } from "@oclif/core";
import { asMfsctlError, printFailure } from "./output.ts";

/** Runs a command; `process.exitCode` says how it ended. */
export async function main(words: readonly string[], root: string): Promise<void> {
  try {
    await run([...words], root);
  } catch (error) {
    // oclif ends `--help` of a command by an ExitError with code 0.
    if (error instanceof Errors.ExitError && error.oclif.exit === 0) return;
    const failure = asMfsctlError(error);
    printFailure(failure, words);
    process.exitCode = failure.exitCode;
  }
}
