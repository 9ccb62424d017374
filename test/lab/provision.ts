// What a lab needs before its hosts can boot: the proxy to the mirror, the files an administrator puts on a new host,
// and the base system that all hosts share.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { mainArchive, readAptSettings, sourcesList } from "./apt.ts";
import type { AptSettings } from "./apt.ts";
import { run } from "./command.ts";
import { LabError } from "./errors.ts";
import { labFolder } from "./lab-state.ts";
import type { LabState } from "./lab-state.ts";
import { startProxyProcess } from "./proxy-process.ts";

const recipe = path.join(import.meta.dirname, "base.sh");
const cacheFolder = "/var/cache/mfs-lab";
const proxyPort = 3128;
const baseTimeoutMs = 15 * 60_000;

/** The folder of the base system; named by the hash of the recipe that builds it. */
export async function baseFolder(): Promise<string> {
  const hash = createHash("sha256").update(await readFile(recipe));
  return path.join(cacheFolder, `base-${hash.digest("hex").slice(0, 12)}`);
}

/** Starts the proxy, writes the seed and builds the base if it is not there yet. The lab's bridge must be up. */
export async function provision(state: LabState): Promise<void> {
  const apt = await readAptSettings();
  const address = `${state.net}.254`;
  await startProxyProcess(labFolder(state.name), {
    address,
    port: proxyPort,
    folder: path.join(cacheFolder, "apt"),
    archives: apt.archives.map(({ uri }) => uri.href),
    ...(apt.proxy === undefined ? {} : { proxy: apt.proxy.href }),
  });
  const proxy = `http://${address}:${proxyPort}`;
  await writeSeed(path.join(labFolder(state.name), "seed/etc/apt"), proxy, apt);
  if (!existsSync(state.base)) await buildBase(state.base, proxy, apt);
}

/** What an administrator gives a new host: the mirror, and the proxy that leads to it. */
async function writeSeed(folder: string, proxy: string, apt: AptSettings): Promise<void> {
  const lines = [`Acquire::http::Proxy "${proxy}";`, 'Acquire::http::Timeout "300";', ...apt.lines];
  await mkdir(path.join(folder, "apt.conf.d"), { recursive: true });
  await writeFile(path.join(folder, "sources.list"), sourcesList(apt.archives));
  await writeFile(path.join(folder, "apt.conf.d/99lab"), `${lines.join("\n")}\n`);
}

async function buildBase(folder: string, proxy: string, apt: AptSettings): Promise<void> {
  const archive = mainArchive(apt.archives);
  if (archive === undefined) return; // the capability check has refused such a machine
  process.stderr.write(`lab: building the hosts' base system '${folder}' (about a minute, once)\n`);
  const mirror = `http://${archive.uri.host}${archive.uri.pathname}`;
  const options = { timeoutMs: baseTimeoutMs, env: { http_proxy: proxy } };
  const answer = await run([recipe, folder, mirror], options);
  if (answer.code === 0) return;
  const what = `Cannot build the hosts' base system '${folder}': debootstrap failed, expected a root folder`;
  throw new LabError("hosts", `${what}\n${answer.stderr}`);
}
