// Chunk tables with holes, lengths beyond 2^53, and the order that the writer insists on.
// Spec: metadata-file.md 2.3, 5.5.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ImageReader } from "../../../../daemons/metadata/image/image-reader.ts";
import { ImageWriter } from "../../../../daemons/metadata/image/image-writer.ts";
import type { ByteSink } from "../../../../daemons/metadata/image/output.ts";
import { sectionNames } from "../../../../daemons/metadata/image/records.ts";
import type { NodeRecord } from "../../../../daemons/metadata/image/records.ts";
import { dumpLines, MemorySink, MemorySource } from "../../../support/image-bytes.ts";

const file: NodeRecord = {
  type: 1,
  inode: 1,
  classId: 2,
  extraAttributes: 0,
  windowsAttributes: 0,
  mode: 0o644,
  uid: 0,
  gid: 0,
  atime: 0,
  mtime: 0,
  ctime: 0,
  trashHours: 24,
  lengthHigh: 0x01ff_ffff,
  lengthLow: 0xffff_ffff,
  chunkCount: 0,
  rdev: 0,
  target: new Uint8Array(0),
};

/** An image of one file; `table` writes its chunk table. */
function imageOf(chunkCount: number, table: (writer: ImageWriter) => void, sink: ByteSink) {
  const writer = new ImageWriter(sink, { checksums: true });
  writer.start(1n, 2n);
  for (const name of sectionNames) {
    writer.beginSection(name);
    if (name === "SESS") writer.sessionHeader(1);
    else if (name === "EDGE") writer.edgeHeader(0x7fff_ffff, 0xffff_fffe);
    else if (name === "FREE") writer.freeHeader(0);
    else if (name === "QUOT") writer.quotaHeader(0);
    else if (name === "CSDB") writer.serverHeader(0);
    else if (name === "CHNK") writer.chunkHeader(1);
    else if (name === "NODE") {
      writer.nodeHeader(1, 1);
      writer.node({ ...file, chunkCount });
      table(writer);
    }
    writer.endSection(name);
  }
  return { size: writer.finish(), checksums: Buffer.from(writer.checksumFile()) };
}

/** Slots that are no holes, and the length of the file. */
function tableOf(source: MemorySource) {
  const found = new Map<number, number>();
  let length = 0n;
  const { records } = dumpLines();
  new ImageReader(source).read({
    ...records,
    node: (node) => (length = (BigInt(node.lengthHigh) << 32n) | BigInt(node.lengthLow)),
    chunkIds: (_inode, first, ids, count) => {
      for (let index = 0; index < count; index++) {
        const id = ids[index] ?? 0;
        if (id !== 0) found.set(first + index, id);
      }
    },
  });
  return { found: [...found], length };
}

test("a table of 16 GiB of holes costs neither memory nor time, written and read", () => {
  const ids = Float64Array.of(8);
  const last = 0x7fff_fffe;
  const sink = new MemorySink();
  const write = (writer: ImageWriter) => {
    writer.chunkIds(1, 1, Float64Array.of(7), 1);
    writer.chunkIds(1, last, ids, 1);
  };
  const { size } = imageOf(last + 1, write, sink);
  assert.ok(size > 2 ** 34);
  assert.equal(sink.holes.length, 1);
  const source = new MemorySource(sink.bytes, 1000, sink.holes);
  const { found, length } = tableOf(source);
  assert.deepEqual(found, [
    [1, 7],
    [last, 8],
  ]);
  assert.equal(length, 0x01ff_ffff_ffff_ffffn);
});

test("any table comes back, whatever the pieces and wherever the holes are", () => {
  const table = fc.uniqueArray(
    fc.tuple(fc.nat(40_000), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })),
    { selector: ([index]) => index, maxLength: 20 },
  );
  const property = fc.property(table, fc.integer({ min: 1, max: 5000 }), (slots, pieceBytes) => {
    const sorted = slots.sort(([a], [b]) => a - b);
    const sink = new MemorySink();
    const write = (writer: ImageWriter) => {
      for (const [index, id] of sorted) writer.chunkIds(1, index, Float64Array.of(id), 1);
    };
    imageOf((sorted.at(-1)?.[0] ?? -1) + 1, write, sink);
    const source = new MemorySource(sink.bytes, pieceBytes, sink.holes);
    assert.deepEqual(tableOf(source).found, sorted);
  });
  fc.assert(property, { numRuns: 100 });
});

test("spec 5.5: holes count for the checksum as the zero bytes that they are", () => {
  for (const count of [1, 65_535, 65_536, 65_537, 131_072, 3 * 65_536 + 5]) {
    const table = new Float64Array(count);
    table[count - 1] = 5;
    const all = (writer: ImageWriter) => writer.chunkIds(1, 0, table, count);
    const lastOnly = (writer: ImageWriter) => writer.chunkIds(1, count - 1, Float64Array.of(5), 1);
    const whole = imageOf(count, all, new MemorySink());
    const holed = imageOf(count, lastOnly, new MemorySink());
    assert.deepEqual(holed.checksums, whole.checksums, `${count} entries`);
  }
});

test("without patching, sections say that their length is unknown and are read all the same", () => {
  const sink = new MemorySink();
  const socket: ByteSink = { write: (bytes) => sink.write(bytes) };
  imageOf(1, (writer) => writer.chunkIds(1, 0, Float64Array.of(3), 1), socket);
  const { bytes } = sink;
  assert.equal(bytes.readBigUInt64BE(32), 2n ** 64n - 1n);
  assert.deepEqual(tableOf(new MemorySource(bytes)).found, [[0, 3]]);
});

test("the writer refuses sections out of order, missing records and entries beyond the table", () => {
  const writer = new ImageWriter(new MemorySink());
  writer.start(1n, 2n);
  assert.throws(() => writer.beginSection("NODE"), /sections have an order/);
  writer.beginSection("SESS");
  writer.sessionHeader(1);
  writer.endSection("SESS");
  assert.throws(() => writer.finish(), /expected all sections/);
  assert.throws(() =>
    imageOf(1, (late) => late.chunkIds(1, 0, Float64Array.of(1, 2), 2), new MemorySink()),
  );
});
