// The process: starts oclif, owns the exit code, and prints exactly one document under --json, whatever happens.

import module from "node:module";
import { fileURLToPath } from "node:url";
import { Errors, run } from "@oclif/core";
import { asMfsctlError, printFailure } from "./cli/output.ts";

module.enableCompileCache();

const argv = process.argv.slice(2);

try {
  await run(argv, fileURLToPath(new URL("..", import.meta.url)));
} catch (error) {
  // oclif ends `--help` of a command by an ExitError with code 0.
  const quiet = error instanceof Errors.ExitError && error.oclif.exit === 0;
  if (!quiet) {
    const failure = asMfsctlError(error);
    printFailure(failure, argv);
    process.exitCode = failure.exitCode;
  }
}
// A lost connection may leave sockets that nobody waits for; what was printed leaves first.
process.stdout.write("", () => {
  process.stderr.write("", () => process.exit());
});
