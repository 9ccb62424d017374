// The last copy of a chunk that was written: nothing that the job loop does may take it from its disk, for
// an acknowledged write is never lost while a disk that has it can come back. Spec: semantics-master.md 8.4.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { status } from "../../../../../daemons/master/core/status.ts";
import { JobCluster } from "../jobs/job-cluster.ts";

const passSeconds = 1.2;

/** Chunk 1 was written to chunkserver 1 alone, and is being copied to 2 as its copy is found damaged. */
function damagedWhileCopied(): JobCluster {
  const cluster = new JobCluster(2);
  const id = cluster.add({ classId: 2, version: 4, copies: "1:valid" });
  cluster.changed(id);
  cluster.run(0.1);
  assert.deepEqual(cluster.taken(), ["copy 1>2 #1 v4"]);
  cluster.fake.damaged(1, id);
  cluster.run(2 * passSeconds);
  return cluster;
}

describe("the last copy of a chunk", () => {
  it("written, being copied, damaged: it stays on its disk until the other one has arrived", () => {
    const cluster = damagedWhileCopied();
    assert.deepEqual(cluster.taken(), [], "a copy that may never arrive is no reason to delete");
    assert.deepEqual(cluster.fake.copies(1), ["1:invalid@0", "2:busy"]);
    cluster.copied(2, 1);
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), ["delete 1 #1 v0"]);
  });

  it("written, being copied, damaged, not copied: it is right again when its server comes back", () => {
    const cluster = damagedWhileCopied();
    cluster.copied(2, 1, status.IO);
    cluster.run(2 * passSeconds);
    assert.deepEqual(cluster.taken(), []);
    assert.deepEqual(cluster.fake.copies(1), ["1:invalid@0"]);
    cluster.fake.port.onClosed(1);
    cluster.run(passSeconds);
    cluster.fake.join(1);
    cluster.fake.found(1, 1, 4);
    assert.deepEqual(cluster.fake.copies(1), ["1:valid"]);
  });

  it("written, being copied, lost, an older one returns: it is kept while the new one may fail", () => {
    const cluster = new JobCluster(3);
    const id = cluster.add({ classId: 2, version: 4, copies: "1:valid 3:wrongVersion@3" });
    cluster.changed(id);
    cluster.tick();
    assert.deepEqual(cluster.taken(), ["copy 1>2 #1 v4"]);
    cluster.fake.lost(1, id);
    cluster.run(2 * passSeconds);
    assert.deepEqual(cluster.taken(), []);
    assert.deepEqual(cluster.fake.copies(id), ["2:busy", "3:wrongVersion@3"]);
  });

  it("written, damaged, copies that missed the write return: none becomes the right one by itself", () => {
    const cluster = new JobCluster(3);
    const id = cluster.add({
      classId: 2,
      version: 5,
      copies: "1:invalid 2:wrongVersion@4 3:wrongVersion@4",
    });
    cluster.run(2 * passSeconds);
    assert.equal(cluster.fake.version(id), 5);
    assert.deepEqual(cluster.taken(), []);
    cluster.fake.port.onClosed(1);
    cluster.run(passSeconds);
    cluster.fake.join(1);
    cluster.fake.found(1, id, 5);
    assert.deepEqual(cluster.fake.copies(id), ["1:valid", "2:wrongVersion@4", "3:wrongVersion@4"]);
  });
});
