// Logs of many hosts in one order, and which units a role means.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loggedUnits, mergeLogs } from "../../../src/status/logs.ts";
import { inventoryOf, smallText } from "../../support/fake-hosts.ts";

test("lines of all hosts are merged by time, and a line without one stays behind its own", () => {
  const merged = mergeLogs(
    new Map([
      [
        "a",
        "2026-11-22T14:00:01.000001+0000 x: one\n  more of one\n2026-11-22T14:00:03+0000 x: three\n",
      ],
      ["b", "2026-11-22T14:00:02.5+0000 y: two\n"],
    ]),
  );
  assert.deepEqual(
    merged.map(({ host, text }) => `${host} ${text.replace(/^\S+ x?y?:? ?/, "").trim()}`),
    ["a one", "a more of one", "b two", "a three"],
  );
});

test("a metadata host may have been master or metalogger, so its logs hold both", () => {
  const inventory = inventoryOf(smallText);
  assert.deepEqual(loggedUnits(inventory, "meta02", undefined), [
    "mfs-master.service",
    "mfs-metalogger.service",
  ]);
  assert.deepEqual(loggedUnits(inventory, "cm01", new Set(["client"])), [
    "mfs-mount-home-work-share.service",
  ]);
  assert.deepEqual(loggedUnits(inventory, "cm02", new Set(["master"])), []);
});
