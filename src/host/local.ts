// This machine as a host, for `connection: local` and the playground: the same answers as over SSH.

import { execa } from "execa";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

import { MfsctlError } from "../errors.ts";
import { runBatch } from "./batch.ts";
import type { CallOptions, Command, Host, Output, RsyncRequest } from "./host.ts";
import { sshTimeoutMs } from "./limits.ts";
import {
  abortError,
  deadline,
  OutputCollector,
  raceSignals,
  refuseAborted,
  signalCode,
  timeoutOf,
} from "./output.ts";
import { rsyncLocally } from "./rsync.ts";

export class LocalHost implements Host {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  async exec(command: Command, options?: CallOptions): Promise<Output> {
    refuseAborted(this.name, options);
    const [program, ...rest] = command.argv;
    const child = execa(program, rest, {
      reject: false,
      buffer: false,
      encoding: "buffer",
      input: command.stdin ?? new Uint8Array(),
    });
    const collector = new OutputCollector();
    const overflow = new AbortController();
    const collect = (stream: "stdout" | "stderr") => (bytes: Buffer) => {
      if (!collector.add(stream, bytes)) overflow.abort(collector.overflow(this.name, program));
    };
    child.stdout.on("data", collect("stdout"));
    child.stderr.on("data", collect("stderr"));
    using limit = deadline(timeoutOf(command), { host: this.name, what: `finish '${program}'` });
    try {
      const signals = [overflow.signal, limit.signal, options?.signal];
      const result = await raceSignals(Promise.resolve(child), this.name, signals);
      if (result.code === "ENOENT" || result.code === "EACCES")
        return notFound(program, result.code);
      return collector.output(result.exitCode ?? signalCode(result.signal ?? ""));
    } catch (error) {
      child.kill("SIGHUP");
      throw error;
    }
  }

  async batch(commands: readonly Command[], options?: CallOptions): Promise<readonly Output[]> {
    return await runBatch(this, commands, options);
  }

  async connect(target: { address: string; port: number }, options?: CallOptions): Promise<Duplex> {
    refuseAborted(this.name, options);
    const what = `connect to '${target.address}' port ${target.port}`;
    const socket: Socket = connect({ host: target.address, port: target.port });
    using limit = deadline(sshTimeoutMs, { host: this.name, what });
    const connected = once(socket, "connect");
    try {
      await raceSignals(connected, this.name, [limit.signal, options?.signal]);
      return socket;
    } catch (error) {
      socket.destroy();
      if (options?.signal?.aborted === true) throw abortError(options.signal, this.name);
      if (error instanceof MfsctlError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      const message = `Cannot ${what} from '${this.name}': ${reason}, expected a listener`;
      throw new MfsctlError("unreachable", message, { host: this.name, cause: error });
    }
  }

  async rsync(request: RsyncRequest, options?: CallOptions): Promise<void> {
    await rsyncLocally(this.name, request, options?.signal);
  }

  async close(): Promise<void> {
    // Nothing is held open between calls.
  }
}

/** What a shell answers for a program that is not there, or is not one. */
function notFound(program: string, code: "ENOENT" | "EACCES"): Output {
  const [exit, words] = code === "ENOENT" ? [127, "not found"] : [126, "permission denied"];
  return { code: exit, stdout: Buffer.alloc(0), stderr: Buffer.from(`${program}: ${words}\n`) };
}
