// Walks docs/field-guide.md: whatever it promises exists in the command line.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { Config } from "@oclif/core";

const root = path.resolve(import.meta.dirname, "../../..");
const guide = readFileSync(path.join(root, "docs/field-guide.md"), "utf8");
const rows = guide
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (?:passage|-)/.test(line))
  .map((line) => line.split(" | "));

test("every passage has a command, says what is still open, or why nothing is needed", () => {
  assert.ok(rows.length >= 30);
  for (const [passage, , now] of rows) {
    assert.match(
      now ?? "",
      /`mfsctl [a-z]|still open|Not needed/,
      `"${passage ?? ""}" has no answer`,
    );
  }
});

test("every command and flag that the guide names exists", async () => {
  const config = await Config.load(root);
  const named = [...guide.matchAll(/`mfsctl ([^`]+)`/g)].map((match) =>
    (match[1] ?? "").split(" "),
  );
  assert.ok(named.length >= 30);
  for (const words of named) {
    const command =
      config.findCommand(words.slice(0, 2).join(":")) ?? config.findCommand(words[0] ?? "");
    assert.ok(command !== undefined, `mfsctl ${words.join(" ")}: no such command`);
    for (const flag of words.filter((word) => word.startsWith("--"))) {
      const name = flag.slice(2).split("=")[0] ?? "";
      assert.ok(name in command.flags, `mfsctl ${words.join(" ")}: no such flag`);
    }
  }
});
