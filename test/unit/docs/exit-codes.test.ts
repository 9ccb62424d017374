// docs/exit-codes.md says what src/errors.ts does.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { exitCodesMarkdown } from "../../../src/cli/exit-codes-page.ts";

test("the page of exit codes is made from the table; mfsctl docs exit-codes writes it anew", () => {
  const file = path.resolve(import.meta.dirname, "../../../docs/exit-codes.md");
  assert.equal(readFileSync(file, "utf8"), exitCodesMarkdown());
});
