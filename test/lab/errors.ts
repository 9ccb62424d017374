// The ways in which the lab itself fails, apart from the tests that use it.

export type LabErrorCode = "capability" | "usage" | "inUse" | "hosts" | "command";

/** The lab cannot do what a test asks; the message names the reason and what to do. */
export class LabError extends Error {
  readonly code: LabErrorCode;

  constructor(code: LabErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "LabError";
    this.code = code;
  }
}
