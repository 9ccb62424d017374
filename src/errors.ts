// The closed list of ways mfsctl ends, and the one error class that users see.
// Each error names the host it concerns and the next step (mfsctl's rules of conduct).

/** Exit code of the process for each error code; documented in docs/exit-codes.md. */
export const exitCodes = {
  internal: 1,
  usage: 2,
  invalidInventory: 2,
  checkFailed: 3,
  unhealthy: 3,
  someHostsFailed: 4,
  unreachable: 5,
  authFailed: 5,
  hostKey: 5,
  locked: 6,
  refused: 7,
  timedOut: 8,
  declined: 9,
  changesPending: 20,
  interrupted: 130,
  terminated: 143,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof exitCodes;

/** What a user can be told: what failed, on which host, and what to type next. */
export class MfsctlError extends Error {
  readonly code: ErrorCode;
  readonly host: string | undefined;
  readonly hint: string | undefined;
  readonly details: readonly string[];

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      host?: string | undefined;
      hint?: string | undefined;
      details?: readonly string[];
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "MfsctlError";
    this.code = code;
    this.host = options.host;
    this.hint = options.hint;
    this.details = options.details ?? [];
  }

  /** The process exit code that belongs to this error. */
  get exitCode(): number {
    return exitCodes[this.code];
  }
}
