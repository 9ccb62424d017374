// The codec against an image with every kind of object that a real master of 3.0.117 wrote, the lines
// that the real mfsmetadump printed of it, and its metadata.crc. Spec: metadata-file.md 1, 2, 5.5, 8.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ImageReader } from "../../../../daemons/metadata/image/image-reader.ts";
import { ImageWriter } from "../../../../daemons/metadata/image/image-writer.ts";
import { dumpLines, MemorySink, MemorySource } from "../../../support/image-bytes.ts";
import { golden } from "./golden.ts";

const image = golden("all-kinds.mfs");

/** Lines of records that mfsmetadump prints rightly. */
function goldenLines(): string[] {
  const lines = golden("all-kinds.dump").toString("latin1").split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#") && !line.startsWith("FLOCK"));
}

function copy(bytes: Uint8Array, pieceBytes?: number) {
  const sink = new MemorySink();
  const writer = new ImageWriter(sink, { checksums: true });
  const reader = new ImageReader(new MemorySource(bytes, pieceBytes));
  const start = reader.readStart();
  assert(start.kind === "image");
  writer.start(start.version, start.id);
  reader.readRecords(start, writer);
  const size = writer.finish();
  return { bytes: sink.bytes, size, writer };
}

test("spec 8: the records of a real image are those that mfsmetadump prints", () => {
  const { records, lines } = dumpLines();
  new ImageReader(new MemorySource(image)).read(records);
  assert.deepEqual(lines(), goldenLines());
});

test("spec 2: a real image that is read and written has the same bytes", () => {
  const copied = copy(image);
  assert.deepEqual(copied.bytes, image);
  assert.equal(copied.size, image.length);
});

test("an image that comes byte by byte or in odd pieces is read the same", () => {
  for (const pieceBytes of [1, 7, 4096]) {
    assert.deepEqual(copy(image, pieceBytes).bytes, image, `pieces of ${pieceBytes}`);
  }
});

test("spec 5.5: the checksums are those of the metadata.crc that the real master wrote", () => {
  assert.deepEqual(Buffer.from(copy(image).writer.checksumFile()), golden("all-kinds.crc"));
});

test("an image of a new file system is read and written with the same bytes", () => {
  const small = golden("metadata.mfs.back");
  assert.deepEqual(copy(small).bytes, small);
});
