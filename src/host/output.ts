// What every host does alike with a running program: collects bytes up to the limit, turns a death by
// signal into a code, and says why a wait ended early.

import { constants } from "node:os";

import { MfsctlError } from "../errors.ts";
import type { CallOptions, Command } from "./host.ts";
import { commandTimeoutMs, outputBytesMax } from "./limits.ts";

/** Collects stdout and stderr as bytes; text is decoded once, by who knows it is text. */
export class OutputCollector {
  readonly #parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  readonly #sizeMax: number;
  #size = 0;

  constructor(sizeMax: number = outputBytesMax) {
    this.#sizeMax = sizeMax;
  }

  /** Keeps the bytes; false when the limit is passed and the program must be given up. */
  add(stream: "stdout" | "stderr", bytes: Buffer): boolean {
    this.#size += bytes.length;
    if (this.#size > this.#sizeMax) return false;
    this.#parts[stream].push(bytes);
    return true;
  }

  /** The answer with the given exit code. */
  output(code: number): { code: number; stdout: Buffer; stderr: Buffer } {
    const { stdout, stderr } = this.#parts;
    return { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) };
  }

  /** The error for a program that said more than the limit. */
  overflow(host: string, program: string): MfsctlError {
    return new MfsctlError(
      "internal",
      `Cannot keep the output of '${program}' on '${host}': it is longer than ${this.#sizeMax} bytes, expected less`,
      { host },
    );
  }
}

/** The exit code of a program that died by a signal, as shells count it. */
export function signalCode(signal: string): number {
  const number = Object.entries(constants.signals).find(([name]) => name === signal)?.[1];
  return 128 + (number ?? 0);
}

/** How long a command may take. */
export function timeoutOf(command: Command): number {
  return command.timeoutMs ?? commandTimeoutMs;
}

/** A timer that aborts with `timedOut`. Its owner disposes of it with `using`. */
export function deadline(
  timeoutMs: number,
  context: { host: string; what: string; hint?: string },
): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const message = `Cannot ${context.what} on '${context.host}': no answer for ${timeoutMs} ms, expected one`;
    const { host, hint } = context;
    controller.abort(new MfsctlError("timedOut", message, { host, hint }));
  }, timeoutMs);
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}

/** The error an aborted signal stands for: its own reason where that is ours, else `interrupted`. */
export function abortError(signal: AbortSignal, host: string): MfsctlError {
  if (signal.reason instanceof MfsctlError) return signal.reason;
  return new MfsctlError(
    "interrupted",
    `Cannot go on with '${host}': the call was interrupted, expected it to end by itself`,
    { host, cause: signal.reason },
  );
}

/** Waits for a promise, but not longer than the signals allow. */
export async function raceSignals<T>(
  promise: Promise<T>,
  host: string,
  signals: readonly (AbortSignal | undefined)[],
): Promise<T> {
  const stop = AbortSignal.any(signals.filter((signal) => signal !== undefined));
  if (stop.aborted) {
    promise.catch(() => undefined); // Nobody waits for it any more; its failure has no reader.
    throw abortError(stop, host);
  }
  return await new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(abortError(stop, host));
    stop.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => stop.removeEventListener("abort", abort));
  });
}

/** Refuses a call whose signal is aborted already. */
export function refuseAborted(host: string, options: CallOptions | undefined): void {
  if (options?.signal?.aborted === true) throw abortError(options.signal, host);
}
