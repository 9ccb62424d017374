// mfstopology.cfg. Spec: config-and-cli.md 9; "run on mfsmaster": messages of a real master.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseTopology } from "../../../../daemons/config/topology.ts";
import { assertOne } from "./expect.ts";

test("spec 9: lines of address and rack, with comments behind blanks", () => {
  const { records, problems } = parseTopology(
    "# racks\n10.0.0.0/24 dc1|r2\n 10.0.1.1 0 # c\n\t# indented\n10.0.1.5-10.0.1.9 r3\t#c\n* é\r\n",
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(
    records.map(({ line, rack }) => `${line} ${rack}`),
    ["2 dc1|r2", "3 0", "5 r3", "6 é"],
  );
  assert.deepEqual([records[0]?.from, records[0]?.to], [0x0a000000, 0x0a0000ff]);
});

test("spec 9: dropped lines are errors (run on mfsmaster)", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["10.0.0.2", "no rack"],
    ["10.0.0.2 ", "no rack"],
    ["10.0.0.4 r1 c", "behind the rack"],
    ["10.0.0.5 r1# c", 'without "#"'],
    ["10.0.0.6 #r", 'without "#"'],
    ["host r", "no address"],
    ["10.0.0.0/33 r", "no address"],
  ];
  for (const [line, part] of cases) assertOne(parseTopology(`${line}\n`).problems, "error", part);
});

test("spec 9: addresses that are accepted and misread are errors, cleared host bits warn", () => {
  assertOne(parseTopology("10.0.0.0/0 r\n").problems, "error", "only its base address");
  assertOne(parseTopology("10.0.0.9-10.0.0.1 r\n").problems, "error", "matches no address");
  assertOne(parseTopology("10.0.0.9/24 r\n").problems, "warning", "host bits");
});

test("spec 9: of two lines for the same addresses the last one counts", () => {
  assertOne(parseTopology("10.0.0.1 a\n10.0.0.1 b\n").problems, "warning", "again in line 2");
});

test("an empty file is fine, a line beyond the limit is not", () => {
  assert.deepEqual(parseTopology(""), { records: [], problems: [] });
  assertOne(parseTopology(`10.0.0.1 ${"r".repeat(990)}\n`).problems, "error", "at most 998");
});

test("any text is parsed without a throw", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseTopology(text)));
});
