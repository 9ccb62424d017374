// Anything thrown while a step ran, as the error that users see.

import { MfsctlError } from "../errors.ts";

/** An `MfsctlError` as it is, an abort as an interruption, all else as a fault of mfsctl. */
export function asFailure(error: unknown, host: string | undefined): MfsctlError {
  if (error instanceof MfsctlError) return error;
  if (error instanceof Error && error.name === "AbortError") {
    return new MfsctlError("interrupted", "Interrupted", {
      host,
      hint: "mfsctl resume",
      cause: error,
    });
  }
  const cause = error instanceof Error ? error : new Error(String(error));
  const failure = new MfsctlError("internal", cause.message, { host, cause });
  if (cause.stack !== undefined) failure.stack = cause.stack;
  return failure;
}
