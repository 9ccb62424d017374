// Copies by rsync over OpenSSH with the very keys that our own connection verified: an ssh_config and a
// known_hosts file are written for one run and removed. Nothing of the user's ssh_config is read, no shell
// sees a name: OpenSSH hands `-F` on to its jump hosts by itself.

import { execa } from "execa";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { MfsctlError } from "../errors.ts";
import type { CallOptions, RsyncRequest } from "./host.ts";
import { keyType } from "./known-hosts.ts";
import { keepalive } from "./limits.ts";
import { abortError, refuseAborted } from "./output.ts";
import type { SshTarget } from "./ssh-config.ts";

/** One server on the way with the key it showed and that was trusted. */
export interface SshHop {
  readonly target: SshTarget;
  readonly hostKey: Buffer;
}

/**
 * Contents decide, not times; each file is replaced as a whole, and a part that a broken run left is used by the
 * next. Owners are not copied: what root receives belongs to root. `--secluded-args` keeps names from the remote shell.
 */
const safeOptions = [
  "--recursive",
  "--links",
  "--perms",
  "--times",
  "--checksum",
  "--partial-dir=.rsync-partial",
  "--secluded-args",
] as const;

/** What `request.elevated` adds; a constant, since the remote shell reads it. */
const elevatedOption = "--rsync-path=sudo -n rsync";

/** rsync's codes for a stream that broke or timed out, and ssh's own; which of them comes is a race. */
const brokenCodes: ReadonlySet<number> = new Set([12, 30, 35, 255]);

interface SshCopy extends CallOptions {
  readonly host: string;
  /** From the first jump host to the host itself. */
  readonly hops: readonly SshHop[];
  readonly request: RsyncRequest;
  /** How long each login may take. */
  readonly timeoutMs: number;
}

/** Copies between this machine and the last hop. */
export async function rsyncOverSsh(copy: SshCopy): Promise<void> {
  const { host, hops, request, signal, timeoutMs } = copy;
  const { elevated, remote, options = [] } = request;
  if (!remote.startsWith("/") || (request.direction === "pull" && /[*?[\\]/.test(remote))) {
    const message = `Cannot copy '${remote}' of '${host}': it is relative or a pattern, expected a plain absolute path`;
    throw new MfsctlError("internal", message, { host });
  }
  const folder = await mkdtemp(join(tmpdir(), "mfsctl-rsync-"));
  try {
    const { config, knownHosts } = sshFiles({ folder, hops, timeoutMs });
    await writeFile(join(folder, "config"), config, { mode: 0o600 });
    await writeFile(join(folder, "known_hosts"), knownHosts, { mode: 0o600 });
    const there = `${alias(hops.length - 1)}:${remote}`;
    const here = localPath(request.local);
    const shell = `ssh -F ${rsyncQuote(join(folder, "config"))}`;
    const argv = ["-e", shell, ...(elevated === true ? [elevatedOption] : []), ...options, "--"];
    const ends = request.direction === "push" ? [here, there] : [there, here];
    await runRsync(host, ["rsync", ...safeOptions, ...argv, ...ends], signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Copies between two places of this machine. */
export async function rsyncLocally(
  host: string,
  request: RsyncRequest,
  signal?: AbortSignal,
): Promise<void> {
  const { direction, elevated, options = [] } = request;
  const [here, there] = [localPath(request.local), localPath(request.remote)];
  const ends = direction === "push" ? [here, there] : [there, here];
  const sudo = elevated === true ? ["sudo", "-n", "--"] : [];
  await runRsync(host, [...sudo, "rsync", ...safeOptions, ...options, "--", ...ends], signal);
}

/** The ssh_config and known_hosts of one run: the jump hosts and the target under names of our own. */
export function sshFiles({
  folder,
  hops,
  timeoutMs,
}: {
  folder: string;
  hops: readonly SshHop[];
  timeoutMs: number;
}): { config: string; knownHosts: string } {
  const path = join(folder, "known_hosts");
  const knownHosts = hops.map(
    ({ hostKey }, index) => `${alias(index)} ${keyType(hostKey)} ${hostKey.toString("base64")}\n`,
  );
  const config = hops.map((hop, index) => hostBlock(hop, index, { path, timeoutMs }));
  return { config: config.join(""), knownHosts: knownHosts.join("") };
}

function hostBlock(
  { target, hostKey }: SshHop,
  index: number,
  common: { path: string; timeoutMs: number },
): string {
  const type = keyType(hostKey);
  const identities = target.identityFiles.length === 0 ? ["none"] : target.identityFiles;
  const rows: (readonly [string, string])[] = [
    ["HostName", target.address],
    ["Port", String(target.port)],
    ["User", target.user],
    ["HostKeyAlias", alias(index)],
    ["HostKeyAlgorithms", type === "ssh-rsa" ? "rsa-sha2-512,rsa-sha2-256" : type],
    ["StrictHostKeyChecking", "yes"],
    ["UserKnownHostsFile", token(common.path)],
    ["GlobalKnownHostsFile", "/dev/null"],
    ["UpdateHostKeys", "no"],
    ["BatchMode", "yes"],
    ["PreferredAuthentications", "publickey"],
    ["IdentitiesOnly", target.identitiesOnly ? "yes" : "no"],
    ["IdentityAgent", target.agent === undefined ? "none" : token(target.agent)],
    ...identities.map((file) => ["IdentityFile", token(file)] as const),
    ["ControlPath", "none"],
    ["ClearAllForwardings", "yes"],
    ["ConnectTimeout", String(Math.ceil(common.timeoutMs / 1000))],
    ["ServerAliveInterval", String(keepalive.intervalMs / 1000)],
    ["ServerAliveCountMax", String(keepalive.count)],
    ["LogLevel", "ERROR"],
  ];
  // ssh_config takes no quotes here, and "none" in quotes would be a host of that name.
  const jump = index === 0 ? "" : `  ProxyJump ${alias(index - 1)}\n`;
  const lines = rows.map(([key, value]) => `  ${key} ${word(value)}\n`);
  return `Host ${alias(index)}\n${jump}${lines.join("")}`;
}

async function runRsync(
  host: string,
  argv: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  refuseAborted(host, { signal });
  const [program = "rsync", ...rest] = argv;
  const answer = await execa(program, rest, {
    reject: false,
    stdin: "ignore",
    killSignal: "SIGHUP",
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  if (signal?.aborted === true) throw abortError(signal, host);
  if (answer.exitCode === 0) return;
  throw new MfsctlError(
    brokenCodes.has(answer.exitCode ?? 0) ? "unreachable" : "someHostsFailed",
    `Cannot copy with rsync on '${host}': it ended with ${answer.exitCode ?? answer.signal ?? answer.code}, expected 0`,
    { host, details: answer.stderr.trim().split(/\r?\n/).slice(-5), cause: answer },
  );
}

function alias(index: number): string {
  return `mfsctl-hop-${index}`;
}

/** A colon before the first slash would make it a host; a leading dash an option. */
function localPath(path: string): string {
  return resolve(path) + (path.endsWith("/") ? "/" : "");
}

/** rsync splits `-e` at spaces and knows quotes, which double to stand for themselves. */
function rsyncQuote(path: string): string {
  return `'${path.replaceAll("'", "''")}'`;
}

/** ssh_config expands percent tokens in paths. */
function token(path: string): string {
  return path.replaceAll("%", "%%");
}

/** One word of ssh_config, quoted. */
function word(value: string): string {
  if (!/["\\\n\r\0]|\$\{/.test(value)) return `"${value}"`;
  throw new MfsctlError(
    "invalidInventory",
    `Cannot tell ssh the value '${value}': it has a quote, a backslash, '\${' or a line break, expected a plain one`,
  );
}
