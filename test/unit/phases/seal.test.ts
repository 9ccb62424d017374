// The seal at the end of each managed file: what is ours, what was edited, what never was ours.

import assert from "node:assert/strict";
import { test } from "node:test";
import { seal, sealState } from "../../../src/phases/managed-files.ts";

const sealed = seal("A = 1\nB = 2\n");

test("a file as mfsctl wrote it is ours, and sealing is stable", () => {
  assert.equal(sealState(sealed), "ours");
  assert.equal(seal("A = 1\nB = 2"), sealed);
});

for (const [how, text] of [
  ["changed", sealed.replace("1", "7")],
  ["appended to", `${sealed}C = 3\n`],
  ["cut at its last line end", sealed.slice(0, -1)],
  ["begun with another line", `# by hand\n${sealed}`],
  ["given another checksum", sealed.replace(/[0-9a-f]{8}\n$/, "00000000\n")],
] as const) {
  test(`a file that was ${how} is edited`, () => {
    assert.equal(sealState(text), "edited");
  });
}

test("a file without a seal is foreign", () => {
  assert.equal(sealState("A = 1\n"), "foreign");
  assert.equal(sealState(""), "foreign");
});
