// One SSH connection to one target: opened on demand, verified, kept alive, opened anew after a loss.
// Traps cured here: node-ssh accepts any host key unless given a verifier, and drops its error listener
// once connected, so that a TCP reset would end the process.

import { NodeSSH, type Config } from "node-ssh";
import type { Readable } from "node:stream";
import type { ConnectConfig } from "ssh2";

import { MfsctlError } from "../errors.ts";
import { fingerprint, hostKeyError, judge, knownKeys, preferredAlgorithms } from "./known-hosts.ts";
import { keepalive } from "./limits.ts";
import { Link } from "./link.ts";
import { deadline, raceSignals } from "./output.ts";
import type { Semaphore } from "./semaphore.ts";
import { credentials } from "./ssh-auth.ts";
import type { SshTarget } from "./ssh-config.ts";

export interface ConnectionOptions {
  readonly target: SshTarget;
  /** The jump host's connection, shared by all hosts behind it. */
  readonly via: SshConnection | undefined;
  /** Shared by all connections of one run. */
  readonly starts: Semaphore;
  readonly timeoutMs: number;
}

export class SshConnection {
  readonly target: SshTarget;
  readonly via: SshConnection | undefined;
  readonly #options: ConnectionOptions;
  readonly #closing = new AbortController();
  /** All that stand, with those retired. */
  readonly #links = new Set<Link>();
  #link: Promise<Link> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.target = options.target;
    this.via = options.via;
  }

  /** The link; callers at the same time share one login, and a lost link is replaced by one new login. */
  async link(signal?: AbortSignal): Promise<Link> {
    const { name } = this.target;
    this.#link ??= this.#open();
    return await raceSignals(this.#link, name, [signal, this.#closing.signal]);
  }

  /** The link, held against retirement until `leave` is called. */
  async take(signal?: AbortSignal): Promise<{ link: Link; leave: () => void }> {
    let link = await this.link(signal);
    // It may have ended between its promise and this line; then one new login is due.
    if (link.retired.aborted || link.lost.aborted) link = await this.link(signal);
    return { link, leave: link.hold() };
  }

  /** Closes for good; whatever still runs on it is rejected. */
  async close(): Promise<void> {
    const { name } = this.target;
    const message = `Cannot use the connection to '${name}': it is closed, expected an open one`;
    if (!this.#closing.signal.aborted) {
      this.#closing.abort(new MfsctlError("unreachable", message, { host: name }));
    }
    try {
      await this.#link;
    } catch {
      // A login that failed leaves nothing to close.
    }
    await Promise.all(Array.from(this.#links, (link) => link.end()));
  }

  #open(): Promise<Link> {
    const opening = openLink(this.#options, this.#closing.signal);
    const forget = (): void => {
      if (this.#link === opening) this.#link = undefined;
    };
    opening.then((link) => {
      this.#links.add(link);
      link.retired.addEventListener("abort", forget, { once: true });
      link.lost.addEventListener("abort", () => {
        this.#links.delete(link);
        forget();
      });
    }, forget);
    return opening;
  }
}

async function openLink(options: ConnectionOptions, closing: AbortSignal): Promise<Link> {
  const { target } = options;
  const [known, login] = await Promise.all([knownKeys(target), credentials(target)]);
  return await reach(options, closing, (route) =>
    logIn(
      target,
      {
        ...route,
        username: target.user,
        authHandler: [...login.methods],
        keepaliveInterval: keepalive.intervalMs,
        keepaliveCountMax: keepalive.count,
        algorithms: { serverHostKey: preferredAlgorithms(known) },
      },
      {
        judge: (key) => hostKeyError(target, key, judge(known, fingerprint(key))),
        tried: login.tried,
        closing,
      },
    ),
  );
}

/** The part of ssh2's options that says where to go and how long to try. */
type Route = Pick<ConnectConfig, "host" | "port" | "sock" | "readyTimeout">;

/** Connects the jump hosts, takes a start place, and logs in within it. */
export async function reach(
  { target, via, starts, timeoutMs }: ConnectionOptions,
  closing: AbortSignal,
  login: (route: Route) => Promise<Link>,
): Promise<Link> {
  // The jump host is connected before a start place is taken, or eight chains could block each other.
  const hop = await via?.take(closing);
  try {
    return await starts.run(async () => {
      const sock = hop === undefined ? undefined : await hopSocket(hop.link, target, timeoutMs);
      const where = sock === undefined ? { host: target.address, port: target.port } : { sock };
      return await login({ ...where, readyTimeout: timeoutMs });
    }, closing);
  } finally {
    hop?.leave();
  }
}

async function hopSocket(hop: Link, target: SshTarget, timeoutMs: number): Promise<Readable> {
  using limit = deadline(timeoutMs, {
    host: target.name,
    what: "open a way through the jump host",
  });
  try {
    return await raceSignals(hop.forward(target), target.name, [limit.signal, hop.lost]);
  } catch (error) {
    if (error instanceof MfsctlError && error.code !== "timedOut") throw error;
    throw unreachable(target, error, "through its jump host ");
  }
}

interface Judgement {
  /** Why a host key is refused; undefined accepts it. */
  readonly judge: (key: Buffer) => MfsctlError | undefined;
  readonly tried: readonly string[];
  /** Ends a login under way. */
  readonly closing: AbortSignal;
}

/** Logs in. There is no way to call it without a judge of the host key. */
export async function logIn(
  target: SshTarget,
  config: Omit<ConnectConfig, "privateKey" | "password">,
  { judge: judgeKey, tried, closing }: Judgement,
): Promise<Link> {
  const ssh = new NodeSSH();
  const lost = new AbortController();
  let hostKey: Buffer | undefined;
  let refused: MfsctlError | undefined;
  let failure: unknown;
  const hostVerifier = (key: Buffer): boolean => {
    hostKey = Buffer.from(key);
    refused = judgeKey(hostKey);
    return refused === undefined;
  };
  const withVerifier: Config = { ...config, hostVerifier };
  const opening = ssh.connect(withVerifier);
  const client = ssh.connection; // Set by connect() before its first await.
  client?.on("error", (error) => (failure ??= error));
  client?.on("close", () => lost.abort(unreachable(target, failure)));
  const stop = (): unknown => client?.destroy();
  closing.addEventListener("abort", stop, { once: true });
  try {
    await opening;
  } catch (error) {
    client?.destroy();
    throw refused ?? loginError(target, error, tried);
  } finally {
    closing.removeEventListener("abort", stop);
  }
  if (client === null || hostKey === undefined) {
    throw new MfsctlError(
      "internal",
      `Cannot use '${target.name}': it showed no host key, expected one`,
    );
  }
  return new Link({ client, hostKey, lost: lost.signal });
}

function loginError(target: SshTarget, error: unknown, tried: readonly string[]): MfsctlError {
  const level = error instanceof Error && "level" in error ? error.level : undefined;
  if (level !== "client-authentication") return unreachable(target, error);
  return new MfsctlError(
    "authFailed",
    `Cannot log in to '${target.name}' as '${target.user}': no key was accepted, expected one of yours in its authorized_keys`,
    {
      host: target.name,
      details: tried.length > 0 ? tried : ["no identity file and no agent was found"],
      hint: `ssh-copy-id -p ${target.port} ${target.user}@${target.address}`,
      cause: error,
    },
  );
}

function unreachable(target: SshTarget, cause: unknown, way = ""): MfsctlError {
  const reason = cause instanceof Error ? cause.message : "the connection ended";
  return new MfsctlError(
    "unreachable",
    `Cannot reach '${target.name}' ${way}at '${target.address}' port ${target.port}: ${reason}, expected an SSH connection`,
    { host: target.name, hint: `mfsctl check --node ${target.name}`, cause },
  );
}
