// What stock mounts, tools and masters said to each other (test/interop/record-goldens.ts, and the vectors of
// wire-client-master.md): every frame survives decoding and encoding, in blocks and in a reused buffer.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { decodeAttributes } from "../../../../daemons/protocol/attributes.ts";
import { Writer } from "../../../../daemons/protocol/bytes.ts";
import { decodeText } from "../../../../daemons/protocol/byte-text.ts";
import { headerBytes, joinBlocks } from "../../../../daemons/protocol/packet.ts";
import type { Packet } from "../../../../daemons/protocol/packet.ts";
import { requestsOf } from "../../../../daemons/protocol/packets/client-requests.ts";
import { Register } from "../../../../daemons/protocol/packets/client-register.ts";
import {
  directoryEntries,
  ReadDirectoryAnswer,
} from "../../../../daemons/protocol/packets/client-tree.ts";
import { allPackets, opened, refusedOrExact } from "./tables.ts";

interface Golden {
  readonly title: string;
  readonly row: Packet<unknown>;
  readonly body: Uint8Array;
  readonly variant: string | undefined;
}

const protocolFolder = new URL("../../../golden/protocol/", import.meta.url);
const clientFolder = new URL("client/", protocolFolder);

/** Frames whose variant only the request tells. */
const variants: Readonly<Record<string, string>> = { "matocl-sclass-list--long": "definitions" };

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

function uncommented(file: URL): readonly string[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

const recorded = readdirSync(clientFolder).map((file): Golden => {
  const name = file.slice(0, -".hex".length);
  const { row, body } = opened(bytesOf(uncommented(new URL(file, clientFolder)).join("")));
  assert.equal(name.replace(/--.*/, ""), row.name.toLowerCase().replaceAll("_", "-"));
  return { title: name, row, body, variant: variants[name] };
});

const vectors = uncommented(new URL("client-vectors.txt", protocolFolder)).map((line): Golden => {
  const [name = "", hex = ""] = line.split(" ");
  const row = allPackets.find((each) => each.name === name);
  assert.ok(row, `no packet ${name}`);
  return { title: `vector ${name} ${hex.slice(-16)}`, row, body: bytesOf(hex), variant: undefined };
});

const writer = new Writer();

for (const { title, row, body, variant } of [...recorded, ...vectors]) {
  test(`golden ${title}: the bytes survive decoding and encoding`, () => {
    const value = row.decode(body, variant);
    const frame = joinBlocks(row.encode(value));
    assert.deepStrictEqual(frame.subarray(headerBytes), body);
    writer.reset();
    row.encodeTo(writer, value);
    row.encodeTo(writer, value);
    assert.deepStrictEqual(writer.view(), joinBlocks([frame, frame]));
    assert.ok(row.describe(value).length < 600);
  });

  test(`golden ${title}: cut at any length it is refused, or means exactly what is left`, () => {
    for (let length = 0; length < body.length; length++) {
      refusedOrExact(row, { body: body.slice(0, length), variant });
    }
  });

  test(`golden ${title}: with any byte made 255 it is refused, or means exactly those bytes`, () => {
    for (let offset = 0; offset < Math.min(body.length, 300); offset++) {
      const broken = body.slice();
      broken[offset] = 0xff;
      refusedOrExact(row, { body: broken, variant });
    }
  });
}

test("a recorded listing with attributes gives its entries one by one", () => {
  const golden = recorded.find((each) => each.title === "matocl-fuse-readdir--attributes");
  assert.ok(golden);
  const answer = ReadDirectoryAnswer.decode(golden.body);
  assert.equal(answer.variant, "full");
  const entries = [...directoryEntries(answer.entries, true)];
  assert.deepStrictEqual(
    entries.slice(0, 2).map((entry) => decodeText(entry.name)),
    [".", ".."],
  );
  assert.ok(entries.every((entry) => entry.type >= 1 && entry.type <= 7 && entry.inode > 0));
});

test("a recorded attribute record says what the node is", () => {
  const golden = recorded.find((each) => each.title === "matocl-fuse-getattr--directory");
  assert.ok(golden);
  const attributes = decodeAttributes(golden.body.subarray(4));
  assert.equal(attributes.typeAndMode >>> 12, 2);
  assert.ok(attributes.links >= 2 && attributes.changeTime > 1_500_000_000);
});

test("spec wire-client-master-1 3.4: bytes behind a reconnection's meta id are ignored", () => {
  const value = { variant: "reconnect", sessionId: 7, version: 0x300ea, metaId: 9n } as const;
  const body = joinBlocks(Register.encode(value)).subarray(headerBytes);
  assert.equal(body.length, 81);
  assert.deepStrictEqual(Register.decode(joinBlocks([body, Uint8Array.of(1, 2, 3)])), value);
  const without = { ...value, metaId: undefined };
  assert.deepStrictEqual(Register.decode(body.slice(0, 73)), without);
  assert.deepStrictEqual(Register.decode(body.slice(0, 80)), without);
  assert.throws(() => Register.decode(body.slice(0, 72)), { name: "ProtocolError" });
});

test("every request of a mount and its answer have golden bytes, but for those that none sends", () => {
  const seen = new Set([...recorded, ...vectors].map(({ row }) => row.name));
  const monitoring = requestsOf.unregistered;
  const unseen = [...requestsOf.mount.values()]
    .filter(({ request }) => !monitoring.has(request.id))
    .flatMap(({ request, answer }) => (answer === undefined ? [request] : [request, answer]))
    .map((row) => row.name)
    .filter((name) => !seen.has(name));
  assert.deepStrictEqual(unseen, []);
});
