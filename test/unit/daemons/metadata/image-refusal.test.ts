// What the reader refuses, and what it leaves out when errors are to be ignored. Spec: metadata-file.md 1, 2.
import assert from "node:assert/strict";
import { test } from "node:test";
import { packed, rawImage, reading, section } from "../../../support/raw-image.ts";
import { golden } from "./golden.ts";

/** The end of a list: so many zero bytes. */
function end(bytes: number): Buffer {
  return Buffer.alloc(bytes);
}

/** Refused as it is; with errors ignored it gives these lines. */
function refusedUnlessIgnored(image: Buffer, code: string, lines: readonly string[]): void {
  assert.equal(reading(image).error?.code, code);
  const ignoring = reading(image, { ignoreErrors: true });
  assert.equal(ignoring.error, null);
  assert.equal(ignoring.messages.length, 1);
  assert.deepEqual(ignoring.lines, lines);
}

function refusedAlways(image: Buffer, code: string): void {
  assert.equal(reading(image).error?.code, code);
  assert.equal(reading(image, { ignoreErrors: true }).error?.code, code);
}

const common = packed([4, 9], [1, 0], [1, 0], [1, 0], [2, 0o644], [4, 0], [4, 0], [4, 1], [4, 2]);
const rest = packed([4, 3], [2, 24]);

function nodes(...records: readonly Uint8Array[]): Buffer {
  return section("NODE", 0x14, Buffer.concat([packed([4, 9], [4, 1]), ...records, end(1)]));
}

function node(type: number, ...extra: readonly Uint8Array[]): Buffer {
  return Buffer.concat([packed([1, type]), common, rest, ...extra]);
}

test("a real image cut anywhere is refused, never half accepted", () => {
  const image = golden("all-kinds.mfs");
  for (let size = 0; size < image.length; size += size < 3000 ? 1 : 37) {
    assert.equal(reading(image.subarray(0, size)).error?.code, "truncated", `cut at ${size}`);
  }
});

test("spec 3: another signature and a newer format are refused", () => {
  refusedAlways(Buffer.from("MFSX 2.0"), "signature");
  refusedAlways(Buffer.from("MFSM 2.1xxxxxxxxxxxxxxxx"), "version");
});

test("spec 3.1: MFSM NEW has no records", () => {
  assert.deepEqual(reading(Buffer.from("MFSM NEW")), { lines: [], messages: [], error: null });
});

test("spec 1: a section of a newer version is refused, with errors ignored too", () => {
  refusedAlways(rawImage(section("CHNK", 0x12, end(25))), "version");
});

test("spec 1: a section that is not known is refused, or skipped with errors ignored", () => {
  const known = section("OPEN", 0x10, Buffer.concat([packed([4, 1], [4, 2]), end(8)]));
  refusedUnlessIgnored(rawImage(section("PATT", 0x10, end(99)), known), "section", [
    "OPENFILE|s:         1|i:         2",
  ]);
});

test("spec 1: a length that is not that of the records is refused unless errors are ignored", () => {
  const body = Buffer.concat([packed([4, 1], [4, 2]), end(8)]);
  const lines = ["OPENFILE|s:         1|i:         2"];
  refusedUnlessIgnored(rawImage(section("OPEN", 0x10, body, 17)), "length", lines);
  const unknown = section("OPEN", 0x10, body);
  unknown.fill(0xff, 8, 16);
  assert.deepEqual(reading(rawImage(unknown)), { lines, messages: [], error: null });
});

test("bytes behind the end marker are refused unless errors are ignored", () => {
  refusedUnlessIgnored(Buffer.concat([rawImage(), end(1)]), "ending", []);
});

test("what is no section header is refused", () => {
  refusedAlways(rawImage(Buffer.alloc(16, 7)), "section");
});

test("spec 2.2: a class id of 0 or above 255 is left out, a count of labels outside 1 to 9 is fatal", () => {
  const masks = packed(...Array.from({ length: 12 }, () => [4, 0] as const));
  const head = (id: number, keep: number) =>
    packed([2, id], [1, 1], [1, 0], [1, 1], [2, 0], [1, 1], [1, keep], [1, 1]);
  const classes = (id: number, keep = 1) => {
    const body = [packed([1, 4]), head(id, keep), Buffer.from("x"), masks, end(10)];
    return rawImage(section("SCLA", 0x16, Buffer.concat(body)));
  };
  refusedUnlessIgnored(classes(0), "record", []);
  refusedUnlessIgnored(classes(256), "record", []);
  refusedAlways(classes(20, 0), "record");
  refusedAlways(classes(20, 10), "record");
  refusedAlways(rawImage(section("SCLA", 0x16, packed([1, 0]))), "record");
});

test("spec 2.2: a class from 10 on given twice is refused, or keeps its first definition", () => {
  const record = (name: string) => {
    const head = packed([2, 10], [1, 1], [1, 0], [1, 1], [2, 0], [1, 1], [1, 1], [1, 1]);
    return Buffer.concat([head, Buffer.from(name), end(12)]);
  };
  const body = Buffer.concat([packed([1, 1]), record("a"), record("b"), end(10)]);
  refusedUnlessIgnored(rawImage(section("SCLA", 0x16, body)), "record", [
    "SCLASS|#:   10|x:0|m:1|d:    0|c: * |k: * |a: * |n:a",
  ]);
});

test("spec 2.2: a class without a name is called by its number", () => {
  const head = packed([2, 20], [1, 0], [1, 0], [1, 1], [2, 0], [1, 1], [1, 1], [1, 1]);
  const body = Buffer.concat([packed([1, 1]), head, end(12), end(10)]);
  assert.match(reading(rawImage(section("SCLA", 0x16, body))).lines[0] ?? "", /\|n:sclass_11$/);
});

test("spec 2.3: an unknown type of inode is refused, with errors ignored too", () => {
  refusedAlways(rawImage(nodes(node(10))), "record");
});

test("spec 2.3: a target of more than 4096 bytes is replaced, classes of neither file nor directory are 0", () => {
  const target = Buffer.concat([packed([4, 5000]), Buffer.alloc(5000, "y")]);
  const { lines, messages } = reading(rawImage(nodes(node(3, target))));
  assert.match(lines[0] ?? "", /\|#:0\|.*\|p:\.\.\. path too long \.\.\.$/);
  assert.equal(messages.length, 1);
});

test("chunk ids beyond 2^53 are refused, or become holes with errors ignored", () => {
  const table = packed([8, 9], [4, 2], [8, 2n ** 53n], [8, 6]);
  const line = /c:\(N,0000000000000006\)$/;
  const image = rawImage(nodes(node(1, table)));
  assert.equal(reading(image).error?.code, "tooLarge");
  assert.match(reading(image, { ignoreErrors: true }).lines[0] ?? "", line);
  const chunk = packed([8, 2n ** 53n], [4, 1], [4, 0], [1, 0]);
  const chunks = Buffer.concat([packed([8, 9]), chunk, end(17)]);
  refusedUnlessIgnored(rawImage(section("CHNK", 0x11, chunks)), "tooLarge", []);
});

test("a chunk table that is longer than an index can be is refused", () => {
  refusedAlways(rawImage(nodes(node(1, packed([8, 9], [4, 0x8000_0001])))), "record");
});

test("spec 2.4: an empty name is replaced with errors ignored, a long one keeps its end", () => {
  const edges = (parent: number, name: string) => {
    const record = [packed([4, parent], [4, 9], [8, 5], [2, name.length]), Buffer.from(name)];
    const body = Buffer.concat([packed([8, 4]), ...record, end(18)]);
    return rawImage(section("EDGE", 0x11, body));
  };
  const line = "EDGE|p:         1|c:         9|i:0x0000000000000005|n:";
  refusedUnlessIgnored(edges(1, ""), "record", [`${line}(empty 9)`]);
  assert.deepEqual(reading(edges(1, `ab${"n".repeat(255)}`)).lines, [`${line}${"n".repeat(255)}`]);
  const path = `ab${"p".repeat(1024)}`;
  assert.ok(reading(edges(0, path)).lines[0]?.endsWith(`n:${"p".repeat(1024)}`));
});

test("spec 2.7, 2.8: a wrong attribute or ACL is left out with errors ignored", () => {
  const xattrs = (name: number, value: number) => {
    const bytes = Buffer.concat([
      packed([4, 9], [1, name], [4, value]),
      Buffer.alloc(name + value),
    ]);
    return rawImage(section("XATR", 0x10, Buffer.concat([bytes, end(9)])));
  };
  refusedUnlessIgnored(xattrs(0, 2), "record", []);
  refusedUnlessIgnored(xattrs(1, 65537), "record", []);
  const acl = packed([4, 9], [1, 3], [2, 1], [2, 1], [2, 1], [2, 1], [2, 0], [2, 0]);
  const acls = section("PACL", 0x11, Buffer.concat([acl, end(17)]));
  refusedUnlessIgnored(rawImage(acls), "record", []);
});

test("spec 2.9: an open file with one field of 0 is fatal", () => {
  refusedAlways(rawImage(section("OPEN", 0x10, packed([4, 1], [4, 0], [8, 0]))), "record");
});

test("spec 2.12: an end of chunks that is not all zero is fatal", () => {
  const body = packed([8, 1], [8, 0], [4, 1], [4, 0], [1, 0]);
  refusedAlways(rawImage(section("CHNK", 0x11, body)), "record");
});

test("an error says in which section, at which byte and what was expected", () => {
  const { error } = reading(rawImage(section("CHNK", 0x12, end(25))));
  assert.equal(error?.section, "CHNK");
  assert.equal(error?.offset, 40);
  assert.equal(
    error?.message,
    'Cannot read metadata section "CHNK" at byte 40: version 0x12, expected 0x10 to 0x11',
  );
});
