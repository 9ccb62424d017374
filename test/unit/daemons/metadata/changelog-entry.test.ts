// Changes as values and as text, both ways. Spec: changelog.md 2, 7, 9 (1).
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Change, Entry } from "../../../../daemons/metadata/changelog-entry.ts";
import * as fields from "../../../../daemons/metadata/changelog-fields.ts";
import type { Field } from "../../../../daemons/metadata/changelog-fields.ts";
import {
  formatByRow,
  formatEntry,
  formatLine,
} from "../../../../daemons/metadata/changelog-format.ts";
import { operations } from "../../../../daemons/metadata/changelog-operations.ts";
import type { Fields, Operation } from "../../../../daemons/metadata/changelog-operations.ts";
import { parseEntryLine } from "../../../../daemons/metadata/changelog-parse.ts";
import { samples } from "./changelog-samples.ts";
import { golden } from "./golden.ts";

/** The one shape that we write in another way than the real master. */
function asWeWrite(line: string): string {
  return line.replace(/\[([\d,]+)\]/, (_, list: string) => `[${list.replace(/\d+/g, "0$&")}]`);
}

function change(line: string | Uint8Array): { readonly timestamp: number } & Change {
  const parsed = parseEntryLine(line);
  assert.equal(parsed.kind, "change", String(line));
  if (parsed.kind !== "change") throw new Error("unreachable");
  return parsed;
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

/** Wide and narrow values of each kind of field, found by how the field reads. */
const arbitraries = new Map<unknown, fc.Arbitrary<unknown>>([
  [fields.u8.read, fc.integer({ min: 0, max: 0xff })],
  [fields.u16.read, fc.integer({ min: 0, max: 0xffff })],
  [fields.u32.read, fc.integer({ min: 0, max: 0xffff_ffff })],
  [fields.u53.read, fc.maxSafeNat()],
  [fields.u64.read, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  [fields.name.read, fc.uint8Array({ maxLength: 255 }).map((name) => name.filter(Boolean))],
  [fields.wholeName.read, fc.uint8Array({ maxLength: 255 })],
  [fields.blob.read, fc.uint8Array({ maxLength: 3000 })],
  [fields.nodeType.read, fc.integer({ min: 0, max: 0xff })],
  [fields.lockKind.read, fc.constantFrom("R", "W", "U")],
  [fields.exportsChecksum.read, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  [fields.octalUmask.read, fc.integer({ min: 0, max: 0o777 })],
  [fields.disables.read, fc.integer({ min: 0, max: 0xffff_ffff })],
  [fields.groups.read, fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { minLength: 1 })],
]);

const label = fc.tuple(...Array.from({ length: 4 }, () => fc.nat(0xffff_ffff)));
const storageClass = fc
  .tuple(fc.array(label), fc.array(label), fc.array(label))
  .map(([create, keep, archive]) => ({
    create: create.length,
    keep: keep.length,
    archive: archive.length,
    masks: [...create, ...keep, ...archive].flat(),
  }));

function valuesOf(declared: Fields): fc.Arbitrary<Record<string, unknown>> {
  const known = Object.entries<Field<unknown>>(declared).flatMap(([name, field]) => {
    const arbitrary = arbitraries.get(field.read);
    return arbitrary === undefined ? [] : [[name, arbitrary] as const];
  });
  return fc.record(Object.fromEntries(known), { noNullPrototype: true });
}

function changeOf(op: string, { takes, gives }: Operation): fc.Arbitrary<Change> {
  const taken = op === "SCSET" ? storageClass : fc.constant({});
  return fc
    .tuple(valuesOf(takes), taken, valuesOf(gives))
    .map(([some, others, result]) => ({ entry: { op, ...some, ...others }, result }) as Change);
}

test("spec 7: every sample line is read and written again byte for byte", () => {
  for (const line of samples) {
    const { timestamp, entry, result } = change(line);
    assert.equal(formatLine(timestamp, entry, result), asWeWrite(line));
    assert.deepEqual(change(asWeWrite(line)), change(line));
  }
});

test("spec 7: there is a sample of every operation that is written", () => {
  const seen = new Set(samples.map((line) => /\|([A-Z]+)\(/.exec(line)?.[1]));
  const unseen = Object.keys(operations).filter((op) => !seen.has(op));
  assert.deepEqual(unseen, ["IDLE", "SESSION", "INCVERSION", "NEXTCHUNKID"]);
});

test("every line of the real logs is read and written again byte for byte", () => {
  for (const file of ["changelog.0.mfs", "changelog.1.mfs", "changelog_ml.0.mfs"]) {
    for (const line of golden(file).toString("latin1").trimEnd().split("\n")) {
      const text = line.replace(/^\d+: /, "");
      const { timestamp, entry, result } = change(bytes(text));
      assert.equal(formatLine(timestamp, entry, result), text);
    }
  }
});

test("a line is read into names, numbers and what the operation gave", () => {
  assert.deepEqual(change("1795345810|CREATE(1,a,2,511,18,0,100,0):2"), {
    kind: "change",
    timestamp: 1795345810,
    entry: {
      op: "CREATE",
      parent: 1,
      name: bytes("a"),
      type: 2,
      mode: 511,
      umask: 18,
      uid: 0,
      gid: 100,
      rdev: 0,
    },
    result: { inode: 2 },
  });
  assert.deepEqual(change("1|LENGTH(5,18446744073709551615,1)").entry, {
    op: "LENGTH",
    inode: 5,
    length: 2n ** 64n - 1n,
    touch: 1,
  });
  assert.deepEqual(change("1|UNLOCK(3)").result, {});
});

for (const [op, row] of Object.entries<Operation>(operations)) {
  test(`${op}: every change is read back as it was written, by its row as well`, () => {
    fc.assert(
      fc.property(changeOf(op, row), fc.nat(0xffff_ffff), (one, timestamp) => {
        const line = formatLine<Entry>(timestamp, one.entry, one.result);
        assert.deepEqual(change(line), { kind: "change", timestamp, ...one });
        assert.equal(formatByRow(one.entry, one.result), line.slice(line.indexOf("|") + 1));
      }),
      { numRuns: 60 },
    );
  });
}

test("spec 2: control characters, bytes from 0x7F, comma, percent and parentheses are escaped", () => {
  const all = Uint8Array.from({ length: 255 }, (_, index) => index + 1);
  const line = formatEntry({ op: "UNLINK", parent: 1, name: all }, { inode: 2 });
  const text = /^UNLINK\(1,(.*)\):2$/.exec(line)?.[1] ?? "";
  for (const [index, piece] of (text.match(/%[0-9A-F]{2}|[^%]/g) ?? []).entries()) {
    const byte = index + 1;
    const isPlain = byte >= 0x20 && byte < 0x7f && !",%()".includes(String.fromCharCode(byte));
    const hex = byte.toString(16).toUpperCase().padStart(2, "0");
    assert.equal(piece, isPlain ? String.fromCharCode(byte) : `%${hex}`);
  }
  assert.equal(text.match(/%[0-9A-F]{2}|[^%]/g)?.length, 255);
});

test("spec 9, defect 1: groups of a snapshot get a 0 in front, and are read with and without", () => {
  const line = "1795345935|SNAPSHOT(3,55,snap1,0,72,1000,[0100,01001],18):1,0,0,0,0,2";
  const { timestamp, entry, result } = change(line);
  assert.equal(entry.op === "SNAPSHOT" && entry.groups.join(), "100,1001");
  assert.equal(formatLine(timestamp, entry, result), line);
});

test("a number that does not fit its field is never written", () => {
  const name = bytes("a");
  for (const wrong of [-1, 1.5, NaN, 2 ** 32]) {
    const refused = { name: "RangeError", message: /Cannot write .* expected an integer/ };
    assert.throws(() => formatEntry({ op: "ACCESS", inode: wrong }, {}), refused);
    assert.throws(() => formatEntry({ op: "UNLINK", parent: 1, name }, { inode: wrong }), refused);
  }
  const entry = { op: "LENGTH", inode: 1, length: 2n ** 64n, touch: 0 } as const;
  assert.throws(() => formatEntry(entry, {}), /expected 0 to 2\^64-1/);
});
