// Where and as whom to log in: ssh2 reads no ssh_config, so `ssh -G` is asked, and the inventory wins over it.
// A jump host is a target of its own (`via`), so that each hop's key is verified like any other.

import { execa } from "execa";
import { homedir } from "node:os";
import { resolve } from "node:path";

import { MfsctlError } from "../errors.ts";
import { hopsMax } from "./limits.ts";

/** What the inventory says about reaching one host over SSH. */
export interface SshWish {
  readonly name: string;
  readonly address: string;
  readonly user?: string | undefined;
  readonly port?: number | undefined;
  readonly identityFile?: string | undefined;
  /** The only known_hosts file to believe. */
  readonly knownHosts?: string | undefined;
  /** `[user@]host[:port]`, several with commas, or the name of an inventory host; `none` means no jump. */
  readonly jump?: string | undefined;
  /** Pinned keys: `ssh-ed25519 AAAA...` or `SHA256:...`. They win over all known_hosts files. */
  readonly hostKeys?: readonly string[] | undefined;
}

/** One SSH server with everything needed to log in and to judge its key. */
export interface SshTarget {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  readonly agent: string | undefined;
  /** The name that known_hosts files use: `host`, `[host]:port` or a HostKeyAlias. */
  readonly knownName: string;
  readonly knownHostsFiles: readonly string[];
  readonly hostKeys: readonly string[];
  readonly via: SshTarget | undefined;
}

/** Where wishes are completed from. */
export interface ResolveOptions {
  /** Read instead of the user's and the system's ssh_config. */
  readonly configFile?: string | undefined;
  /** Finds an inventory host by name, for jumps that name one. */
  readonly entry?: ((name: string) => SshWish | undefined) | undefined;
}

/** Completes a wish from ssh_config, jump hosts included. */
export async function resolveTarget(
  wish: SshWish,
  options: ResolveOptions = {},
  hops = 0,
): Promise<SshTarget> {
  if (hops > hopsMax) {
    throw refusal(wish, `it is behind more than ${hopsMax} jump hosts`, `at most ${hopsMax}`);
  }
  const config = await askSsh(wish, options);
  const command = config.get("proxycommand")?.[0];
  if (wish.jump === undefined && command !== undefined) {
    throw refusal(wish, `ssh_config has ProxyCommand '${command}'`, "ProxyJump");
  }
  const jump = wish.jump ?? config.get("proxyjump")?.[0] ?? "none";
  const via = jump === "none" ? undefined : await resolveJump(jump, options, hops);
  return target(wish, config, via);
}

/** Takes `[user@]host[:port]` apart, with `ssh://` and `[::1]:22` as OpenSSH allows them. */
export function parseHop(hop: string): SshWish {
  const match =
    /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:@]+|[^:@]*:[^:@]*:[^@]*))(?::(\d+))?$/.exec(
      hop.trim(),
    );
  const address = match?.[2] ?? match?.[3];
  if (address === undefined) {
    const message = `Cannot read the jump host '${hop}': it has no address, expected '[user@]host[:port]'`;
    throw new MfsctlError("invalidInventory", message);
  }
  const port = match?.[4] === undefined ? undefined : Number(match[4]);
  return { name: hop.trim(), address, user: match?.[1], port };
}

async function resolveJump(
  jump: string,
  options: ResolveOptions,
  hops: number,
): Promise<SshTarget> {
  const chain = jump.split(",").map((hop) => hop.trim());
  const last = chain.pop() ?? "";
  const hop = options.entry?.(last) ?? parseHop(last);
  const before = chain.length === 0 ? {} : { jump: chain.join(",") };
  return await resolveTarget({ ...hop, ...before }, options, hops + 1);
}

/** `ssh -G` prints one `keyword value` a line, keywords in lower case, some more than once. */
async function askSsh(
  wish: SshWish,
  options: ResolveOptions,
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (/^-|^$|[\s\0]/.test(wish.address)) {
    throw refusal(wish, `its address is '${wish.address}'`, "a host name or an IP address");
  }
  const argv = ["-G"];
  if (options.configFile !== undefined) argv.push("-F", options.configFile);
  if (wish.port !== undefined) argv.push("-p", String(wish.port));
  if (wish.user !== undefined) argv.push("-l", wish.user);
  const answer = await execa("ssh", [...argv, "--", wish.address], {
    reject: false,
    stdin: "ignore",
  });
  if (answer.exitCode !== 0) {
    const reason = answer.stderr.trim().split("\n").at(-1) ?? answer.message;
    throw refusal(wish, `'ssh -G' says '${reason}'`, "a configuration that ssh can read");
  }
  const config = new Map<string, string[]>();
  for (const line of answer.stdout.split("\n")) {
    const space = line.indexOf(" ");
    const keyword = line.slice(0, Math.max(space, 0));
    config.set(keyword, [...(config.get(keyword) ?? []), line.slice(space + 1)]);
  }
  return config;
}

function target(
  wish: SshWish,
  config: ReadonlyMap<string, readonly string[]>,
  via: SshTarget | undefined,
): SshTarget {
  const first = (keyword: string): string | undefined => config.get(keyword)?.[0];
  const address = first("hostname") ?? wish.address;
  const port = wish.port ?? Number(first("port") ?? 22);
  const user = wish.user ?? first("user") ?? "root";
  const path = (raw: string): string => expand(raw, { wish, address, port, user });
  const files = [first("userknownhostsfile"), first("globalknownhostsfile")]
    .flatMap((list) => list?.split(" ") ?? [])
    .filter((file) => file !== "" && file !== "none");
  const identities = wish.identityFile === undefined ? (config.get("identityfile") ?? []) : [];
  return {
    name: wish.name,
    address,
    port,
    user,
    identityFiles: (wish.identityFile === undefined ? identities : [wish.identityFile])
      .filter((file) => file !== "none")
      .map(path),
    identitiesOnly: first("identitiesonly") === "yes",
    agent: agentSocket(first("identityagent"), path),
    knownName: first("hostkeyalias") ?? (port === 22 ? address : `[${address}]:${port}`),
    knownHostsFiles: (wish.knownHosts === undefined ? files : [wish.knownHosts]).map(path),
    hostKeys: wish.hostKeys ?? [],
    via,
  };
}

function agentSocket(raw: string | undefined, path: (raw: string) => string): string | undefined {
  if (raw === "none") return undefined;
  if (raw === undefined || raw === "SSH_AUTH_SOCK") return process.env["SSH_AUTH_SOCK"];
  return raw.startsWith("$") ? process.env[raw.slice(1)] : path(raw);
}

/** `ssh -G` leaves `~` and percent tokens in paths as they were written. */
function expand(
  raw: string,
  context: { wish: SshWish; address: string; port: number; user: string },
): string {
  const tokens: Record<string, string> = {
    "%": "%",
    d: homedir(),
    h: context.address,
    n: context.wish.address,
    p: String(context.port),
    r: context.user,
  };
  const plain = raw.replaceAll(/%([%dhnpr])/g, (whole, token: string) => tokens[token] ?? whole);
  return resolve(plain.replace(/^~(?=\/|$)/, homedir()));
}

function refusal(wish: SshWish, is: string, expected: string): MfsctlError {
  return new MfsctlError(
    "invalidInventory",
    `Cannot find the way to '${wish.name}': ${is}, expected ${expected}`,
    { host: wish.name, hint: `ssh -G ${wish.address}` },
  );
}
