// A host behind SSH: one reused connection, at most `channelsMax` channels at one time, argv quoted once.

import type { Duplex } from "node:stream";

import { MfsctlError } from "../errors.ts";
import { runBatch } from "./batch.ts";
import type { CallOptions, Command, Host, Output, RsyncRequest } from "./host.ts";
import { channelsMax, lineBytesMax } from "./limits.ts";
import type { Link } from "./link.ts";
import { abortError, deadline, raceSignals, timeoutOf } from "./output.ts";
import { quoteArgv } from "./quote.ts";
import { rsyncOverSsh, type SshHop } from "./rsync.ts";
import { Semaphore } from "./semaphore.ts";
import { runOnChannel } from "./ssh-channel.ts";
import type { SshConnection } from "./ssh-connection.ts";

export class SshHost implements Host {
  readonly name: string;
  readonly #connection: SshConnection;
  readonly #copies: Semaphore;
  readonly #timeoutMs: number;
  readonly #channels = new Semaphore(channelsMax);
  #roundTrips = 0;

  constructor(options: {
    connection: SshConnection;
    /** Caps rsync's own logins, shared by all hosts. */
    copies: Semaphore;
    /** How long opening a stream may take. */
    timeoutMs: number;
  }) {
    this.name = options.connection.target.name;
    this.#connection = options.connection;
    this.#copies = options.copies;
    this.#timeoutMs = options.timeoutMs;
  }

  get roundTrips(): number {
    return this.#roundTrips;
  }

  async exec(command: Command, options?: CallOptions): Promise<Output> {
    const line = commandLine(this.name, command.argv);
    return await this.#onLink(options, async (link) => {
      const [program] = command.argv;
      using limit = deadline(timeoutOf(command), { host: this.name, what: `finish '${program}'` });
      const signals = [link.lost, limit.signal, options?.signal].filter((one) => one !== undefined);
      return await runOnChannel({
        link,
        host: this.name,
        line,
        program,
        stdin: command.stdin,
        stop: AbortSignal.any(signals),
      });
    });
  }

  async batch(commands: readonly Command[], options?: CallOptions): Promise<readonly Output[]> {
    return await runBatch(this, commands, options);
  }

  async connect(target: { address: string; port: number }, options?: CallOptions): Promise<Duplex> {
    const release = await this.#place(options);
    try {
      const link = await this.#connection.link(options?.signal);
      this.#roundTrips += 1;
      return await this.#stream(link.forward(target, release), { link, target, options });
    } catch (error) {
      release();
      throw error;
    }
  }

  async rsync(request: RsyncRequest, options?: CallOptions): Promise<void> {
    await this.#connection.link(options?.signal);
    const hops = await hopsTo(this.#connection, options?.signal);
    const run = (): Promise<void> =>
      rsyncOverSsh({ host: this.name, hops, request, timeoutMs: this.#timeoutMs, ...options });
    await this.#copies.run(run, options?.signal);
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  /** Takes a channel's place first, so that a queue of calls shares the login of its first member. */
  async #onLink<T>(options: CallOptions | undefined, use: (link: Link) => Promise<T>): Promise<T> {
    const release = await this.#place(options);
    try {
      const { link, leave } = await this.#connection.take(options?.signal);
      this.#roundTrips += 1;
      try {
        return await use(link);
      } finally {
        leave();
      }
    } finally {
      release();
    }
  }

  async #place(options: CallOptions | undefined): Promise<() => void> {
    try {
      return await this.#channels.acquire(options?.signal);
    } catch (error) {
      if (options?.signal?.aborted === true) throw abortError(options.signal, this.name);
      throw error;
    }
  }

  async #stream(
    opening: Promise<Duplex>,
    call: {
      link: Link;
      target: { address: string; port: number };
      options: CallOptions | undefined;
    },
  ): Promise<Duplex> {
    const { link, target, options } = call;
    const what = `connect to '${target.address}' port ${target.port}`;
    using limit = deadline(this.#timeoutMs, { host: this.name, what });
    try {
      return await raceSignals(opening, this.name, [limit.signal, link.lost, options?.signal]);
    } catch (error) {
      if (error instanceof MfsctlError) {
        void opening.then(
          (late) => late.destroy(),
          () => undefined,
        );
        throw error;
      }
      const reason = error instanceof Error ? error.message : String(error);
      const message = `Cannot ${what} from '${this.name}': ${reason}, expected a listener`;
      throw new MfsctlError("unreachable", message, { host: this.name, cause: error });
    }
  }
}

/** `exec` keeps shell builtins and aliases out: the first word is a program, here as on a local host. */
function commandLine(host: string, argv: Command["argv"]): string {
  const line = `exec ${quoteArgv(argv)}`;
  const size = Buffer.byteLength(line);
  if (size <= lineBytesMax) return line;
  throw new MfsctlError(
    "internal",
    `Cannot run '${argv[0]}' on '${host}': its command line has ${size} bytes, expected at most ${lineBytesMax}`,
    { host },
  );
}

async function hopsTo(
  connection: SshConnection,
  signal: AbortSignal | undefined,
): Promise<readonly SshHop[]> {
  const before = connection.via === undefined ? [] : await hopsTo(connection.via, signal);
  const { hostKey } = await connection.link(signal);
  return [...before, { target: connection.target, hostKey }];
}
