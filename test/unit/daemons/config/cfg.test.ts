// Grammar of .cfg files. Spec: config-and-cli.md 3.2; the marked cases were run on a real mfsmaster.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { readDefinitions } from "../../../../daemons/config/cfg.ts";
import { Problems } from "../../../../daemons/config/problem.ts";
import { assertOne, brief } from "./expect.ts";

function read(text: string) {
  const problems = new Problems();
  const definitions = readDefinitions(text, problems);
  return { definitions, problems: problems.list() };
}

function value(text: string): string | undefined {
  const { definitions, problems } = read(text);
  assert.deepEqual(problems, []);
  return definitions[0]?.value;
}

test("spec 3.2: blanks around name, equal sign and value do not count", () => {
  assert.equal(value(" \tBACK_LOGS\t = \t 7  \n"), "7");
  assert.equal(value("BACK_LOGS=7"), "7");
});

test("spec 3.2: a value may hold an equal sign and inner spaces, and may be empty", () => {
  assert.equal(value("AUTH_CODE = a=b c"), "a=b c");
  assert.equal(value("WORKING_GROUP =\n"), "");
});

test("spec 3.2: a # in the first byte makes a comment, blank lines count for nothing", () => {
  assert.deepEqual(read("# A = 1\n\n  \t\n#\r\n"), { definitions: [], problems: [] });
});

test("spec 3.2: an indented comment is skipped by the daemon with a warning", () => {
  assertOne(read("  # note\n").problems, "warning", "first byte");
});

test("spec 3.2: a comment behind a value is part of the value (run on mfsmaster)", () => {
  assert.equal(value("MATOCL_LISTEN_PORT = 9421 # x\n"), "9421 # x");
});

test("spec 3.2: behind a TAB a comment is tolerated, and a carriage return ends a line (run on mfsmaster)", () => {
  assert.equal(value("MATOCL_LISTEN_PORT = 9421\t# x\n"), "9421");
  assert.equal(value("MATOCL_LISTEN_PORT = 9421 \r\n"), "9421");
});

test("spec 3.2: what stands behind a control byte or a byte above 0x7F is lost", () => {
  assertOne(read("DATA_PATH = /data/é\n").problems, "error", 'reads "/data/"');
  assertOne(read("DATA_PATH = /a\tb\n").problems, "error", 'reads "/a"');
});

test("spec 3.2: a line without an equal sign or name is skipped (run on mfsmaster)", () => {
  const { definitions, problems } = read("FOO\nX Y = 2\nPORT 9421\n = 5\nA B\nBACK_LOGS = 9\n");
  assert.deepEqual(brief(problems), [
    "1 error -",
    "2 error -",
    "3 error -",
    "4 error -",
    "5 error -",
  ]);
  assert.deepEqual(definitions, [{ line: 6, name: "BACK_LOGS", value: "9" }]);
});

test("spec 3.2: 998 bytes are one line, 999 are two (run on mfsmaster)", () => {
  const start = "AUTH_CODE = ";
  assert.equal(value(start + "x".repeat(998 - start.length))?.length, 998 - start.length);
  assertOne(read(start + "x".repeat(999 - start.length)).problems, "error", "at most 998");
  assertOne(read(start + "é".repeat(497)).problems, "error", "line of 1006 bytes");
});

test("spec 3.2: a NUL byte stops the daemon in a line", () => {
  assertOne(read("A = 1\0\n").problems, "error", "NUL");
});

test("any text is read without a throw, and each definition comes from its own line", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const lines = text.split("\n");
      for (const { line, name } of read(text).definitions)
        assert.ok(lines[line - 1]?.includes(name));
    }),
  );
});
