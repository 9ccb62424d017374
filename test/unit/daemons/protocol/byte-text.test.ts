// Text keeps every byte, whatever the encoding was.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decodeText, encodeText } from "../../../../daemons/protocol/byte-text.ts";

test("any bytes survive as text", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      assert.deepStrictEqual(encodeText(decodeText(bytes)), bytes);
    }),
    { numRuns: 2000 },
  );
});

test("UTF-8 is read as it is, bytes beyond it are escaped one by one", () => {
  assert.equal(decodeText(new TextEncoder().encode("/mnt/データ")), "/mnt/データ");
  assert.equal(decodeText(Uint8Array.of(0x61, 0xff, 0xc3, 0xa9, 0xc3)), "a\udcffé\udcc3");
  assert.equal(decodeText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), "\ufeffa");
});

test("encoded surrogates and overlong forms are not UTF-8", () => {
  assert.equal(decodeText(Uint8Array.of(0xed, 0xb2, 0x80)), "\udced\udcb2\udc80");
  assert.equal(decodeText(Uint8Array.of(0xc0, 0x80)), "\udcc0\udc80");
});

test("a lone surrogate that no bytes give is refused", () => {
  assert.throws(() => encodeText("a\ud800"), RangeError);
  assert.throws(() => encodeText("\udc00"), RangeError);
});
