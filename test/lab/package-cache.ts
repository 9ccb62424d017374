// Files of Debian mirrors, kept on disk: each is fetched once, by one download, however many hosts ask for it.
// Package files and by-hash indexes never change; release files are asked for again after a while, and the old
// copy serves when the mirror does not answer, so a second run needs no network.

import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import path from "node:path";
import { pipeline } from "node:stream/promises";

/** Where files come from and where they are kept. */
export interface PackageCacheOptions {
  readonly folder: string;
  /** Archives that may be asked for, by their URIs; the scheme is the one the mirror wants. */
  readonly archives: readonly string[];
  /** The HTTP proxy between this machine and the mirrors. */
  readonly proxy?: string;
}

/** A file that can be sent, or the status to answer instead. */
export type Found =
  | { readonly status: 200; readonly file: string }
  | { readonly status: number; readonly reason: string };

const downloadsMax = 6; // a mirror's usual patience with one client
const redirectsMax = 3;
const silenceMsMax = 60_000;
const fileSizeMax = 1024 ** 3; // the largest package of Debian is below it
const freshMs = 6 * 3600 * 1000;

/** Finds files of mirrors on disk or fetches them. */
export class PackageCache {
  readonly #options: PackageCacheOptions;
  readonly #archives: readonly URL[];
  readonly #running = new Map<string, Promise<Found>>();
  readonly #waiting: (() => void)[] = [];
  #downloads = 0;

  constructor(options: PackageCacheOptions) {
    this.#options = options;
    this.#archives = options.archives.map((uri) => new URL(uri));
  }

  /** The file at this URL, from disk if that is good enough. */
  async find(address: string): Promise<Found> {
    const url = this.#allowed(address);
    if (url === undefined) return { status: 403, reason: "not one of the configured archives" };
    const file = path.join(this.#options.folder, url.host, url.pathname);
    const age = await ageMs(file);
    if (age !== undefined && (isImmutable(url.pathname) || age < freshMs))
      return { status: 200, file };
    const running = this.#running.get(file) ?? this.#start(url, file);
    const found = await running;
    return found.status !== 200 && found.status !== 404 && age !== undefined
      ? { status: 200, file }
      : found;
  }

  /** The URL as the mirror wants it, undefined when it lies outside the archives. */
  #allowed(address: string): URL | undefined {
    if (!URL.canParse(address)) return undefined;
    const url = new URL(address);
    if (url.pathname.endsWith("/") || url.search !== "" || /%2f|%00|\\/i.test(url.pathname))
      return undefined;
    const archive = this.#archives.find(
      (one) => one.host === url.host && url.pathname.startsWith(one.pathname.replace(/\/*$/, "/")),
    );
    return archive && new URL(url.pathname, archive);
  }

  #start(url: URL, file: string): Promise<Found> {
    const download = this.#download(url, file).finally(() => this.#running.delete(file));
    this.#running.set(file, download);
    return download;
  }

  async #download(url: URL, file: string): Promise<Found> {
    while (this.#downloads >= downloadsMax)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#downloads += 1;
    try {
      return await this.#fetch(url, file, redirectsMax);
    } catch (error) {
      return { status: 502, reason: error instanceof Error ? error.message : String(error) };
    } finally {
      this.#downloads -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #fetch(url: URL, file: string, redirects: number): Promise<Found> {
    const answer = await get(url, this.#options.proxy);
    const status = answer.statusCode ?? 502;
    if (status === 200) return save(answer, file);
    answer.resume();
    const location = answer.headers.location;
    const target = location === undefined ? undefined : this.#allowed(new URL(location, url).href);
    if (status >= 300 && status < 400 && target !== undefined && redirects > 0) {
      return this.#fetch(target, file, redirects - 1);
    }
    return { status: status === 404 ? 404 : 502, reason: `the mirror answered ${status}` };
  }
}

function isImmutable(pathname: string): boolean {
  return pathname.includes("/pool/") || pathname.includes("/by-hash/");
}

async function ageMs(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(() => undefined); // an absent file has no age
  return found?.isFile() === true ? Date.now() - found.mtimeMs : undefined;
}

async function get(url: URL, proxy: string | undefined): Promise<http.IncomingMessage> {
  const request =
    proxy === undefined || url.protocol === "https:"
      ? (url.protocol === "https:" ? https : http).get(url)
      : http.get(proxy, { path: url.href, headers: { host: url.host } });
  request.setTimeout(silenceMsMax, () => request.destroy(new Error("the mirror is silent")));
  const [answer] = (await once(request, "response")) as [http.IncomingMessage];
  return answer;
}

/** Writes the whole answer beside its place, then moves it there: a broken download leaves nothing behind. */
async function save(answer: http.IncomingMessage, file: string): Promise<Found> {
  const length = answer.headers["content-length"];
  const part = `${file}.part-${process.pid}`;
  let size = 0;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await pipeline(
      answer,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          size += chunk.length;
          if (size > fileSizeMax) throw new Error(`the file is larger than ${fileSizeMax} bytes`);
          yield chunk;
        }
      },
      createWriteStream(part),
    );
    if (length !== undefined && Number(length) !== size)
      throw new Error(`the mirror sent ${size} of ${length} bytes`);
    await rename(part, file);
    return { status: 200, file };
  } finally {
    await rm(part, { force: true });
  }
}
