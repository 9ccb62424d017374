// The quick check of images and the walk over their sections. Spec: metadata-file.md 1, 3, 4.1.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { readImageHeader } from "../../../../daemons/metadata/image.ts";
import { readSectionHeader, walkSections } from "../../../../daemons/metadata/sections.ts";
import { changedImage, golden, patched } from "./golden.ts";

function judge(bytes: Buffer) {
  return readImageHeader(bytes.subarray(0, 64), bytes.subarray(-16), bytes.length);
}

function walk(bytes: Buffer) {
  return walkSections((offset, size) => bytes.subarray(offset, offset + size), bytes.length);
}

const image = golden("metadata.mfs.back");

test("spec 1: a real image has version and id behind its signature", () => {
  assert.deepEqual(judge(image), { kind: "image", version: 2n, id: image.readBigUInt64BE(16) });
  const large = changedImage({ version: 2n ** 60n, id: 2n ** 64n - 1n });
  assert.deepEqual(judge(large), { kind: "image", version: 2n ** 60n, id: 2n ** 64n - 1n });
});

test("spec 3.1: a file that starts with MFSM NEW is an empty file system", () => {
  assert.deepEqual(judge(Buffer.from("MFSM NEW")), { kind: "empty" });
  assert.deepEqual(judge(Buffer.from("MFSM NEW and more")), { kind: "empty" });
});

test("spec 4.1: another signature is a wrong header", () => {
  for (const text of ["", "MFSM", "MFSM 0.9xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "MFSM OLD"]) {
    assert.deepEqual(judge(Buffer.from(text)), { kind: "broken", why: "wrong header" });
  }
});

test("spec 4.1: an image cut at any length is broken", () => {
  for (let size = 0; size < image.length; size++) {
    assert.equal(judge(image.subarray(0, size)).kind, "broken", `cut at ${size}`);
  }
});

test("spec 3: images of 1.x have no id and an end of their own", () => {
  const old = Buffer.alloc(64);
  old.write("MFSM 1.7", "latin1");
  old.writeBigUInt64BE(77n, 12);
  assert.equal(judge(old).kind, "broken");
  old.write("[MFS EOF MARKER]", 48, "latin1");
  assert.deepEqual(judge(old), { kind: "image", version: 77n, id: 0n });
  old.write("MFSM 1.5", "latin1");
  assert.equal(judge(old).kind, "broken");
  old.fill(0, 48);
  assert.deepEqual(judge(old), { kind: "image", version: 77n, id: 0n });
});

test("spec 1: a format or section newer than 3.0.117 is told apart from damage", async () => {
  assert.equal(judge(patched(image, "MFSM 2.0", "MFSM 2.1")).kind, "newer");
  assert.equal(judge(patched(image, "SESS 1.5", "SESS 1.6")).kind, "newer");
  const inside = patched(image, "SCLA 1.6", "SCLA 1.<");
  assert.equal(judge(inside).kind, "image");
  const { sections } = await walk(inside);
  const judged = readImageHeader(
    inside.subarray(0, 64),
    inside.subarray(-16),
    inside.length,
    sections,
  );
  assert.deepEqual(judged, {
    kind: "newer",
    why: 'section "SCLA" of version 1.12, expected at most 1.6',
  });
  assert.equal(judge(patched(image, "SESS 1.5", "PATT 1.0")).kind, "newer");
});

test("spec 1: a real image has the 13 sections in their order", async () => {
  const walked = await walk(image);
  assert.equal(walked.kind, "complete");
  assert.equal(
    walked.sections.map(({ name, version }) => `${name} ${version.toString(16)}`).join(", "),
    "SESS 15, SCLA 16, NODE 14, EDGE 11, FREE 10, QUOT 11, XATR 10, PACL 11, OPEN 10, FLCK 10, PLCK 10, CSDB 13, CHNK 11",
  );
});

test("spec 1: a walk finds lengths that lead elsewhere than to the end marker", async () => {
  const longer = Buffer.from(image);
  longer.writeBigUInt64BE(196n, 32);
  const unknownLength = Buffer.from(image);
  unknownLength.fill(0xff, 32, 40);
  const added = Buffer.concat([image, image.subarray(-16)]);
  for (const bytes of [longer, unknownLength, added, image.subarray(0, 2000), Buffer.alloc(0)]) {
    assert.equal((await walk(bytes)).kind, "broken");
  }
});

test("a walk ends in bounded steps on any bytes", async () => {
  const endless = Buffer.concat(
    Array.from({ length: 100 }, () => Buffer.from("NODE 1.4\0\0\0\0\0\0\0\0")),
  );
  let reads = 0;
  const walked = await walkSections((offset, size) => {
    reads += 1;
    return endless.subarray(offset - 8, offset - 8 + size);
  }, endless.length + 24);
  assert.equal(walked.kind, "broken");
  assert.ok(reads < 70);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const read = readSectionHeader(bytes);
      assert.ok(read === null || bytes.length >= 16);
      judge(Buffer.from(bytes));
    }),
  );
});
