// All machines of one run: which kind of host each entry is, and one connection for each SSH server, shared
// by the hosts behind it where it is a jump host.

import { MfsctlError } from "../errors.ts";
import type { CallOptions, Host, Hosts } from "./host.ts";
import { sshTimeoutMs, startsMax } from "./limits.ts";
import { LocalHost } from "./local.ts";
import { scanHostKey, type ScannedKey } from "./scan.ts";
import { Semaphore } from "./semaphore.ts";
import { resolveTarget, type SshTarget, type SshWish } from "./ssh-config.ts";
import { SshConnection } from "./ssh-connection.ts";
import { SshHost } from "./ssh.ts";
import { SudoHost } from "./sudo.ts";

/** One machine of the inventory. */
export interface HostEntry extends SshWish {
  readonly connection: "ssh" | "local";
  readonly sudo?: boolean | undefined;
}

export interface HostsOptions {
  readonly entries: readonly HostEntry[];
  /** `--ssh-timeout`: how long a login may take. */
  readonly timeoutMs?: number | undefined;
  /** Read instead of the user's ssh_config. */
  readonly configFile?: string | undefined;
}

/** The machines, and what `mfsctl host trust` needs. */
export interface SshHosts extends Hosts {
  /** The key that a host shows, unjudged. Its jump hosts are judged as ever. */
  scanHostKey(name: string): Promise<ScannedKey>;
}

/**
 * The machines of an inventory, connected on demand.
 *
 * @example
 * const hosts = createHosts({ entries: [{ name: "cm01", address: "10.0.0.11", connection: "ssh" }] });
 * const { stdout } = await (await hosts.host("cm01")).exec({ argv: ["uname", "-m"] });
 * await hosts.close();
 */
export function createHosts(options: HostsOptions): SshHosts {
  return new Pool(options);
}

class Pool implements SshHosts {
  readonly #entries: ReadonlyMap<string, HostEntry>;
  readonly #configFile: string | undefined;
  readonly #timeoutMs: number;
  readonly #starts = new Semaphore(startsMax);
  readonly #copies = new Semaphore(startsMax);
  readonly #hosts = new Map<string, Host>();
  readonly #targets = new Map<string, Promise<SshTarget>>();
  readonly #connections = new Map<string, SshConnection>();

  constructor({ entries, configFile, timeoutMs = sshTimeoutMs }: HostsOptions) {
    this.#entries = new Map(entries.map((entry) => [entry.name, entry]));
    this.#configFile = configFile;
    this.#timeoutMs = timeoutMs;
  }

  async host(name: string, options?: CallOptions): Promise<Host> {
    const entry = this.#entry(name);
    const target = entry.connection === "ssh" ? await this.#target(entry) : undefined;
    const connection = target === undefined ? undefined : this.#connection(target);
    await connection?.link(options?.signal);
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    const plain =
      connection === undefined
        ? new LocalHost(name)
        : new SshHost({ connection, copies: this.#copies, timeoutMs: this.#timeoutMs });
    const host = entry.sudo === true ? new SudoHost(plain) : plain;
    this.#hosts.set(name, host);
    return host;
  }

  async scanHostKey(name: string): Promise<ScannedKey> {
    const target = await this.#target(this.#entry(name));
    const via = target.via === undefined ? undefined : this.#connection(target.via);
    return await scanHostKey({ target, via, starts: this.#starts, timeoutMs: this.#timeoutMs });
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#hosts.values(), (host) => host.close()));
    await Promise.all(Array.from(this.#connections.values(), (connection) => connection.close()));
  }

  #entry(name: string): HostEntry {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry;
    const names = Array.from(this.#entries.keys()).join(", ");
    throw new MfsctlError(
      "usage",
      `Cannot find the host '${name}': it is not in the inventory, expected one of ${names}`,
    );
  }

  #target(entry: HostEntry): Promise<SshTarget> {
    const known = this.#targets.get(entry.name);
    if (known !== undefined) return known;
    const lookup = (name: string): SshWish | undefined => this.#entries.get(name);
    const target = resolveTarget(entry, { configFile: this.#configFile, entry: lookup });
    this.#targets.set(entry.name, target);
    return target;
  }

  /** Two entries are one connection only where name and way are the same: errors name the right host. */
  #connection(target: SshTarget): SshConnection {
    const key = JSON.stringify(target);
    const known = this.#connections.get(key);
    if (known !== undefined) return known;
    const connection = new SshConnection({
      target,
      via: target.via === undefined ? undefined : this.#connection(target.via),
      starts: this.#starts,
      timeoutMs: this.#timeoutMs,
    });
    this.#connections.set(key, connection);
    return connection;
  }
}
