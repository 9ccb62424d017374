// The frame reader: any split of the stream, limits before buffering, refusal for good.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { FrameReader } from "../../../../daemons/protocol/frame.ts";
import type { Frame } from "../../../../daemons/protocol/frame.ts";
import { ProtocolError } from "../../../../daemons/protocol/protocol-error.ts";
import { goldenFrame } from "./tables.ts";

function reader(): FrameReader {
  return new FrameReader((type) => {
    if (type === 0) return { name: "NOP", skip: true };
    return type === 511 || type === 501 ? { name: `P${type}`, maxBody: 500 } : undefined;
  });
}

function header(type: number, length: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, type);
  new DataView(bytes.buffer).setUint32(4, length);
  return bytes;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

const info = goldenFrame("info");
const servers = goldenFrame("cserv-list");
const nop = joined(header(0, 4), new Uint8Array(4));
const stream = joined(info, nop, servers, header(0, 0), header(501, 0), info);
const bodies = [info.subarray(8), servers.subarray(8), new Uint8Array(0), info.subarray(8)];

function collect(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const frames: Frame[] = [];
  const frameReader = reader();
  for (const piece of pieces) {
    frameReader.push(piece, (frame) => frames.push({ type: frame.type, body: frame.body.slice() }));
  }
  assert.equal(frameReader.midFrame, false);
  return frames.map((frame) => frame.body);
}

test("a stream in one piece gives its frames, without the NOPs", () => {
  assert.deepStrictEqual(collect([stream]), bodies);
});

test("a stream byte by byte gives the same frames", () => {
  assert.deepStrictEqual(collect([...stream].map((byte) => Uint8Array.of(byte))), bodies);
});

test("a stream split at every byte gives the same frames", () => {
  for (let at = 0; at <= stream.length; at++) {
    assert.deepStrictEqual(collect([stream.subarray(0, at), stream.subarray(at)]), bodies);
  }
});

test("a stream in random pieces gives the same frames", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sizes) => {
      const pieces: Uint8Array[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        pieces.push(stream.subarray(at, at + size));
        at += size;
      }
      assert.deepStrictEqual(collect(pieces), bodies);
    }),
  );
});

test("a body above its limit is refused by its header alone", () => {
  assert.throws(() => reader().push(header(511, 501), () => assert.fail("no frame")), {
    code: "bodyTooLong",
    packet: "P511",
    offset: 0,
  });
});

test("an unknown packet is refused by its header alone", () => {
  assert.throws(() => reader().push(header(4711, 0), () => assert.fail("no frame")), {
    code: "unknownPacket",
    packet: "type 4711",
  });
});

test("frames before a refused one are delivered, nothing after it is", () => {
  const frameReader = reader();
  let count = 0;
  const push = (piece: Uint8Array): void => frameReader.push(piece, () => count++);
  assert.throws(() => push(joined(info, header(4711, 0), info)), ProtocolError);
  assert.throws(() => push(info), ProtocolError);
  assert.equal(count, 1);
});

test("a skipped packet may be longer than any limit and still costs no memory", () => {
  const frameReader = reader();
  frameReader.push(header(0, 0xffff_ffff), () => assert.fail("no frame"));
  frameReader.push(new Uint8Array(1_000_000), () => assert.fail("no frame"));
  assert.equal(frameReader.midFrame, true);
});

test("a frame that spans pieces lies in memory of its own", () => {
  const frames: Frame[] = [];
  const frameReader = reader();
  const first = info.slice(0, 50);
  frameReader.push(first, (frame) => frames.push(frame));
  frameReader.push(info.slice(50), (frame) => frames.push(frame));
  first.fill(0);
  assert.deepStrictEqual(frames[0]?.body, info.subarray(8));
});
