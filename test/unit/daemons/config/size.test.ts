// Sizes. Spec: config-and-cli.md 10.1; the refusals were run on a real mfschunkserver.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseSize } from "../../../../daemons/config/size.ts";

test("spec 10.1: units of 1000 and of 1024, each with an optional B", () => {
  const cases: readonly (readonly [string, bigint])[] = [
    ["0", 0n],
    ["10", 10n],
    ["10B", 10n],
    ["1k", 1000n],
    ["1kB", 1000n],
    ["1Ki", 1024n],
    ["1KiB", 1024n],
    ["3M", 3000000n],
    ["4GiB", 4294967296n],
    ["2T", 2000000000000n],
    ["1Pi", 2n ** 50n],
    ["1E", 10n ** 18n],
    [".5G", 500000000n],
    ["1.5TiB", 3n * 2n ** 39n],
    ["1.G", 1000000000n],
  ];
  for (const [text, bytes] of cases) assert.equal(parseSize(text), bytes, text);
});

test("spec 10.1: everything else is no size", () => {
  for (const text of [
    "",
    ".",
    "1K",
    "1g",
    "1m",
    "1 G",
    "-1G",
    "1.2.3G",
    "1GiBB",
    "G",
    "1kiB",
    "99999999999E",
  ]) {
    assert.equal(parseSize(text), null, text);
  }
});

test("a size is never more than the written number of its unit", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(999), (whole, part) => {
      const bytes = parseSize(`${whole}.${part}M`) ?? -1n;
      assert.ok(bytes >= BigInt(whole) * 1000000n && bytes < BigInt(whole + 1) * 1000000n);
    }),
  );
});
