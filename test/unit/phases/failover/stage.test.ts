// How far a failover has come, from what the hosts hold alone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { promoted, stageOf } from "../../../../src/phases/failover/stage.ts";
import { image, log, metaWorld, type MetaHost } from "./metadata-worlds.ts";

const metalogger: MetaHost = {
  files: [image("metadata_ml.mfs.back", 2), log("changelog_ml.0.mfs", 2, 100)],
};
const stored: MetaHost = { files: [image("metadata.mfs", 101)] };

test("a metalogger has yet to get the metadata", () => {
  const stage = stageOf(metaWorld({ hosts: { meta02: metalogger } }), "meta02");
  assert.equal(stage.at, "assemble");
});

test("an old master that runs is stopped before anything is chosen", () => {
  const world = metaWorld({ hosts: { meta01: { master: "active" }, meta02: metalogger } });
  const stage = stageOf(world, "meta02");
  assert.equal(stage.at === "assemble" && stage.afterStop, true);
});

test("with the image in place and a newer era the target is yet to be recorded, with that era's token", () => {
  const world = metaWorld({
    hosts: { meta01: stored, meta02: { ...stored, era: 5 }, meta03: metalogger },
    leaseToken: 9,
  });
  assert.deepEqual(stageOf(world, "meta02").at, "record");
  assert.equal(promoted(world, "meta02").mastership.token, 5);
});

test("an image in place that a restarted old master has outrun is assembled anew", () => {
  const world = metaWorld({
    hosts: { meta01: { files: [image("metadata.mfs", 200)] }, meta02: { ...stored, era: 5 } },
    leaseToken: 9,
  });
  assert.equal(stageOf(world, "meta02").at, "assemble");
  assert.equal(promoted(world, "meta02").mastership.token, 9);
});

test("a recorded master that stopped cleanly only needs a start", () => {
  const record = "5 meta02";
  const world = metaWorld({ hosts: { meta02: { ...stored, era: 5, record }, meta03: { record } } });
  assert.equal(stageOf(world, "meta02").at, "serve");
  assert.equal(promoted(world, "meta02"), world);
});

test("a recorded master that runs is left alone, whatever others hold", () => {
  const world = metaWorld({ hosts: { meta01: { master: "active" }, meta02: metalogger } });
  assert.equal(stageOf(world, "meta01").at, "serve");
});

test("a crashed master is recovered in place, in a new era", () => {
  const crashed: MetaHost = {
    files: [image("metadata.mfs.back", 2), log("changelog.0.mfs", 2, 100)],
    master: "failed",
  };
  const world = metaWorld({ hosts: { meta01: crashed, meta02: metalogger }, leaseToken: 4 });
  const stage = stageOf(world, "meta01");
  assert.equal(stage.at === "assemble" && stage.chosen?.host, "meta01");
  assert.deepEqual(promoted(world, "meta01").mastership, {
    host: "meta01",
    token: 4,
    recorded: true,
  });
});

test("a stored image that metaloggers have outrun is not served as it is", () => {
  const world = metaWorld({
    hosts: { meta01: { files: [image("metadata.mfs", 50)] }, meta02: metalogger },
  });
  assert.equal(stageOf(world, "meta01").at, "assemble");
});
