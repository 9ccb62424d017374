// Sections and whole files of old versions, put together from the specification: no program that wrote them
// is at hand. Spec: metadata-file.md 2, 3.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ImageReader } from "../../../../daemons/metadata/image/image-reader.ts";
import { MemorySource } from "../../../support/image-bytes.ts";
import { packed, rawImage, reading, section } from "../../../support/raw-image.ts";

const end = (bytes: number) => Buffer.alloc(bytes);
const letter = (text: string) => [1, text.charCodeAt(0)] as const;
const ownerAndTimes = [
  [4, 1000],
  [4, 100],
  [4, 1],
  [4, 2],
  [4, 3],
] as const;
const nodeEnd = "u:      1000|g:       100|a:         1,m:         2,c:         3|t:    2h";

/** A file of layout 0x10 with two chunks, open in session 6; trash time 3601 s. */
const oldFile = packed(
  letter("f"),
  [4, 9],
  [1, 2],
  [2, 0x2000 | 0o644],
  ...ownerAndTimes,
  [4, 3601],
  [8, 70],
  [4, 2],
  [2, 1],
  [8, 0],
  [8, 5],
  [4, 6],
);
const oldFileLine = `NODE|k:-|i:         9|#:2|e:0x02|w:0x0|m:00644|${nodeEnd}|l:                  70|c:(N,0000000000000005)`;
const oldOpenLine = "OPENFILE|s:         6|i:         9";
const oldEdge = Buffer.concat([packed([4, 1], [4, 9], [2, 3]), Buffer.from("abc"), end(10)]);
const oldEdgeLine = "EDGE|p:         1|c:         9|i:0x0000000000000000|n:abc";
const oldFree = packed([4, 1], [4, 8], [4, 77]);
const oldFreeLine = "FREEID|i:         8|f:        77";
const oldChunks = packed([8, 6], [8, 5], [4, 3], [4, 0], [8, 0], [8, 0]);
const oldChunkLine = "CHUNK|i:0x0000000000000005|v:0x00000003|t:         0|a:0";
const oldStart = packed([4, 50], [8, 1234], [4, 11]);

function linesOf(image: Buffer, nowSeconds = 0): readonly string[] {
  const { lines, error } = reading(image, { nowSeconds });
  assert.equal(error, null);
  return [...lines].sort();
}

test("spec 3: an image of 1.5 has no section headers", () => {
  const body = [oldFile, end(1), oldEdge, oldFree, oldChunks];
  const image = Buffer.concat([Buffer.from("MFSM 1.5"), oldStart, ...body]);
  const expected = [oldFileLine, oldOpenLine, oldEdgeLine, oldFreeLine, oldChunkLine];
  assert.deepEqual(linesOf(image), expected.sort());
  assert.deepEqual(new ImageReader(new MemorySource(image)).readStart(), {
    kind: "image",
    version: 1234n,
    id: 0n,
    format: 0x15,
    nextSessionId: 11,
  });
});

test("spec 3: an image of 1.7 has sections, and nodes without a header of their own", () => {
  const sections = [
    section("NODE", 0x10, Buffer.concat([oldFile, end(1)])),
    section("EDGE", 0x10, oldEdge),
    section("FREE", 0x10, oldFree),
    section("CHNK", 0x10, oldChunks),
  ];
  const start = [Buffer.from("MFSM 1.7"), oldStart];
  const image = Buffer.concat([...start, ...sections, Buffer.from("[MFS EOF MARKER]")]);
  const expected = [oldFileLine, oldOpenLine, oldEdgeLine, oldFreeLine, oldChunkLine];
  assert.deepEqual(linesOf(image), expected.sort());
});

test("spec 2.3: nodes of 1.0 to 1.3", () => {
  const split = [[1, 2], [1, 0x41], [2, 0o600], ...ownerAndTimes, [4, 7200]] as const;
  const joined = [[1, 2], [2, 0x1000 | 0o600], ...ownerAndTimes, [4, 7200]] as const;
  const lineOf = (attributes: string) =>
    `NODE|k:D|i:         7|#:2|e:0x${attributes}|w:0x0|m:00600|${nodeEnd}`;
  const rows = [
    [0x10, packed([4, 50], letter("d"), [4, 7], ...joined, [1, 0]), "01"],
    [0x11, packed([4, 50], [4, 1], letter("d"), [4, 7], ...joined, [1, 0]), "01"],
    [0x12, packed([4, 50], [4, 1], letter("d"), [4, 7], ...split, [1, 0]), "41"],
    [0x13, packed([4, 50], [4, 1], [1, 2], [4, 7], ...split, [1, 0]), "41"],
  ] as const;
  for (const [version, body, attributes] of rows) {
    assert.deepEqual(linesOf(rawImage(section("NODE", version, body))), [lineOf(attributes)]);
  }
});

test("spec 2.1: sessions of 1.0 to 1.4, with more or fewer counters than sixteen", () => {
  const limits = [
    [1, 1],
    [1, 9],
    [4, 0],
    [4, 99],
    [4, 0],
    [4, 0],
    [4, 999],
    [4, 998],
  ] as const;
  const counters = (count: number) => [
    ...Array.from({ length: count }, (_, index) => [4, index] as const),
    ...Array.from({ length: count }, (_, index) => [4, 100 + index] as const),
  ];
  const from = [
    [4, 0x0a630316],
    [4, 1],
    [1, 8],
  ] as const;
  const line = (checksum: number, umask: string, lostAt: number, count: number) => {
    const list = (first: number) =>
      Array.from({ length: 16 }, (_, index) => (index < count ? first + index : 0)).join(",");
    return (
      `SESSION|s:         3|e:#${checksum}|p:010.099.003.022|r:         1|f:0x08|u:${umask}|g:1-9|t:         0-        99` +
      `|m:         0,         0,       999,       998|x:0x00000000|d:${String(lostAt).padStart(10)}|c:[${list(0)}]|l:[${list(100)}]|i:/m`
    );
  };
  const record = (version: number, count: number) =>
    Buffer.concat([
      packed([4, 3], ...(version >= 0x13 ? ([[8, 55]] as const) : []), [4, 2], ...from),
      packed(...(version >= 0x14 ? ([[2, 0o22]] as const) : []), ...limits),
      packed(...(version >= 0x11 ? ([[4, 44]] as const) : []), ...counters(count)),
      Buffer.from("/m"),
    ]);
  const rows = [
    [0x10, packed([2, 1], [4, 4], [2, 3]), 3, 43, line(0, "0000", 1700, 3)],
    [0x11, packed([2, 2], [4, 4], [2, 3]), 3, 47, line(0, "0000", 44, 3)],
    [0x12, packed([4, 4], [2, 21]), 21, 47, line(0, "0000", 44, 16)],
    [0x13, packed([4, 4], [2, 16]), 16, 55, line(55, "0000", 44, 16)],
    [0x14, packed([4, 4], [2, 16]), 16, 57, line(55, "0022", 44, 16)],
  ] as const;
  for (const [version, header, count, size, expected] of rows) {
    const body = Buffer.concat([header, record(version, count), end(size + 8 * count)]);
    assert.deepEqual(linesOf(rawImage(section("SESS", version, body)), 1700), [expected]);
  }
  const image = rawImage(section("SESS", 0x10, packed([2, 3], [4, 4], [2, 0])));
  assert.equal(reading(image).error?.code, "version");
});

test("spec 2.2: storage classes of 1.0 to 1.5 under both names", () => {
  const names = Buffer.concat([Buffer.from("\x03old"), end(25)]);
  const lineOf = (labels: string, mode = 1, days = 0) =>
    `SCLASS|#:   12|x:0|m:${mode}|d:${String(days).padStart(5)}|${labels}|n:sclass_3`;
  const same = "c: A:B |k: A:B |a: A:B ";
  const pair = [
    [4, 1],
    [4, 2],
  ] as const;
  const rows = [
    [0x10, packed([2, 12], [1, 2], ...pair, [3, 0]), same, 1, 0],
    [0x11, packed([1, 1], [2, 12], [1, 2], ...pair, [3, 0]), same, 1, 0],
    [
      0x12,
      packed([1, 1], [2, 12], [1, 2], [4, 1], [4, 9], ...pair, [8, 8], [8, 0], [3, 0]),
      same,
      1,
      0,
    ],
    [0x13, packed([1, 1], [2, 12], [1, 2], ...pair, [3, 0]), same, 1, 0],
    [
      0x14,
      packed([1, 1], [2, 12], [1, 2], [1, 1], [1, 2], [4, 4], ...pair, [5, 0]),
      "c: C |k: A:B |a: A:B ",
      2,
      0,
    ],
    [
      0x15,
      packed([1, 1], [2, 12], [1, 0], [2, 30], [1, 1], [1, 1], [1, 1], ...pair, [4, 4], [8, 0]),
      "c: A |k: B |a: C ",
      0,
      30,
    ],
  ] as const;
  for (const [version, body, labels, mode, days] of rows) {
    for (const name of ["LABS", "SCLA"]) {
      const image = rawImage(section(name, version, Buffer.concat([names, body])));
      assert.deepEqual(linesOf(image), [lineOf(labels, mode, days)], `${name} ${version}`);
    }
  }
});

test("spec 2.4: edges of 1.0 have no ids and are to be numbered again", () => {
  assert.deepEqual(linesOf(rawImage(section("EDGE", 0x10, oldEdge))), [oldEdgeLine]);
});

test("spec 2.6: quotas of 1.0 have the configured grace period", () => {
  const limits = [4, 4, 8, 8, 8, 8, 8, 8].map((bytes) => [bytes, 5] as const);
  const body = packed([4, 1], [4, 13], [1, 1], [1, 0x11], [4, 9], ...limits);
  assert.match(
    linesOf(rawImage(section("QUOT", 0x10, body)))[0] ?? "",
    /^QUOTA\|i: +13\|g:-1\|e:1\|/,
  );
});

test("spec 2.11: chunkservers of 1.0 to 1.2", () => {
  const from = [
    [4, 1],
    [4, 0x0a63030c],
    [2, 9442],
  ] as const;
  const lineOf = (id: number, mode: string) =>
    `CHUNKSERVER|i:010.099.003.012|p: 9442|#:${String(id).padStart(5)}|m: ${mode}|t:         0`;
  const rows = [
    [0x10, packed(...from), lineOf(0, "off")],
    [0x11, packed(...from, [2, 2]), lineOf(2, "off")],
    [0x12, packed(...from, [2, 2], [1, 1]), lineOf(2, " on")],
  ] as const;
  for (const [version, body, line] of rows) {
    assert.deepEqual(linesOf(rawImage(section("CSDB", version, body))), [line]);
  }
});

test("spec 2.12: chunks of 1.0 have no archive flag", () => {
  assert.deepEqual(linesOf(rawImage(section("CHNK", 0x10, oldChunks))), [oldChunkLine]);
});
