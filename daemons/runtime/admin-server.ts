// The admin port: /healthz and /metrics for people and scrapers, bound to loopback unless configured.
// It only reads, so a second daemon on the same port does without it instead of failing to start.

import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { limits } from "../base/limits.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** Where to listen; port 0 means nowhere. */
export interface AdminAddress {
  readonly host: string;
  readonly port: number;
}

/** What the port shows. */
export interface AdminPages {
  readonly metrics: Metrics;
  /** Null: well; otherwise what is wrong. */
  health(): string | null;
}

/** The server and the address that it has now. */
export class AdminServer {
  readonly #pages: AdminPages;
  readonly #log: Log;
  #server: Server | null = null;
  #address: AdminAddress = { host: "", port: 0 };

  constructor(pages: AdminPages, log: Log) {
    this.#pages = pages;
    this.#log = log;
  }

  /** Listens on this address from now on; a failure is logged and leaves the port closed. */
  async listen(address: AdminAddress): Promise<void> {
    const same = this.#address.host === address.host && this.#address.port === address.port;
    if (same && this.#server !== null) return;
    await this.close();
    this.#address = address;
    if (address.port === 0) return;
    const server = this.#create();
    const where = `${address.host}:${address.port}`;
    try {
      server.listen(address.port, address.host === "*" ? "0.0.0.0" : address.host);
      await once(server, "listening");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.warning("admin port: cannot listen, metrics are not served", { where, reason });
      return;
    }
    server.on("error", (error) => this.#log.warning("admin port", { reason: error.message }));
    this.#server = server;
  }

  /** Closes the port and its connections. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  }

  #create(): Server {
    const server = createServer(
      {
        maxHeaderSize: limits.adminHeaderBytes,
        requestTimeout: limits.adminRequestMs,
        headersTimeout: limits.adminRequestMs,
      },
      (request, response) => this.#answer(request, response),
    );
    server.maxConnections = limits.adminConnections;
    return server;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method = "", url = "" } = request;
    if (method !== "GET" && method !== "HEAD") return reply(response, 405, "read only\n");
    const [path] = url.split("?");
    if (path === "/metrics") {
      response.setHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
      return reply(response, 200, this.#pages.metrics.render());
    }
    if (path !== "/healthz") return reply(response, 404, "expected /healthz or /metrics\n");
    const trouble = this.#pages.health();
    return reply(response, trouble === null ? 200 : 503, `${trouble ?? "ok"}\n`);
  }
}

function reply(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  if (!response.hasHeader("Content-Type")) {
    response.setHeader("Content-Type", "text/plain; charset=utf-8");
  }
  response.setHeader("Cache-Control", "no-store");
  response.end(text);
}
