// A real sshd for tests: its own folder, keys, port and ssh_config, for the calling user, on 127.0.0.1.

import { execa } from "execa";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import {
  createHosts,
  type HostEntry,
  type HostsOptions,
  type SshHosts,
} from "../../../src/host/pool.ts";

export interface Sshd {
  readonly folder: string;
  readonly port: number;
  /** `ssh-ed25519 AAAA...` of the server. */
  readonly hostKey: string;
  /** The known_hosts file that the ssh_config names; holds the right key. */
  readonly knownHosts: string;
  /** An ssh_config for `ssh -F`. */
  readonly configFile: string;
  readonly identity: string;
  /** An inventory entry for this server. */
  entry(change?: Partial<HostEntry>): HostEntry;
  /** Machines that trust this server by its known_hosts file. */
  hosts(change?: Partial<HostsOptions>): SshHosts;
  /** Process ids of the connections it serves. */
  connections(): Promise<number[]>;
  stop(): Promise<void>;
}

/** Starts an sshd with further lines of sshd_config. */
export async function startSshd(lines: readonly string[] = []): Promise<Sshd> {
  const folder = await mkdtemp(join(tmpdir(), "mfsctl-sshd-"));
  const hostKey = await makeKey(join(folder, "host"));
  const userKey = await makeKey(join(folder, "id"));
  const port = await freePort();
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true });
  await writeFile(join(folder, "authorized_keys"), `${userKey}\n`);
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "sshd_config"), serverConfig(folder, port, lines));
  await writeFile(join(folder, "known_hosts"), `[127.0.0.1]:${port} ${hostKey}\n`);
  await writeFile(join(folder, "ssh_config"), clientConfig(folder));
  const server = execa("/usr/sbin/sshd", ["-D", "-e", "-f", join(folder, "sshd_config")], {
    reject: false,
    buffer: false,
    stdio: ["ignore", "ignore", "pipe"],
  });
  await listening(server.stderr);
  const { pid } = server;
  const sshd: Sshd = {
    folder,
    port,
    hostKey,
    knownHosts: join(folder, "known_hosts"),
    configFile: join(folder, "ssh_config"),
    identity: join(folder, "id"),
    entry: (change) => ({ name: "cm01", address: "127.0.0.1", port, connection: "ssh", ...change }),
    hosts: (change) =>
      createHosts({
        entries: [sshd.entry()],
        configFile: sshd.configFile,
        timeoutMs: 20_000,
        ...change,
      }),
    connections: async () =>
      (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8"))
        .split(" ")
        .filter(Boolean)
        .map(Number),
    stop: async () => {
      for (const child of await sshd.connections()) killQuietly(child);
      server.kill("SIGTERM");
      await server;
      await rm(folder, { recursive: true, force: true });
    },
  };
  return sshd;
}

/** Makes a key pair without a passphrase; returns `type base64`. */
export async function makeKey(path: string, type = "ed25519"): Promise<string> {
  await execa("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", "", "-f", path]);
  return (await readFile(`${path}.pub`, "utf8")).trim();
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  server.close();
  await once(server, "close");
  return port;
}

export function portOf(server: Server): number {
  const address = server.address() as AddressInfo; // A TCP server that listens has a port.
  return address.port;
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself a moment ago.
  }
}

/** Resolves at sshd's word that it listens; afterwards keeps the pipe empty. */
async function listening(log: NodeJS.ReadableStream): Promise<void> {
  const seen: string[] = [];
  for await (const line of createInterface({ input: log })) {
    seen.push(line);
    if (line.startsWith("Server listening")) break;
  }
  log.resume();
  if (!seen.some((line) => line.startsWith("Server listening"))) {
    throw new Error(`Cannot start sshd: it said '${seen.join(" / ")}'`);
  }
}

function serverConfig(folder: string, port: number, lines: readonly string[]): string {
  return [
    ...lines,
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${folder}/host`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    "PidFile none",
    "StrictModes no",
    "UsePAM no",
    "PermitRootLogin yes",
    "PasswordAuthentication no",
    // SHLVL keeps bash from reading the user's .bashrc.
    `SetEnv PATH=${folder}/bin:/usr/local/bin:/usr/bin:/bin SHLVL=1`,
    "",
  ].join("\n");
}

function clientConfig(folder: string): string {
  return [
    "Host *",
    `  User ${userInfo().username}`,
    `  IdentityFile ${folder}/id`,
    "  IdentityAgent none",
    `  UserKnownHostsFile ${folder}/known_hosts`,
    "  GlobalKnownHostsFile /dev/null",
    "",
  ].join("\n");
}
