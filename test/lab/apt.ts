// What the control machine's own apt is told: the lab's hosts use the same mirrors, through the lab's proxy.
// Nothing of it is written down here, for every machine has its own mirror.

import { run } from "./command.ts";

/** The Debian release that the hosts run. */
export const codename = "bookworm";

/** One archive of the mirror: `suffix` is "", "-updates" or "-security". */
export interface Archive {
  readonly uri: URL;
  readonly suffix: string;
}

export interface AptSettings {
  readonly archives: readonly Archive[];
  /** The proxy that the machine's own apt goes through. */
  readonly proxy: URL | undefined;
  /** Lines of apt's configuration that the hosts need as well, since they see the same mirror. */
  readonly lines: readonly string[];
}

/** Reads the output of `apt-get indextargets` in the format that `readAptSettings` asks for. */
export function parseIndexTargets(text: string): Archive[] {
  const archives = new Map<string, Archive>();
  for (const line of text.split("\n")) {
    const [uri = "", release = "", component, origin] = line.split("|");
    const suffix = /^[a-z]+(|-updates|-security)$/.exec(release)?.[1];
    if (component !== "main" || suffix === undefined || !/^https?:/.test(uri)) continue;
    // Lists that were never downloaded have no origin yet; another vendor's archive has one that is not Debian's.
    if (origin !== "Debian" && origin !== "") continue;
    archives.set(`${uri} ${suffix}`, { uri: new URL(uri), suffix });
  }
  return [...archives.values()];
}

/** The `sources.list` of a host. It is plain HTTP always: the proxy speaks TLS where the mirror wants it. */
export function sourcesList(archives: readonly Archive[]): string {
  return archives
    .map(({ uri, suffix }) => `deb http://${uri.host}${uri.pathname} ${codename}${suffix} main\n`)
    .join("");
}

/** The archive from which a base system can be built. */
export function mainArchive(archives: readonly Archive[]): Archive | undefined {
  return archives.find(({ suffix }) => suffix === "");
}

/** Asks the machine's apt for its mirrors. */
export async function readAptSettings(): Promise<AptSettings> {
  const format = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)";
  const targets = await run([
    "apt-get",
    "indextargets",
    "--format",
    format,
    "Created-By: Packages",
  ]);
  const shell = [
    "proxy",
    "Acquire::http::Proxy",
    "until",
    "Acquire::Check-Valid-Until",
    "date",
    "Acquire::Check-Date",
  ];
  const config = await run(["apt-config", "shell", ...shell]);
  const value = (name: string) => new RegExp(`^${name}='(.*)'$`, "m").exec(config.stdout)?.[1];
  const lines = [
    `Acquire::Check-Valid-Until "${value("until") ?? "true"}";`,
    `Acquire::Check-Date "${value("date") ?? "true"}";`,
  ];
  const proxy = value("proxy");
  return {
    archives: parseIndexTargets(targets.stdout),
    proxy: proxy === undefined || proxy === "" || proxy === "DIRECT" ? undefined : new URL(proxy),
    lines,
  };
}
