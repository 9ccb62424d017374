// What is chosen and what would be lost. Spec: metalogger.md 5 and 6, changelog.md 3.1.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assess, bestCandidate, lossOf } from "../../../../src/phases/failover/candidates.ts";
import type { World } from "../../../../src/facts/world.ts";
import {
  cutImage,
  image,
  listed,
  log,
  metaWorld,
  type MetaHost,
  type MetaWorld,
} from "./metadata-worlds.ts";

const metalogger = (version: number, last: number): MetaHost => ({
  files: [image("metadata_ml.mfs.back", version), log("changelog_ml.0.mfs", version, last)],
});

function judged(world: World, target = "meta02") {
  const assessment = assess(world);
  const chosen = bestCandidate(assessment, target);
  return { assessment, chosen, loss: chosen && lossOf(world, assessment, chosen) };
}

const inWorld = (hosts: MetaWorld["hosts"], more: Omit<MetaWorld, "hosts"> = {}) =>
  judged(metaWorld({ hosts, ...more }));

test("the unbroken chain that leads furthest is chosen, wherever it is", () => {
  const { chosen } = inWorld({ meta02: metalogger(2, 100), meta03: metalogger(2, 120) });
  assert.deepEqual([chosen?.host, chosen?.verdict.reaches], ["meta03", 121n]);
});

test("between equals the target's own needs no copy", () => {
  const { chosen } = inWorld({ meta02: metalogger(2, 100), meta03: metalogger(2, 100) });
  assert.equal(chosen?.host, "meta02");
});

test("an unreadable old disk makes the loss unknown", () => {
  const { loss } = inWorld({ meta02: metalogger(2, 100), meta03: metalogger(2, 90) });
  assert.deepEqual(loss?.kind, "unknown");
});

test("a master that stopped cleanly proves the end of its history, and its own image is chosen", () => {
  const old = { files: [image("metadata.mfs", 101), log("changelog.0.mfs", 2, 100)] };
  const { chosen, loss } = inWorld({ meta01: old, meta02: metalogger(2, 100) });
  assert.equal(chosen?.host, "meta01");
  assert.deepEqual(loss, { kind: "exact", changes: 0n });
});

test("a stored image on a machine that has gone down since proves nothing: its next start may be forgotten", () => {
  const old = { files: [image("metadata.mfs", 101)], bootedAt: 1_795_346_000 };
  const { loss } = inWorld({ meta01: old, meta02: metalogger(2, 100) });
  assert.match(loss?.kind === "unknown" ? loss.why : "", /has gone down since/);
});

test("a damaged image of a clean stop still counts what is lost with a metalogger", () => {
  // Its log ends earlier: the master answered clients after its log writer had ended.
  const old = { files: [cutImage("metadata.mfs", 151), log("changelog.0.mfs", 2, 140)] };
  const { chosen, loss } = inWorld({ meta01: old, meta02: metalogger(2, 100) });
  assert.equal(chosen?.host, "meta02");
  assert.deepEqual(loss, { kind: "exact", changes: 50n });
});

test("a stored image without a readable version leaves the loss unknown, although the log can be read", () => {
  const broken = listed("metadata.mfs", Buffer.from("nothing of an image is left here"));
  const old = { files: [broken, log("changelog.0.mfs", 2, 140)] };
  const { loss } = inWorld({ meta01: old, meta02: metalogger(2, 100) });
  assert.equal(loss?.kind === "unknown" && loss.atLeast, 40n);
});

test("a power-cut disk proves nothing: the loss is unknown although all hosts agree", () => {
  const old: MetaHost = {
    files: [image("metadata.mfs.back", 2), log("changelog.0.mfs", 2, 90, "91: 1795")],
    master: "failed",
  };
  const { chosen, loss } = inWorld({ meta01: old, meta02: metalogger(2, 100) });
  assert.equal(chosen?.host, "meta02");
  assert.equal(loss?.kind, "unknown");
  assert.equal(loss.kind === "unknown" && loss.atLeast, 0n);
});

test("logs that are synced before each answer (save mode 2) are exact after any crash", () => {
  const old: MetaHost = { files: [image("metadata.mfs.back", 2), log("changelog.0.mfs", 2, 110)] };
  const { chosen, loss } = inWorld({ meta01: old }, { settings: "{ CHANGELOG_SAVE_MODE: 2 }" });
  assert.equal(chosen?.verdict.reaches, 111n);
  assert.deepEqual(loss, { kind: "exact", changes: 0n });
});

test("logs that are written before each answer (save mode 1) are exact until the machine goes down", () => {
  const files = [image("metadata.mfs.back", 2), log("changelog.0.mfs", 2, 110)];
  const settings = "{ CHANGELOG_SAVE_MODE: 1 }";
  const kindOf = (bootedAt: number) =>
    inWorld({ meta01: { files, bootedAt } }, { settings }).loss?.kind;
  assert.equal(kindOf(1_795_345_000), "exact");
  assert.equal(kindOf(1_795_346_000), "unknown");
});

test("files from before the last failover are neither believed nor preferred", () => {
  const record = "7 meta01";
  const { chosen, assessment } = inWorld({
    meta02: { ...metalogger(2, 900), era: 1, record },
    meta03: { ...metalogger(2, 500), era: 7, record },
  });
  assert.equal(chosen?.host, "meta03");
  assert.equal(assessment.knownEnd, 501n);
});

test("with nothing but files from before the last failover the loss is unknown", () => {
  const { loss } = inWorld({ meta02: { ...metalogger(2, 900), era: 1, record: "7 meta01" } });
  assert.match(loss?.kind === "unknown" ? loss.why : "", /before the last failover/);
});

test("another cluster's metadata is no candidate and says nothing about the loss", () => {
  const foreign = { files: [image("metadata_ml.mfs.back", 9999, 0x1234n)] };
  const { chosen, assessment } = inWorld({ meta02: metalogger(2, 100), meta03: foreign });
  assert.equal(chosen?.host, "meta02");
  assert.equal(assessment.knownEnd, 101n);
});

test("a hole, an image without end and the empty file system are no candidates", () => {
  const hole = { files: [image("metadata_ml.mfs.back", 2), log("changelog_ml.0.mfs", 50, 60)] };
  const cut = { files: [listed("metadata_ml.mfs.back", Buffer.from("MFSM 2.0 cut"))] };
  const empty = { files: [listed("metadata_ml.tmp", Buffer.from("MFSM NEW"))] };
  for (const meta02 of [hole, cut, empty]) assert.equal(inWorld({ meta02 }).chosen, undefined);
});

test("property: an exact number is never less than what was acknowledged and is not in the chosen chain", () => {
  const history = fc.integer({ min: 10, max: 60 });
  const part = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fc.record({ acknowledged: history, written: part, sent: part, other: part }),
      fc.record({
        reachable: fc.boolean(),
        clean: fc.boolean(),
        damaged: fc.boolean(),
        headless: fc.boolean(),
      }),
      (model, old) => {
        const upTo = (share: number) => 2 + Math.floor(share * (model.acknowledged - 2));
        // A clean stop stores everything, but even then the log may lack a tail.
        const written = upTo(model.written);
        const stored = old.damaged
          ? old.headless
            ? listed("metadata.mfs", Buffer.from("nothing of an image is left here"))
            : cutImage("metadata.mfs", model.acknowledged + 1)
          : image("metadata.mfs", model.acknowledged + 1);
        const meta01 = {
          files: [
            old.clean ? stored : image("metadata.mfs.back", 2),
            log("changelog.0.mfs", 2, written),
          ],
        };
        const { chosen, loss } = inWorld({
          ...(old.reachable ? { meta01 } : {}),
          meta02: metalogger(2, upTo(model.sent)),
          meta03: metalogger(2, upTo(model.other)),
        });
        if (chosen === undefined || loss?.kind !== "exact") return true;
        const truth = BigInt(model.acknowledged + 1) - chosen.verdict.reaches;
        return loss.changes >= truth;
      },
    ),
    { numRuns: 300 },
  );
});
