// One program on one SSH channel. Works on ssh2's own exec, below node-ssh: bytes stay bytes, words on stderr
// are no failure, and an end without an exit code is a lost connection, never an answer.

import { setTimeout } from "node:timers/promises";
import type { ClientChannel } from "ssh2";

import { MfsctlError } from "../errors.ts";
import type { Output } from "./host.ts";
import { openRetries } from "./limits.ts";
import type { Link } from "./link.ts";
import { abortError, OutputCollector, raceSignals, signalCode } from "./output.ts";

export interface ChannelRun {
  readonly link: Link;
  readonly host: string;
  /** The quoted command line for the login shell. */
  readonly line: string;
  /** The program's name, for messages. */
  readonly program: string;
  readonly stdin: Uint8Array | undefined;
  /** Ends the wait: loss of the link, time limit, abort by the caller. */
  readonly stop: AbortSignal;
}

/**
 * Runs one command line to its end. sshd counts a session until its next round of cleaning, so a channel opened
 * right after others closed may be refused although fewer than MaxSessions are alive: nothing ran, so it is tried again.
 */
export async function runOnChannel(run: ChannelRun): Promise<Output> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await runOnce(run);
    } catch (error) {
      if (attempt === openRetries.countMax || !isOpenFailure(error)) throw error;
    }
    await raceSignals(setTimeout(openRetries.firstMs * 2 ** attempt), run.host, [run.stop]);
  }
}

async function runOnce(run: ChannelRun): Promise<Output> {
  if (run.stop.aborted) throw abortError(run.stop, run.host);
  return await new Promise((resolve, reject) => {
    let channel: ClientChannel | undefined;
    const finish = (outcome: Output | MfsctlError): void => {
      run.stop.removeEventListener("abort", abort);
      if (outcome instanceof MfsctlError) reject(outcome);
      else resolve(outcome);
    };
    const giveUp = (error: MfsctlError): void => {
      finish(error);
      if (channel !== undefined) abandon(run.link, channel);
    };
    const abort = (): void => giveUp(abortError(run.stop, run.host));
    run.stop.addEventListener("abort", abort, { once: true });
    try {
      // The exit code may come in the same packet as the channel: it is listened to before this callback ends.
      run.link.client.exec(run.line, (error, opened) => {
        channel = opened;
        if (error !== undefined) finish(lostError(run, error));
        else if (run.stop.aborted) abandon(run.link, opened);
        else attend(opened, run, { finish, giveUp });
      });
    } catch (error) {
      finish(lostError(run, error)); // ssh2 throws "Not connected" when the link ended a moment ago.
    }
  });
}

/** Listens to a program until its channel closes. */
function attend(
  channel: ClientChannel,
  run: ChannelRun,
  end: { finish(outcome: Output | MfsctlError): void; giveUp(error: MfsctlError): void },
): void {
  const collector = new OutputCollector();
  let code: number | undefined;
  const collect = (stream: "stdout" | "stderr") => (bytes: Buffer) => {
    if (!collector.add(stream, bytes)) end.giveUp(collector.overflow(run.host, run.program));
  };
  channel.on("data", collect("stdout"));
  channel.stderr.on("data", collect("stderr"));
  channel.on("error", (error: Error) => end.giveUp(lostError(run, error)));
  channel.on("exit", (status: number | null, signal?: string) => {
    code = status ?? signalCode(signal ?? "");
  });
  channel.on("close", () =>
    end.finish(code === undefined ? lostError(run) : collector.output(code)),
  );
  channel.end(run.stdin === undefined ? undefined : Buffer.from(run.stdin));
}

/** Stops listening. The program keeps running until it misses its pipes; sshd keeps its session so long. */
function abandon(link: Link, channel: ClientChannel): void {
  channel.on("error", () => undefined); // It has no reader any more.
  channel.close();
  channel.resume();
  channel.stderr.resume();
  link.retire();
}

/** ssh2 puts the protocol's reason on the error of a channel that was not opened, and on no other. */
function isOpenFailure(error: unknown): boolean {
  return error instanceof MfsctlError && error.cause instanceof Error && "reason" in error.cause;
}

function lostError(run: ChannelRun, cause?: unknown): MfsctlError {
  const reason =
    cause instanceof Error ? `the channel failed: ${cause.message}` : "no exit code came";
  return new MfsctlError(
    "unreachable",
    `Cannot run '${run.program}' on '${run.host}': ${reason}, expected it to run to its end`,
    { host: run.host, cause, hint: `mfsctl check --node ${run.host}` },
  );
}
