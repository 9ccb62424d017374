// Packets of chunkservers and metaloggers: bytes of the real programs (recorded by
// test/support/record-chunkserver-frames.ts) survive decoding and encoding, broken ones are refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { headerBytes, joinBlocks } from "../../../../daemons/protocol/packet.ts";
import type { Packet, PacketTable } from "../../../../daemons/protocol/packet.ts";
import {
  fromChunkserver,
  toChunkserver,
} from "../../../../daemons/protocol/packets/chunkserver-tables.ts";
import { fromMetalogger, toMetalogger } from "../../../../daemons/protocol/packets/metalogger.ts";
import { ProtocolError } from "../../../../daemons/protocol/protocol-error.ts";
import { peerGolden, peerGoldenNames } from "./peer-goldens.ts";
import { arbitrary, variantOf } from "./tables.ts";

const tables: Readonly<Record<string, readonly PacketTable[]>> = {
  chunkserver: [fromChunkserver, toChunkserver],
  metalogger: [fromMetalogger, toMetalogger],
};

interface Golden {
  readonly title: string;
  readonly row: Packet<unknown>;
  readonly body: Uint8Array;
}

const goldens = Object.keys(tables).flatMap(goldensOf);

function goldensOf(folder: string): Golden[] {
  return peerGoldenNames(folder).map((name) => {
    const frame = peerGolden(folder, name);
    const view = new DataView(frame.buffer);
    const row = rowsOf(folder).find((each) => each.id === view.getUint32(0));
    assert.ok(row, `no packet ${view.getUint32(0)}`);
    assert.equal(view.getUint32(4), frame.length - headerBytes);
    assert.equal(name.replace(/--.*$/, ""), row.name.toLowerCase().replaceAll("_", "-"));
    return { title: `${folder}/${name}`, row, body: frame.subarray(headerBytes) };
  });
}

function rowsOf(folder: string): readonly Packet<unknown>[] {
  return (tables[folder] ?? []).flatMap((table) => [...table.values()]);
}

for (const { title, row, body } of goldens) {
  test(`golden ${title}: the real bytes survive decoding and encoding`, () => {
    const frame = joinBlocks(row.encode(row.decode(body)));
    assert.deepStrictEqual(frame.subarray(headerBytes), body);
  });

  test(`golden ${title}: cut or with a byte broken it is refused, or means exactly that`, () => {
    const limit = Math.min(body.length, 600);
    for (let length = 0; length < limit; length++) refusedOrExact(row, body.slice(0, length));
    for (let offset = 0; offset < limit; offset++) {
      const broken = body.slice();
      broken[offset] = 0xff;
      refusedOrExact(row, broken);
    }
    refusedOrExact(row, Uint8Array.from([...body, 0]));
  });
}

function refusedOrExact(row: Packet<unknown>, body: Uint8Array): void {
  let value: unknown;
  try {
    value = row.decode(body);
  } catch (error) {
    assert.ok(error instanceof ProtocolError, String(error));
    return;
  }
  assert.deepStrictEqual(joinBlocks(row.encode(value)).subarray(headerBytes), body);
}

for (const row of new Set(Object.keys(tables).flatMap(rowsOf))) {
  test(`${row.name}: any value survives encoding and decoding`, () => {
    fc.assert(
      fc.property(arbitrary(row.schema), (value) => {
        const frame = joinBlocks(row.encode(value));
        assert.deepStrictEqual(row.decode(frame.slice(headerBytes), variantOf(value)), value);
      }),
      { numRuns: 50 },
    );
  });
}

test("every packet has golden bytes, but for those that the real programs do not send", () => {
  const seen = new Set(goldens.map(({ row }) => row.name));
  const rows = Object.keys(tables).flatMap(rowsOf);
  const unseen = new Set(rows.map((row) => row.name).filter((name) => !seen.has(name)));
  assert.deepStrictEqual(
    [...unseen],
    [
      "ANTOAN_UNKNOWN_COMMAND",
      "ANTOAN_BAD_COMMAND_SIZE",
      "ANTOAN_GET_VERSION",
      "ANTOAN_GET_CONFIG",
      "ANTOAN_VERSION",
      "ANTOAN_CONFIG_VALUE",
      "ANTOCS_GET_CHUNK_CHECKSUM",
    ],
  );
});
