// argv for package managers: Debian's apt and the dnf/yum families behind one choice.

import type { Command } from "../host/host.ts";

export type PackageFamily = "apt" | "dnf" | "yum";

const installTimeoutMs = 15 * 60_000;

/** Refreshes the lists; dnf and yum do it by themselves. */
export function updateLists(family: PackageFamily): Command | undefined {
  return family === "apt"
    ? {
        argv: ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=120", "update"],
        timeoutMs: installTimeoutMs,
      }
    : undefined;
}

/** Installs packages without a question and without their recommendations. */
export function installPackages(family: PackageFamily, names: readonly string[]): Command {
  if (family !== "apt") {
    return { argv: [family, "-q", "-y", "install", ...names], timeoutMs: installTimeoutMs };
  }
  return {
    argv: [
      "env",
      "DEBIAN_FRONTEND=noninteractive",
      "apt-get",
      "-q",
      "-y",
      "-o",
      "DPkg::Lock::Timeout=120",
      "-o",
      "Dpkg::Options::=--force-confold",
      "--no-install-recommends",
      "install",
      ...names,
    ],
    timeoutMs: installTimeoutMs,
  };
}

/** Prints `name<TAB>version` of those that are installed; works on both families without knowing which. */
export function queryPackages(names: readonly string[]): Command {
  const script = `if command -v dpkg-query >/dev/null 2>&1; then
dpkg-query -W -f '\${db:Status-Status}\\t\${Package}\\t\${Version}\\n' "$@" 2>/dev/null | sed -n 's/^installed\\t//p'
elif command -v rpm >/dev/null 2>&1; then
for p; do rpm -q --qf '%{NAME}\\t%{VERSION}-%{RELEASE}\\n' "$p" 2>/dev/null; done
fi; true`;
  return { argv: ["sh", "-c", script, "sh", ...names] };
}

/** The family of a distribution by the ID and ID_LIKE words of /etc/os-release; undefined when unknown. */
export function packageFamily(
  words: readonly string[],
  tools: ReadonlySet<string>,
): PackageFamily | undefined {
  if (words.some((word) => word === "debian" || word === "ubuntu")) return "apt";
  if (words.some((word) => ["rhel", "fedora", "centos"].includes(word))) {
    return tools.has("dnf") ? "dnf" : "yum";
  }
  return undefined;
}
