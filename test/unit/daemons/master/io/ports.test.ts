// Connections on real sockets: what ends when, and what counts as an input.
// Spec: wire-client-master-1.md section 1.5.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setImmediate as nextLoop } from "node:timers/promises";
import { Ports } from "../../../../../daemons/master/io/ports.ts";
import type { PortHandler } from "../../../../../daemons/master/io/ports.ts";

/** A free port of this machine, so that nobody has to agree on one. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Ports with one handler that notes what it hears. */
class Listening {
  readonly heard: string[] = [];
  nowMs = 1000;
  readonly ports = new Ports(
    { begin: () => undefined, end: () => undefined, log: () => undefined },
    () => this.nowMs,
  );
  readonly handler: PortHandler = {
    name: "client",
    connected: (peer) => void this.heard.push(`connected ${peer}`),
    ruleOf: () => undefined,
    frame: () => undefined,
    closed: (peer) => void this.heard.push(`closed ${peer}`),
    watches: () => "both",
  };

  async connect(context: TestContext): Promise<net.Socket> {
    const port = await freePort();
    await this.ports.listen("127.0.0.1", port, this.handler);
    // A hung peer: its system takes the end of the connection, it does not.
    const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => undefined);
    context.after(() => socket.destroy());
    context.after(() => this.ports.shutDown());
    await once(socket, "connect");
    await this.until("connected 1");
    return socket;
  }

  async until(what: string): Promise<void> {
    for (let turn = 0; turn < 100_000; turn++) {
      if (this.heard.includes(what)) return;
      await nextLoop();
    }
    assert.fail(`heard ${this.heard.join(", ")}, expected ${what}`);
  }
}

test("a peer that was told to go and does not hang up is gone after two seconds", async (context) => {
  const listening = new Listening();
  const socket = await listening.connect(context);
  const ended = once(socket.resume(), "end");
  listening.ports.run(() => listening.ports.close(1, "silent"));
  await ended;
  listening.ports.run(() => listening.ports.watch());
  listening.nowMs += 2500;
  listening.ports.run(() => listening.ports.watch());
  await listening.until("closed 1");
});

test("the ends of connections after a shutdown are no inputs: the world is stored then", async (context) => {
  const listening = new Listening();
  const socket = await listening.connect(context);
  const closed = once(socket.resume(), "end");
  await listening.ports.shutDown();
  await closed;
  await nextLoop();
  let isRun = false;
  listening.ports.run(() => (isRun = true));
  assert.equal(isRun, false);
  assert.deepEqual(listening.heard, ["connected 1"]);
});
