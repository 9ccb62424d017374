// What goes wrong around a cluster under test, so that callers can tell it from what they test.

export type ClusterErrorCode = "capability" | "command" | "inUse" | "program" | "timeout" | "usage";

/** A cluster that cannot be started, used or removed. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
  readonly code: ClusterErrorCode;

  constructor(code: ClusterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
