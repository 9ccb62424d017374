// The Debian packages that the tests need on this machine, and their installation.

import { run } from "./command.ts";

/** Debian packages of the unit tier: a real sshd and rsync on loopback, and the tree's own list of files. */
export const unitPackages = ["git", "openssh-client", "openssh-server", "rsync"] as const;

/** Debian packages of the control machine of a lab, with the programs by which they are known. */
export const labPackages = {
  debootstrap: ["debootstrap"],
  "debian-archive-keyring": [],
  "systemd-container": ["systemd-nspawn"],
  iproute2: ["ip"],
  "openssh-client": ["ssh", "ssh-keygen"],
  xfsprogs: ["xfs_io"],
  rsync: ["rsync"],
  e2fsprogs: ["mkfs.ext4"],
  "util-linux": ["unshare", "nsenter", "losetup", "flock"],
  wget: ["wget"],
} as const satisfies Record<string, readonly string[]>;

const installTimeoutMs = 10 * 60_000;

/**
 * Installs what is missing with apt-get and says so. What cannot be installed stays missing: the capability check
 * that follows names it.
 */
export async function installPackages(
  names: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  const query = await run(["dpkg-query", "-W", "-f=${db:Status-Abbrev} ${Package}\n", ...names]);
  const installed = new Set(query.stdout.split("\n").filter((line) => line.startsWith("ii ")));
  const missing = names.filter((name) => ![...installed].some((line) => line.endsWith(` ${name}`)));
  if (missing.length === 0 || process.getuid?.() !== 0) return;
  say(`Installing the Debian packages that the tests need: ${missing.join(" ")}`);
  await run(["apt-get", "update", "-q"], { timeoutMs: installTimeoutMs });
  const install = [
    "apt-get",
    "install",
    "-q",
    "-y",
    "--no-install-recommends",
    ...missing,
  ] as const;
  const answer = await run(install, {
    timeoutMs: installTimeoutMs,
    env: { DEBIAN_FRONTEND: "noninteractive" },
  });
  if (answer.code !== 0) say(`apt-get install ended with ${answer.code}: ${answer.stderr.trim()}`);
}
