// A world is what its image says, and an image what its world says. Spec: metadata-file.md 2.

import assert from "node:assert/strict";
import { test } from "node:test";
import { replayLine } from "../../../../../daemons/master/core/replay.ts";
import { chunkOperation } from "../../../../../daemons/master/core/store/chunks.ts";
import { golden } from "../../metadata/golden.ts";
import { ChangingWorld } from "../changes/changing-world.ts";
import { recount } from "../changes/recount.ts";
import { dump, linesOf, load, save } from "./worlds.ts";

const image = golden("all-kinds.mfs");

const ordered = ["SESSION", "SCLASS", "EDGE", "FREEID", "QUOTA", "XATTR", "OPENFILE", "POSIXLOCK"];

test("spec 2: a real image with every kind of object is loaded and stored with the same records", () => {
  const stored = save(load(image).world);
  assert.equal(stored.length, image.length);
  assert.deepEqual(dump(stored).toSorted(), dump(image).toSorted());
});

test("spec 2: lists whose order means something keep it", () => {
  const stored = save(load(image).world);
  for (const kind of ordered) assert.deepEqual(linesOf(stored, kind), linesOf(image, kind), kind);
});

test("an image of ours is loaded and stored with the same bytes", () => {
  const once = save(load(image).world);
  assert.deepEqual(save(load(once).world), once);
});

test("version and id of the image are those of the world", () => {
  const { world } = load(image);
  assert.equal(BigInt(world.metaVersion), image.readBigUInt64BE(8));
  assert.equal(world.metaId, image.readBigUInt64BE(16));
});

test("every counter of a loaded world is what a recount gives", () => {
  const { world } = load(image);
  recount(world);
  assert.ok(world.statistics.trashLength > 0n);
});

test("a world that was changed is the same behind its image", () => {
  const changed = new ChangingWorld();
  const top = changed.directory(1, "top");
  const below = changed.directory(top, "below");
  for (let index = 0; index < 20; index++) changed.make(below, `name-${index}`, 1);
  changed.make(top, "pipe", 4);
  const { world, renumberEdges } = load(save(changed.world));
  recount(world);
  assert.equal(renumberEdges, false);
  assert.deepEqual(save(world), save(changed.world));
  assert.deepEqual(world.statistics.of(1), changed.world.statistics.of(1));
});

test("a closed session is stored until it goes, for the log behind the image says that it goes", () => {
  const { world } = load(image);
  const [session] = world.sessions;
  assert.ok(session !== undefined);
  session.closed = true;
  session.disconnected = 1000;
  const again = load(save(world)).world;
  assert.equal(again.sessions.get(session.id)?.disconnected, 0);
  assert.deepEqual(dump(save(again)).toSorted(), dump(save(world)).toSorted());
  assert.equal(replayLine(again, `2000|SESDEL(${session.id})`), undefined);
  for (const kind of ["OPENFILE", "POSIXLOCK", "FLOCK"]) {
    assert.deepEqual(linesOf(save(again), kind), [], kind);
  }
});

test("the lock of a copy that is being made is not stored: no log ends it", () => {
  const { world } = load(image);
  const chunk = world.chunks.find(1);
  world.chunks.setLockedTo(chunk, 500);
  world.chunks.setOperation(chunk, chunkOperation.replicate);
  const again = load(save(world, 400)).world.chunks;
  assert.equal(again.lockedToOf(again.find(1)), 0);
});

test("spec 2.12: a chunk's lock that is over is stored as none", () => {
  const { world } = load(image);
  const chunk = world.chunks.find(1);
  world.chunks.setLockedTo(chunk, 500);
  const lockedTo = (now: number) => {
    const again = load(save(world, now)).world.chunks;
    return again.lockedToOf(again.find(1));
  };
  assert.deepEqual([lockedTo(499), lockedTo(500), lockedTo(501)], [500, 500, 0]);
});

test("spec 2.7: attributes of an inode keep their order over many loads", () => {
  const { world } = load(image);
  const before = linesOf(save(world), "XATTR");
  const twice = load(save(load(save(world)).world)).world;
  assert.deepEqual(linesOf(save(twice), "XATTR"), before);
});
