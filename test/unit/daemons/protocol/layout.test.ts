// Layouts check counts against the bytes left and refuse what they cannot tell apart.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  byLength,
  byTag,
  countOf,
  counted,
  records,
  sized,
  struct,
} from "../../../../daemons/protocol/layout.ts";
import { joinBlocks, packet, packetOf } from "../../../../daemons/protocol/packet.ts";
import { GetConfig } from "../../../../daemons/protocol/packets/any.ts";
import { GetStorageClassAnswer } from "../../../../daemons/protocol/packets/client-classes.ts";
import { Register } from "../../../../daemons/protocol/packets/client-register.ts";
import { str8, u16, u32, u53, u8 } from "../../../../daemons/protocol/wire.ts";

const list = packet(
  "LIST",
  9101,
  { count: countOf("items", u32), items: counted(u16) },
  { maxBody: 1000 },
);

test("a count above the bytes left is refused before anything is read", () => {
  const body = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 1);
  assert.throws(() => list.decode(body), { code: "countTooLarge", packet: "LIST", offset: 4 });
});

test("a count one too large or one too small is refused", () => {
  assert.deepStrictEqual(list.decode(Uint8Array.of(0, 0, 0, 1, 0, 7)), { items: [7] });
  assert.throws(() => list.decode(Uint8Array.of(0, 0, 0, 2, 0, 7)), { code: "countTooLarge" });
  assert.throws(() => list.decode(Uint8Array.of(0, 0, 0, 0, 0, 7)), { code: "trailingBytes" });
});

test("both counts of a storage class answer are checked", () => {
  const answer = {
    variant: "full",
    messageId: 1,
    files: [{ class: { goal: 2 }, count: 3 }],
    directories: [],
  } as const;
  const body = joinBlocks(GetStorageClassAnswer.encode(answer)).slice(8);
  for (const offset of [4, 5]) {
    const broken = body.slice();
    broken[offset] = 200;
    assert.throws(() => GetStorageClassAnswer.decode(broken), { code: "countTooLarge" });
  }
});

test("a text longer than the body is refused", () => {
  const body = Uint8Array.of(0, 0, 0, 1, 9, 0x61);
  assert.throws(() => GetConfig.decode(body), { code: "countTooLarge", offset: 5 });
});

test("a sized part must fill its size exactly", () => {
  const row = packet(
    "PARTS",
    9102,
    { parts: records(sized(u16, struct({ name: str8 }))) },
    { maxBody: 1000 },
  );
  assert.deepStrictEqual(row.decode(Uint8Array.of(0, 2, 1, 0x61)), { parts: [{ name: "a" }] });
  assert.throws(() => row.decode(Uint8Array.of(0, 3, 1, 0x61, 0)), { code: "trailingBytes" });
  assert.throws(() => row.decode(Uint8Array.of(0, 9, 1, 0x61)), { code: "countTooLarge" });
});

test("a length between two variants is refused with both named", () => {
  const row = packetOf("TWO", 9103, byLength({ short: { a: u32 }, long: { a: u32, b: u53 } }));
  assert.throws(() => row.decode(new Uint8Array(8)), /8 bytes, expected 4 or 12/);
});

test("an unknown tag is refused", () => {
  const row = packetOf("TAGGED", 9104, byTag(u8, { one: 1 }, { one: { value: u8 } }));
  assert.deepStrictEqual(row.decode(Uint8Array.of(1, 5)), { variant: "one", value: 5 });
  assert.throws(() => row.decode(Uint8Array.of(2, 5)), { code: "badValue" });
});

test("a registration with another blob or another number is refused", () => {
  const body = joinBlocks(Register.encode({ variant: "getRandom" })).slice(8);
  assert.equal(body.length, 65);
  for (const offset of [0, 63, 64]) {
    const broken = body.slice();
    broken[offset] = 0x7f;
    assert.throws(() => Register.decode(broken), { code: "badValue" });
  }
});

test("a number beyond 2^53-1 is refused, the largest exact one is not", () => {
  const row = packet("BIG", 9105, { value: u53 });
  const largest = Uint8Array.of(0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
  assert.equal(row.decode(largest).value, Number.MAX_SAFE_INTEGER);
  assert.throws(() => row.decode(Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0)), {
    code: "valueTooLarge",
  });
});

test("a count without its list, or a list without its count, cannot be declared", () => {
  assert.throws(() => struct({ count: countOf("items", u8) }), /Cannot declare/);
  assert.throws(() => struct({ items: counted(u8) }), /Cannot declare/);
});
