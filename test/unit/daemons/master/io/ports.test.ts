// Connections on real sockets: what ends when, and what counts as an input.
// Spec: wire-client-master-1.md section 1.5.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setImmediate as nextLoop } from "node:timers/promises";
import { packet } from "../../../../../daemons/protocol/packet.ts";
import { rest } from "../../../../../daemons/protocol/wire.ts";
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
    {
      begin: () => undefined,
      end: () => undefined,
      log: (_level, message) => void this.heard.push(message.replace(/:\d+:/, ":")),
    },
    () => this.nowMs,
  );
  readonly handler: PortHandler = {
    name: "client",
    connected: (peer) => void this.heard.push(`connected ${peer}`),
    ruleOf: () => ({ name: "any", maxBody: 100 }),
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

test("more than the kernel takes at once arrives whole and in order", async (context) => {
  const listening = new Listening();
  const socket = await listening.connect(context);
  const partBytes = 1_000_000;
  const parts = 40;
  const Part = packet("PART", 7, { data: rest }, { maxBody: partBytes });
  for (let part = 0; part < parts; part++) {
    const data = new Uint8Array(partBytes).fill(part);
    listening.ports.run(() => listening.ports.send(1, Part, { data }));
  }
  assert.ok(listening.ports.unsentBytes(1) > 0, "the kernel took everything: more is needed");
  listening.ports.run(() => listening.ports.close(1, "all was sent"));
  const pieces: Buffer[] = [];
  socket.on("data", (piece: Buffer) => pieces.push(piece));
  await once(socket, "end");
  const received = Buffer.concat(pieces);
  assert.equal(received.length, parts * (partBytes + 8));
  for (let part = 0; part < parts; part++) {
    const body = received.subarray(part * (partBytes + 8) + 8, (part + 1) * (partBytes + 8));
    assert.ok(
      body.every((byte) => byte === part),
      `part ${part}`,
    );
  }
});

test("a peer that hangs up inside a packet has its line in the log", async (context) => {
  const listening = new Listening();
  const socket = await listening.connect(context);
  socket.end(Buffer.from([0, 0, 0, 7, 0]));
  await listening.until("closed 1");
  assert.deepEqual(listening.heard, [
    "connected 1",
    "client 127.0.0.1: closed: it hung up inside a packet",
    "closed 1",
  ]);
});

test("a peer that resets its connection while answers wait is gone", async (context) => {
  const listening = new Listening();
  const socket = await listening.connect(context);
  const Part = packet("PART", 7, { data: rest }, { maxBody: 20_000_000 });
  const data = new Uint8Array(20_000_000);
  listening.ports.run(() => listening.ports.send(1, Part, { data }));
  socket.resetAndDestroy();
  await listening.until("closed 1");
  listening.ports.run(() => listening.ports.send(1, Part, { data }));
  assert.equal(listening.ports.count, 0);
});
