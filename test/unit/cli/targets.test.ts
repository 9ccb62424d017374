// Choosing hosts by patterns and mounts by words.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mountTargets } from "../../../src/cli/mount-targets.ts";
import { sinceMs } from "../../../src/cli/since.ts";
import { selectHosts } from "../../../src/cli/targets.ts";
import { inventoryOf, smallText } from "../../support/fake-hosts.ts";

const inventory = inventoryOf(smallText);
const all = Object.keys(inventory.hosts);

test("patterns choose hosts in the order of the inventory", () => {
  assert.deepEqual(selectHosts(inventory, []), all);
  assert.deepEqual(selectHosts(inventory, ["cm*", "meta03"]), ["meta03", "cm01", "cm02"]);
  assert.deepEqual(selectHosts(inventory, ["meta0?,!meta02"]), ["meta01", "meta03"]);
  assert.deepEqual(selectHosts(inventory, ["!meta*"]), ["cm01", "cm02"]);
});

test("a pattern that fits no host is a mistake, never an empty choice", () => {
  assert.throws(() => selectHosts(inventory, ["cm9*"]), { code: "usage", message: /"cm9\*"/ });
  assert.throws(() => selectHosts(inventory, ["!*"]), { code: "usage", message: /none is left/ });
  assert.throws(() => selectHosts(inventory, ["c.01"]), { code: "usage" });
});

test("a mount is named by host and path, by its host, or not at all", () => {
  const only = [{ host: "cm01", path: "/home/work/share" }];
  assert.deepEqual(mountTargets(inventory, undefined, all), only);
  assert.deepEqual(mountTargets(inventory, "cm01", all), only);
  assert.deepEqual(mountTargets(inventory, "cm01:/home/work/share/", all), only);
  assert.throws(() => mountTargets(inventory, "cm01:/mnt", all), { code: "usage", hint: /deploy/ });
  assert.throws(() => mountTargets(inventory, undefined, ["cm02"]), { code: "usage" });
});

test("a time of --since is a time or a mistake", () => {
  assert.equal(sinceMs(undefined), undefined);
  assert.equal(sinceMs("1970-01-01T00:00:01Z"), 1000);
  assert.throws(() => sinceMs("yesterday"), { code: "usage" });
});
