// A file is written whose chunk a snapshot shares; while the chunkservers duplicate the chunk the snapshot goes.
// Should the duplication fail, the file needs the original back. Spec: semantics-master.md 4.1, 8.4, 15.2.

import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "../../../../../daemons/master/core/status.ts";
import { JobCluster } from "./job-cluster.ts";

const classId = 2;
const passSeconds = 1.2;

/** The write has begun, and the other file is gone already. */
function withOrphanedOriginal() {
  const cluster = new JobCluster(2);
  const { fake } = cluster;
  const original = cluster.add({ classId, copies: "1:valid 2:valid" });
  fake.chunks.addReference(cluster.chunk(original), classId);
  const { chunkId: duplicate, waits } = fake.write({ chunkId: original, classId });
  assert.equal(waits, true);
  fake.chunks.dropReference(cluster.chunk(original), classId);
  fake.takeSent();
  return { cluster, fake, original, duplicate };
}

test("the original of a duplication that fails is still whole", () => {
  const { cluster, fake, original, duplicate } = withOrphanedOriginal();
  cluster.run(2 * passSeconds);
  assert.deepEqual(cluster.taken(), [], "nothing is deleted while the duplication runs");
  for (const peer of [1, 2]) fake.answer(peer, duplicate, status.NOTDONE);
  assert.deepEqual(fake.done, [{ chunk: duplicate, status: status.NOTDONE }]);
  // As ROLLBACK does it, in the very step that ended the operation.
  fake.chunks.addReference(cluster.chunk(original), classId);
  fake.chunks.dropReference(cluster.chunk(duplicate), classId);
  cluster.run(2 * passSeconds);
  assert.deepEqual(fake.copies(original), ["1:valid", "2:valid"]);
  assert.deepEqual(
    cluster.taken().filter((text) => text.includes(`#${original} `)),
    [],
  );
});

test("the record of an original is kept while its servers lose the copies", () => {
  const { cluster, fake, original } = withOrphanedOriginal();
  for (const peer of [1, 2]) fake.lost(peer, original);
  cluster.run(5);
  assert.notEqual(cluster.chunk(original), 0);
});

test("an original that nobody uses goes once its duplicates are made", () => {
  const { cluster, fake, original, duplicate } = withOrphanedOriginal();
  for (const peer of [1, 2]) fake.answer(peer, duplicate);
  fake.unlock(duplicate);
  cluster.run(passSeconds);
  assert.deepEqual(cluster.taken(), [`delete 1 #${original} v1`, `delete 2 #${original} v1`]);
  for (const peer of [1, 2]) cluster.deleted(peer, original);
  cluster.run(passSeconds);
  assert.equal(cluster.chunk(original), 0);
});

test("an original of two duplications waits for both", () => {
  const cluster = new JobCluster(2);
  const { fake } = cluster;
  const original = cluster.add({ classId, copies: "1:valid 2:valid" });
  for (let more = 0; more < 2; more++) {
    fake.chunks.addReference(cluster.chunk(original), classId);
  }
  const first = fake.write({ chunkId: original, classId }).chunkId;
  const second = fake.write({ chunkId: original, classId }).chunkId;
  fake.chunks.dropReference(cluster.chunk(original), classId);
  fake.takeSent();
  for (const peer of [1, 2]) fake.answer(peer, first);
  cluster.run(2 * passSeconds);
  assert.deepEqual(cluster.taken(), []);
  for (const peer of [1, 2]) fake.answer(peer, second);
  cluster.run(passSeconds);
  assert.equal(cluster.taken().length, 2);
});
