// The wire client over in-memory streams: order, keep-alive, limits, and what every kind of loss does.

import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import type { Duplex } from "node:stream";
import { test } from "node:test";
import { joinBlocks } from "../../../daemons/protocol/packet.ts";
import {
  Info,
  InfoAnswer,
  MetaloggerList,
  MetaloggerListAnswer,
} from "../../../daemons/protocol/packets/admin.ts";
import { GetVersion, Nop, Version } from "../../../daemons/protocol/packets/any.ts";
import { ProtocolError } from "../../../daemons/protocol/protocol-error.ts";
import { spokenVersion } from "../../../daemons/protocol/version.ts";
import { MfsctlError } from "../../../src/errors.ts";
import { WireClient } from "../../../src/wire/client.ts";

const noBytes = { metaloggers: [] };
const versionFrame = joinBlocks(
  Version.encode({ variant: "plain", version: spokenVersion, text: "3.0.117-1" }),
);
const listFrame = joinBlocks(MetaloggerListAnswer.encode(noBytes));

function pair(): { client: WireClient; peer: Duplex; stream: Duplex } {
  const [stream, peer] = duplexPair();
  return { client: new WireClient(stream, { name: "meta01" }), peer, stream };
}

function askVersion(client: WireClient): Promise<{ text: string }> {
  return client.request(GetVersion, { variant: "plain" }, Version);
}

/** The next bytes that the client sends. */
async function received(peer: Duplex): Promise<Uint8Array> {
  const piece: unknown = await new Promise((resolve) => {
    peer.once("data", resolve);
  });
  assert.ok(piece instanceof Uint8Array);
  return new Uint8Array(piece);
}

function frame(type: number, body: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 + body.length);
  new DataView(bytes.buffer).setUint32(0, type);
  new DataView(bytes.buffer).setUint32(4, body.length);
  bytes.set(body, 8);
  return bytes;
}

function lost(code: string): (error: unknown) => boolean {
  return (error) => error instanceof MfsctlError && error.code === code && error.host === "meta01";
}

test("a request is the packet's frame, and its answer the decoded body", async () => {
  const { client, peer } = pair();
  const answer = askVersion(client);
  assert.deepStrictEqual(await received(peer), frame(10, []));
  peer.write(versionFrame);
  assert.equal((await answer).text, "3.0.117-1");
  client.close();
});

test("an answer may arrive byte by byte behind NOPs of any length and news for mounts", async () => {
  const { client, peer } = pair();
  const answer = askVersion(client);
  await received(peer);
  const chatter = [
    frame(0, []),
    frame(0, [0, 0, 0, 0]),
    frame(
      0,
      Array.from({ length: 5000 }, () => 1),
    ),
  ];
  const news = [
    frame(706, [0, 0, 0, 0]),
    frame(
      703,
      Array.from({ length: 16 }, () => 0),
    ),
  ];
  for (const byte of Buffer.concat([...chatter, ...news, versionFrame])) {
    peer.write(Uint8Array.of(byte));
  }
  assert.equal((await answer).text, "3.0.117-1");
  client.close();
});

test("one request is on the wire at a time, the others follow in order", async () => {
  const { client, peer } = pair();
  const first = askVersion(client);
  const second = client.request(MetaloggerList, {}, MetaloggerListAnswer);
  assert.deepStrictEqual(await received(peer), frame(10, []));
  assert.equal(peer.readableLength, 0);
  peer.write(versionFrame);
  await first;
  assert.deepStrictEqual(await received(peer), frame(522, []));
  peer.write(listFrame);
  assert.deepStrictEqual(await second, noBytes);
  client.close();
});

test("an unexpected packet ends the stream and every waiting request", async () => {
  const { client, peer, stream } = pair();
  const waiting = [askVersion(client), askVersion(client)];
  await received(peer);
  peer.write(listFrame);
  for (const request of waiting) {
    await assert.rejects(request, (error) => {
      assert.ok(error instanceof MfsctlError && error.cause instanceof ProtocolError);
      assert.equal(error.cause.code, "unknownPacket");
      return lost("unreachable")(error);
    });
  }
  assert.equal(stream.destroyed, true);
  await assert.rejects(askVersion(client), lost("unreachable"));
});

test("an answer above its limit is refused before its body comes", async () => {
  const { client, peer } = pair();
  const answer = client.request(Info, {}, InfoAnswer);
  await received(peer);
  const header = frame(511, []);
  new DataView(header.buffer).setUint32(4, 1_000_000);
  peer.write(header);
  await assert.rejects(answer, (error) => {
    assert.ok(error instanceof MfsctlError && error.cause instanceof ProtocolError);
    return error.cause.code === "bodyTooLong";
  });
});

test("an answer that does not decode ends the stream", async () => {
  const { client, peer, stream } = pair();
  const answer = client.request(Info, {}, InfoAnswer);
  await received(peer);
  peer.write(frame(511, [1, 2, 3]));
  await assert.rejects(answer, /3 bytes, expected 149/);
  assert.equal(stream.destroyed, true);
});

test("a peer that hangs up, in the middle of an answer or before, is unreachable", async () => {
  for (const part of [0, 5, versionFrame.length - 1]) {
    const { client, peer } = pair();
    const answer = askVersion(client);
    await received(peer);
    peer.end(versionFrame.subarray(0, part));
    await assert.rejects(answer, lost("unreachable"));
  }
});

test("a failing stream rejects with its error as the cause", async () => {
  const { client, stream } = pair();
  const answer = askVersion(client);
  const cause = new Error("read ECONNRESET");
  stream.destroy(cause);
  await assert.rejects(answer, (error) => {
    return lost("unreachable")(error) && error instanceof MfsctlError && error.cause === cause;
  });
});

test("a request without an answer is given up after its time, and the stream with it", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const { client, stream } = pair();
  const answers = [askVersion(client), askVersion(client)];
  t.mock.timers.tick(9_999);
  assert.equal(stream.destroyed, false);
  t.mock.timers.tick(1);
  for (const answer of answers) await assert.rejects(answer, lost("timedOut"));
  assert.equal(stream.destroyed, true);
});

test("a request may bring its own time limit", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const { client } = pair();
  const answer = client.request(GetVersion, { variant: "plain" }, Version, { timeoutMs: 50 });
  t.mock.timers.tick(50);
  await assert.rejects(answer, lost("timedOut"));
});

test("an idle client sends a NOP every three seconds, so that a master keeps it", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const { client, peer } = pair();
  t.mock.timers.tick(3_000);
  const nop = new Uint8Array(joinBlocks(Nop.encode({ padding: new Uint8Array(4) })));
  assert.deepStrictEqual(await received(peer), nop);
  client.close();
});

test("closing rejects what waits and whatever comes later", async () => {
  const { client, stream } = pair();
  const answer = askVersion(client);
  client.close();
  client.close();
  await assert.rejects(answer, lost("unreachable"));
  await assert.rejects(askVersion(client), lost("unreachable"));
  assert.equal(stream.destroyed, true);
});

test("more waiting requests than the limit are refused at once", async () => {
  const { client } = pair();
  const accepted = Array.from({ length: 65 }, () => askVersion(client).catch(() => "lost"));
  await assert.rejects(askVersion(client), (error) => {
    return error instanceof MfsctlError && error.code === "internal";
  });
  client.close();
  assert.deepStrictEqual(new Set(await Promise.all(accepted)), new Set(["lost"]));
});
