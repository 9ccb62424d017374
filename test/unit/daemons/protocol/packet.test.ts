// Every row of the tables keeps the promises of a declaration: round trips, limits, refusals, log lines.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Writer } from "../../../../daemons/protocol/bytes.ts";
import {
  headerBytes,
  joinBlocks,
  packet,
  packetTable,
} from "../../../../daemons/protocol/packet.ts";
import { ProtocolError } from "../../../../daemons/protocol/protocol-error.ts";
import { rest, u32, u8 } from "../../../../daemons/protocol/wire.ts";
import { allPackets, arbitrary, variantOf } from "./tables.ts";

const runs = { numRuns: 30 };

for (const row of allPackets) {
  test(`${row.name} decodes what it encodes, in one bounded log line`, () => {
    fc.assert(
      fc.property(arbitrary(row.schema), (value) => {
        const frame = joinBlocks(row.encode(value));
        const writer = new Writer();
        row.encodeTo(writer, value);
        assert.deepStrictEqual(writer.view(), frame);
        const view = new DataView(frame.buffer);
        assert.equal(view.getUint32(0), row.id);
        assert.equal(view.getUint32(4), frame.length - headerBytes);
        assert.ok(frame.length - headerBytes <= row.maxBody);
        assert.deepStrictEqual(row.decode(frame.subarray(headerBytes), variantOf(value)), value);
        const line = row.describe(value);
        assert.ok(line.startsWith(row.name) && line.length < 600 && !line.includes("\n"), line);
      }),
      runs,
    );
  });

  test(`${row.name} refuses random bytes, or gives a value that means exactly them`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (body) => {
        let value: unknown;
        try {
          value = row.decode(body);
        } catch (error) {
          assert.ok(error instanceof ProtocolError, String(error));
          assert.ok(error.offset >= 0 && error.offset <= body.length);
          return;
        }
        assert.deepStrictEqual(joinBlocks(row.encode(value)).subarray(headerBytes), body);
      }),
      runs,
    );
  });

  test(`${row.name} refuses a body above its limit`, () => {
    if (row.maxBody > 1_100_000) return;
    assert.throws(
      () => row.decode(new Uint8Array(row.maxBody + 1)),
      (error) => error instanceof ProtocolError && error.code === "bodyTooLong",
    );
  });
}

test("an error names the packet, the offset and what was expected", () => {
  const row = packet("EXAMPLE", 9001, { first: u32, second: u32 });
  assert.throws(() => row.decode(new Uint8Array(7)), {
    code: "badLength",
    packet: "EXAMPLE",
    offset: 0,
    message: 'Cannot decode "EXAMPLE" at byte 0: the body has 7 bytes, expected 8',
  });
});

test("large byte runs are encoded as views of the caller's bytes", () => {
  const row = packet("DATA", 9002, { id: u32, data: rest }, { maxBody: 100_000 });
  const data = new Uint8Array(65_536).fill(7);
  const blocks = row.encode({ id: 1, data });
  assert.equal(blocks.at(-1)?.buffer, data.buffer);
  assert.deepStrictEqual(row.decode(joinBlocks(blocks).subarray(headerBytes)).data, data);
});

test("a packet without an end of its own must name its limit", () => {
  assert.throws(() => packet("ENDLESS", 9003, { data: rest }), /length limit/);
});

test("encoding beyond the limit is a mistake of ours, not of the peer", () => {
  const row = packet("SMALL", 9004, { data: rest }, { maxBody: 4 });
  assert.throws(() => row.encode({ data: new Uint8Array(5) }), RangeError);
});

test("two rows of one number are refused, and all tables together have none", () => {
  const row = packet("ONE", 9005, { byte: u8 });
  assert.throws(() => packetTable([row, row]), /twice/);
  assert.equal(packetTable(allPackets).size, allPackets.length);
});
