// The way of the hosts' apt to the mirror: a forward proxy for GET and HEAD, to the configured archives only.
// Run as a program it serves one lab: `proxy.ts CONFIGURATION` (JSON of ProxyOptions), until it is killed.

import { once } from "node:events";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import http from "node:http";
import { pipeline } from "node:stream/promises";
import { PackageCache } from "./package-cache.ts";
import type { PackageCacheOptions } from "./package-cache.ts";

export interface ProxyOptions extends PackageCacheOptions {
  readonly address: string;
  readonly port: number;
}

const connectionsMax = 128;

/** Starts a proxy; it listens when the promise is fulfilled. */
export async function startProxy(options: ProxyOptions): Promise<http.Server> {
  const cache = new PackageCache(options);
  const server = http.createServer((request, response) => {
    serve(cache, request, response).catch((error: unknown) => {
      // The client went away, or the file cannot be read: either way there is nobody to tell but the log.
      process.stderr.write(`${request.method} ${request.url}: ${String(error)}\n`);
      response.destroy();
    });
  });
  server.maxConnections = connectionsMax;
  await once(server.listen(options.port, options.address), "listening");
  return server;
}

async function serve(
  cache: PackageCache,
  request: http.IncomingMessage,
  response: http.ServerResponse,
) {
  if (request.method !== "GET" && request.method !== "HEAD")
    return refuse(response, 405, "only GET and HEAD");
  const found = await cache.find(request.url ?? "");
  if (!("file" in found)) return refuse(response, found.status, found.reason);
  const { size, mtime } = await stat(found.file);
  response.writeHead(200, { "content-length": size, "last-modified": mtime.toUTCString() });
  if (request.method === "HEAD") response.end();
  else await pipeline(createReadStream(found.file), response);
}

function refuse(response: http.ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { "content-type": "text/plain" }).end(`${reason}\n`);
  if (status !== 404)
    process.stderr.write(`${status} ${response.req.method} ${response.req.url}: ${reason}\n`);
}

if (import.meta.main) {
  const options = JSON.parse(await readFile(process.argv[2] ?? "", "utf8")) as ProxyOptions;
  await startProxy(options);
  process.send?.("listening");
}
