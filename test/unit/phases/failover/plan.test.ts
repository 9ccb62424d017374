// The plan of a whole failover: what is done where, in which order.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fenceLine } from "../../../../src/phases/failover/fence.ts";
import { withMaster } from "../../../../src/phases/failover/repoint.ts";
import { candidateRows, lossText, tableText } from "../../../../src/phases/failover/words.ts";
import { stageOf } from "../../../../src/phases/failover/stage.ts";
import { seal, sealState } from "../../../../src/phases/managed-files.ts";
import { failover } from "../../../../src/runbooks/failover.ts";
import { deploy } from "../../../../src/runbooks/deploy.ts";
import { planAll } from "../../../../src/runner/plan.ts";
import { image, log, metaWorld, options, type MetaHost } from "./metadata-worlds.ts";

const metalogger: MetaHost = {
  files: [image("metadata_ml.mfs.back", 2), log("changelog_ml.0.mfs", 2, 100)],
  metalogger: "active",
};

const titles = (world: Parameters<typeof planAll>[1], over = {}) =>
  planAll(failover(options(over)), world).map(({ host, title }) => `${host}: ${title}`);

test("an unreachable master is fenced and seen silent before any metadata moves", () => {
  const world = metaWorld({
    hosts: { meta02: metalogger, meta03: metalogger },
    failover: "{ fence_command: 'power off %h' }",
    leaseToken: 7,
  });
  assert.deepEqual(titles(world).slice(0, 10), [
    "meta02: Fence meta01",
    "meta02: See that meta01 is silent",
    "meta02: Stop mfs-metalogger.service",
    "meta03: Stop mfs-metalogger.service",
    "meta02: Restore metadata_ml.mfs.back up to change 100",
    "meta02: Set the older metadata aside and install version 101",
    "meta02: Record meta02 as master",
    "meta03: Record meta02 as master",
    "meta02: Retire the metalogger of the new master",
    "meta02: Let it start without an answer from the others",
  ]);
});

test("a reachable master is stopped and disabled, and later becomes a metalogger", () => {
  const world = metaWorld({ hosts: { meta01: { master: "active" }, meta02: metalogger } });
  const plan = titles({ ...world });
  assert.equal(plan[0], "meta01: Stop and disable the master on meta01");
  assert.ok(plan.includes("meta01: Set metadata of an older history aside"));
  assert.ok(plan.includes("meta01: Start mfs-metalogger.service"));
});

test("deploy retires a master that missed a failover, and nothing on hosts of the present era", () => {
  const record = "7 meta02";
  const world = metaWorld({
    hosts: {
      meta01: { master: "failed", enabled: true },
      meta02: { master: "active", era: 7, record },
      meta03: { ...metalogger, era: 7, record },
    },
  });
  const steps = planAll(deploy({ overwrite: new Set(), ignoredChecks: new Set() }), world);
  const retired = steps.filter(({ phase }) => phase === "Retire old masters");
  assert.deepEqual(
    retired.map(({ host, title }) => `${host}: ${title}`),
    [
      "meta01: Stop and disable the master on meta01",
      "meta01: Set metadata of an older history aside",
      "meta01: Name the history that follows",
    ],
  );
});

test("a fence_command names the host and its address, and may hold a percent sign", () => {
  const host = { name: "meta01", address: "10.0.0.1" };
  assert.equal(
    fenceLine("fence -H bmc-%h -a %a --wait 50%% %x", host),
    "fence -H bmc-meta01 -a 10.0.0.1 --wait 50% %x",
  );
});

test("via config only the master's address changes, and our seal stays true", () => {
  const config = seal("# c\nMASTER_HOST = 10.0.0.1\nLABELS = A\n");
  const moved = withMaster(config, "10.0.0.2");
  assert.match(moved, /^MASTER_HOST = 10\.0\.0\.2$/m);
  assert.equal(sealState(moved), "ours");
  const unit = "ExecStart=/usr/bin/mfsmount /mnt/mfs -f -H 10.0.0.1 -S / -o x\n";
  assert.equal(withMaster(unit, "10.0.0.2"), unit.replace("10.0.0.1", "10.0.0.2"));
});

test("an edited file keeps its edits and stays known as edited", () => {
  const edited = seal("MASTER_HOST = 10.0.0.1\n").replace("MASTER", "# by hand\nMASTER");
  const moved = withMaster(edited, "10.0.0.2");
  assert.match(moved, /# by hand\nMASTER_HOST = 10\.0\.0\.2/);
  assert.equal(sealState(moved), "edited");
});

test("the table names every host, and says why one cannot be used", () => {
  const world = metaWorld({
    hosts: { meta02: metalogger, meta03: { files: [log("changelog_ml.0.mfs", 2, 9)] } },
  });
  const table = tableText(candidateRows(stageOf(world, "meta02")), 1_795_345_886_000);
  assert.match(table, /meta02 +metalogger +6B02CD60FFB787BC .* 100 +100, 0 s ago +chosen/);
  assert.match(table, /meta03 .*refused: no metadata image/);
  assert.match(table, /meta01 +master .*cannot be read/);
});

test("an unknown loss never looks like a number", () => {
  const text = lossText({ kind: "unknown", atLeast: 0n, why: "its disk cannot be read" });
  assert.match(text, /^unknown /);
  assert.equal(lossText({ kind: "exact", changes: 3n }), "3, exactly");
});
