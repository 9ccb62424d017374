// "Did you mean".

import assert from "node:assert/strict";
import { test } from "node:test";
import { suggest } from "../../../src/inventory/suggest.ts";

const words = ["master", "metalogger", "chunkserver", "client", "monitor"];

test("slips of the fingers are recognised", () => {
  assert.equal(suggest("mastre", words), "master");
  assert.equal(suggest("chunksever", words), "chunkserver");
  assert.equal(suggest("Clients", words), "client");
  assert.equal(suggest("moniter", words), "monitor");
});

test("a word like no other, and a known one, suggest nothing", () => {
  assert.equal(suggest("storage", words), undefined);
  assert.equal(suggest("", words), undefined);
  assert.equal(suggest("master", ["master"]), undefined);
});
