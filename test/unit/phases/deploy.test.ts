// Deploy on simulated hosts: from bare machines to a running cluster, and what a second run does.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bareCluster, FakeControl, inventoryOf, smallText } from "../../support/fake-hosts.ts";

test("bare machines become a running cluster", async () => {
  const inventory = inventoryOf(smallText);
  const cluster = bareCluster(inventory);
  const report = await new FakeControl(cluster, inventory).deploy();
  assert.equal(report.world.cluster?.chunkservers.length, 2);
});
