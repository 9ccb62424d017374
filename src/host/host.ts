// The only hands of mfsctl: one machine, reached over SSH, locally, through sudo, or simulated.
// Commands are argv arrays end to end; whoever needs a shell string quotes inside src/host.

import type { Duplex } from "node:stream";

/** One program call. `stdin` is sent and closed; no stdin means an empty one. */
export interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly stdin?: Uint8Array;
  /** Milliseconds after which the command is given up with code `timedOut`. Default `commandTimeoutMs`. */
  readonly timeoutMs?: number;
}

/** What a program answered. A lost connection is never an Output, it throws. */
export interface Output {
  /** Exit status 0..255; death by a signal is 128 + its number. */
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** Options of one host call. */
export interface CallOptions {
  /** Aborts waiting and closes the channel; the remote program gets SIGHUP at most. */
  readonly signal?: AbortSignal | undefined;
}

/** One copy by rsync between this machine and the host, checksummed, over the same trust as the connection. */
export interface RsyncRequest {
  readonly direction: "push" | "pull";
  /** A file or folder on this machine; a folder ends with "/". */
  readonly local: string;
  /** A file or folder on the host. */
  readonly remote: string;
  /** Further rsync options, e.g. `["--exclude=var/"]`. */
  readonly options?: readonly string[];
  /** The host's side runs under sudo; set by the sudo wrapper. */
  readonly elevated?: boolean;
}

/**
 * One machine. Methods throw `MfsctlError` with codes `unreachable`, `authFailed`, `hostKey` or `timedOut` when the
 * machine cannot be asked; a program that ran and failed is an `Output` with its code.
 */
export interface Host {
  readonly name: string;
  /** Channels opened so far; one `exec` or `batch` is one. Absent where nothing is far away. */
  readonly roundTrips?: number;
  /** Runs one program: never a shell builtin. */
  exec(command: Command, options?: CallOptions): Promise<Output>;
  /** Runs many read-only programs in one round trip, answers in the order of the commands. */
  batch(commands: readonly Command[], options?: CallOptions): Promise<readonly Output[]>;
  /** Opens a TCP stream that starts at this host. */
  connect(target: { address: string; port: number }, options?: CallOptions): Promise<Duplex>;
  /** Copies with rsync; throws `MfsctlError` with rsync's last lines when it fails. */
  rsync(request: RsyncRequest, options?: CallOptions): Promise<void>;
  /** Closes the connection; a closed host may not be used again. */
  close(): Promise<void>;
}

/** Opens connections on demand: one reused connection a host. */
export interface Hosts {
  /** The connected host. Throws `MfsctlError` when it cannot be reached. */
  host(name: string, options?: CallOptions): Promise<Host>;
  close(): Promise<void>;
}
