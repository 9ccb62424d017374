// Every refusal of a failover, and that its next step leads on.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gatesAhead, gatesBeforeAssembly } from "../../../../src/phases/failover/gates.ts";
import type { ClusterState } from "../../../../src/wire/cluster-state.ts";
import { cutImage, image, log, metaWorld, options, type MetaHost } from "./metadata-worlds.ts";

const metalogger = (last: number): MetaHost => ({
  files: [image("metadata_ml.mfs.back", 2), log("changelog_ml.0.mfs", 2, last)],
});
const damagedStop: MetaHost = {
  files: [cutImage("metadata.mfs", 151), log("changelog.0.mfs", 2, 150)],
};
const accepted = { acceptLoss: "unknown", fencedBecause: "pulled its power" } as const;

test("an unreachable and unfenced master: the next step names every word that is needed", () => {
  const world = metaWorld({ hosts: { meta02: metalogger(100), meta03: metalogger(100) } });
  const [refusal, ...more] = gatesAhead(world, options());
  assert.equal(more.length, 0);
  assert.match(refusal?.message ?? "", /Cannot fence "meta01"/);
  assert.match(refusal?.hint ?? "", /--i-fenced-it "powered off by hand" --accept-loss unknown$/);
  assert.deepEqual(gatesAhead(world, options(accepted)), []);
});

test("a fence_command takes the place of the operator's word, not of the accepted loss", () => {
  const world = metaWorld({ hosts: { meta02: metalogger(100) }, failover: "{ fence_command: x }" });
  const [refusal] = gatesAhead(world, options());
  assert.match(refusal?.message ?? "", /lost changes is unknown/);
  assert.deepEqual(gatesAhead(world, options({ acceptLoss: "unknown" })), []);
});

test("an unknown loss is not accepted by a number, nor an exact one by a smaller number", () => {
  const lost = metaWorld({ hosts: { meta02: metalogger(100) }, failover: "{ fence_command: x }" });
  assert.equal(gatesAhead(lost, options({ acceptLoss: 1_000_000n })).length, 1);
  const exact = metaWorld({ hosts: { meta01: damagedStop, meta02: metalogger(100) } });
  const [refusal] = gatesAhead(exact, options());
  assert.match(refusal?.hint ?? "", /--accept-loss 50$/);
  assert.equal(gatesAhead(exact, options({ acceptLoss: 49n })).length, 1);
  assert.equal(gatesAhead(exact, options({ acceptLoss: "unknown" })).length, 1);
  assert.deepEqual(gatesAhead(exact, options({ acceptLoss: 50n })), []);
});

test("without an unbroken set anywhere no flag helps, and the silent hosts are named", () => {
  const world = metaWorld({ hosts: { meta02: { files: [log("changelog_ml.0.mfs", 2, 9)] } } });
  const refusals = gatesAhead(world, options(accepted));
  assert.match(refusals.at(-1)?.message ?? "", /no host holds an unbroken set/);
  assert.match(refusals.at(-1)?.hint ?? "", /bring meta01 or meta03 back/);
});

test("a target that holds another cluster's metadata is refused although others are good", () => {
  const foreign = { files: [image("metadata_ml.mfs.back", 9, 0x1234n)] };
  const world = metaWorld({ hosts: { meta02: foreign, meta03: metalogger(100) } });
  const refusals = gatesAhead(world, options(accepted));
  assert.match(refusals.at(-1)?.message ?? "", /belong to another cluster/);
});

test("a target that deploy never prepared is sent to deploy", () => {
  const world = metaWorld({ hosts: { meta02: metalogger(100) } });
  const bare = { ...world, facts: new Map(world.facts) };
  const facts = bare.facts.get("meta02");
  assert.ok(facts);
  bare.facts.set("meta02", { ...facts, units: new Map() });
  assert.equal(gatesAhead(bare, options(accepted))[0]?.hint, "mfsctl deploy");
});

test("a hand-over begins from a master that serves, and is proven by its stored image", () => {
  const planned = options({ planned: true });
  const running = metaWorld({
    hosts: { meta01: { master: "active" }, meta02: metalogger(100) },
  });
  assert.match(gatesAhead(running, planned)[0]?.message ?? "", /does not serve/);
  const serving = { ...running, cluster: {} as ClusterState };
  assert.deepEqual(gatesAhead(serving, planned), []);
  assert.match(gatesBeforeAssembly(serving, planned)[0]?.message ?? "", /its master runs/);
  const stored = { files: [image("metadata.mfs", 101)] };
  const stopped = metaWorld({ hosts: { meta01: stored, meta02: metalogger(100) } });
  assert.deepEqual(gatesBeforeAssembly(stopped, planned), []);
  const killed: MetaHost = {
    files: [image("metadata.mfs.back", 2), log("changelog.0.mfs", 2, 100)],
    master: "failed",
  };
  const crashed = metaWorld({ hosts: { meta01: killed, meta02: metalogger(100) } });
  assert.match(gatesBeforeAssembly(crashed, planned)[0]?.hint ?? "", /--to meta01/);
});

test("a target without room for the copy is refused", () => {
  const world = metaWorld({ hosts: { meta02: metalogger(100) }, failover: "{ fence_command: x }" });
  const facts = world.facts.get("meta02");
  assert.ok(facts);
  const space = new Map([["/home/work/local/mfs/var/mfs", { freeBytes: 10, totalBytes: 1000 }]]);
  const full = { ...world, facts: new Map(world.facts).set("meta02", { ...facts, space }) };
  assert.match(gatesAhead(full, options(accepted)).at(-1)?.message ?? "", /10 bytes are free/);
});
