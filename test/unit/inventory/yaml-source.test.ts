// YAML: what it refuses, and what it reads differently than people mean it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readYaml } from "../../../src/inventory/yaml-source.ts";
import { problem } from "../../../src/inventory/problem.ts";
import { problemsAfter, problemsIn, validText } from "./inventory-text.ts";

function messages(text: string): readonly string[] {
  return readYaml(text).problems.map(
    ({ position, message }) => `${position.line}:${position.column} ${message}`,
  );
}

test("numbers with a leading zero are refused unless quoted", () => {
  assert.deepEqual(messages('a: 0755\nb: "0755"\nc: 0\nd: 0.5\ne: 0x1f\nf: -012\n'), [
    '1:4 0755 is read as the decimal number 755, expected "0755" in quotes, or no leading zero',
    '6:4 -012 is read as the decimal number -12, expected "-012" in quotes, or no leading zero',
  ]);
});

test("yes, no, on and off are refused unless quoted", () => {
  const found = messages('a: yes\nb: [No, "on"]\nc: OFF\nd: north\n');
  assert.deepEqual(
    found.map((line) => line.slice(0, 8)),
    ["1:4 yes ", "2:5 No i", "3:4 OFF "],
  );
});

test("a key given twice in one mapping is refused, the same key in two mappings is not", () => {
  assert.deepEqual(messages("a: { x: 1 }\nb: { x: 1 }\na: { x: 2, x: 3 }\n"), [
    "3:1 is given twice, expected once",
    "3:12 is given twice, expected once",
  ]);
});

test("keys that are not texts are refused", () => {
  assert.deepEqual(messages("1: a\n"), [
    "1:1 the key is 1, which YAML does not read as text, expected a name",
  ]);
});

test("tabs in the indentation are refused, and the rest is still checked at its place", () => {
  const text = validText.replace("    roles: [master]", "\troles: [mastr]");
  assert.deepEqual(problemsIn(text), [
    "i.yaml:8:1 inventory: YAML: the line is indented with a tab, expected spaces",
    'i.yaml:8:10 hosts.meta01.roles[0]: is "mastr", expected "master" or "metalogger" or "chunkserver" or "client" or "monitor"; did you mean "master"?',
  ]);
});

test("tabs between words are no mistake", () => {
  assert.deepEqual(problemsAfter('"* / rw"', '"*\t/ rw"').length, 1, "a tab inside a line is");
  assert.deepEqual(problemsAfter("cluster: lab", "cluster:\tlab\t# the lab"), []);
});

test("a syntax error is located and nothing behind it is judged", () => {
  const source = readYaml("a: 1\nb: [1,\nc: 2\n");
  assert.equal(source.readable, false);
  assert.ok(source.problems.length > 0);
  assert.equal(source.problems[0]?.position.line, 3);
});

test("a second document and an unknown tag are refused", () => {
  assert.deepEqual(messages("a: 1\n---\nb: 1\n"), [
    "2:1 YAML: a second document begins here, expected one",
  ]);
  assert.deepEqual(messages("a: !vault x\n"), ["1:4 YAML: Unresolved tag: !vault"]);
});

test("aliases are followed; a mistake behind one is located at the alias", () => {
  const source = readYaml("a: &x { b: 1 }\nc: *x\n");
  assert.deepEqual(source.data, { a: { b: 1 }, c: { b: 1 } });
  assert.deepEqual(source.locate(problem(["c", "b"], "")), { line: 2, column: 1 });
  assert.deepEqual(messages("a: *x\n").length, 1);
});

test("aliases that multiply without end are refused", () => {
  const rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
  for (let row = 1; row < 9; row += 1) {
    rows.push(
      `a${row}: &a${row} [${Array<string>(9)
        .fill(`*a${row - 1}`)
        .join(", ")}]`,
    );
  }
  assert.match(messages(rows.join("\n"))[0] ?? "", /^1:1 YAML: .*alias/);
});
