// The steps for one chunk, a test a row of the table. Spec: semantics-master.md 8.4.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { removalState } from "../../../../../daemons/master/core/chunks/server.ts";
import { queues } from "../../../../../daemons/master/core/jobs/priority-queues.ts";
import { chunkOperation } from "../../../../../daemons/master/core/store/chunks.ts";
import { JobCluster, quick } from "./job-cluster.ts";

const passSeconds = 1.2;

describe("steps of the job loop", () => {
  it("8.1: does nothing before the delay after the start is over", () => {
    const cluster = new JobCluster(3, { ...quick, startDelaySeconds: 60 });
    cluster.add({ classId: 2, copies: "1:valid" });
    cluster.run(59);
    assert.deepEqual(cluster.taken(), []);
    cluster.run(2);
    assert.equal(cluster.taken().length, 1);
  });

  it("8.1: does nothing while a chunkserver registers", () => {
    const cluster = new JobCluster(3);
    cluster.fake.begin(4);
    cluster.add({ classId: 2, copies: "1:valid" });
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), []);
  });

  it("step 0: a record without files and copies is forgotten", () => {
    const cluster = new JobCluster(2);
    const id = cluster.add({ classId: 0, copies: "" });
    cluster.run(passSeconds);
    assert.equal(cluster.chunk(id), 0);
    assert.deepEqual(cluster.fake.takeLog().slice(-1), ["CHUNKDEL"]);
  });

  it("step 0: a record is kept while a known server is away", () => {
    const cluster = new JobCluster(2);
    const id = cluster.add({ classId: 0, copies: "" });
    cluster.fake.port.onClosed(2);
    cluster.run(passSeconds);
    assert.notEqual(cluster.chunk(id), 0);
  });

  it("step 0b: the write counters of an expired lock go down", () => {
    const cluster = new JobCluster(2);
    const id = cluster.add({ classId: 2, copies: "1:valid 2:valid" });
    cluster.fake.core.setWriting(cluster.chunk(id), true);
    cluster.fake.chunks.setLockedTo(cluster.chunk(id), cluster.fake.now + 3);
    cluster.run(2);
    assert.equal(cluster.server(1).writes, 1);
    cluster.run(4);
    assert.equal(cluster.server(1).writes, 0);
  });

  it("step 1: an operation without busy copies is over", () => {
    const cluster = new JobCluster(2);
    const id = cluster.add({ classId: 2, copies: "1:valid 2:valid" });
    cluster.fake.chunks.setOperation(cluster.chunk(id), chunkOperation.setVersion);
    cluster.run(passSeconds);
    assert.equal(cluster.fake.chunks.operationOf(cluster.chunk(id)), chunkOperation.none);
  });

  it("step 1b: servers whose marked disks are still needed are in progress", () => {
    const cluster = new JobCluster(2);
    cluster.add({ classId: 2, copies: "1:valid 2:removalValid" });
    cluster.run(0.9);
    assert.equal(cluster.server(2).removal, removalState.inProgress);
    assert.notEqual(cluster.server(1).removal, removalState.inProgress);
  });

  it("step 2a: a busy copy that nothing waits for is damaged", () => {
    const cluster = new JobCluster(2);
    const id = cluster.add({ classId: 2, copies: "1:valid 2:busy" });
    cluster.run(passSeconds);
    assert.deepEqual(cluster.fake.copies(id), ["1:valid", "2:deleting@0"]);
  });

  it("step 2b: enough copies of the version before become the right ones", () => {
    const cluster = new JobCluster(2);
    const id = cluster.add({
      classId: 1,
      version: 5,
      copies: "1:wrongVersion@4 2:removalWrongVersion@4",
    });
    cluster.run(passSeconds);
    assert.equal(cluster.fake.version(id), 4);
    assert.deepEqual(cluster.fake.copies(id), ["1:valid", "2:removalValid"]);
    assert(cluster.fake.needsVersion(id));
  });

  it("step 2b: an older version is not taken while a server is away that may have the newer one", () => {
    const cluster = new JobCluster(3);
    cluster.fake.port.onClosed(3);
    const id = cluster.add({
      classId: 2,
      version: 5,
      copies: "1:wrongVersion@4 2:wrongVersion@4",
    });
    cluster.run(passSeconds);
    assert.equal(cluster.fake.version(id), 5);
  });

  it("step 2b: newer copies are taken at any time", () => {
    const cluster = new JobCluster(3);
    cluster.fake.port.onClosed(3);
    const id = cluster.add({ classId: 1, version: 5, copies: "1:wrongVersion@6" });
    cluster.run(passSeconds);
    assert.equal(cluster.fake.version(id), 6);
  });

  it("steps 2c and 2d: the last copies of a used chunk are kept, however bad", () => {
    const cluster = new JobCluster(2);
    const stale = cluster.add({ classId: 1, version: 5, copies: "1:wrongVersion@3 2:invalid" });
    cluster.add({ classId: 1, copies: "" });
    cluster.run(passSeconds);
    assert.deepEqual(cluster.fake.copies(stale), ["1:wrongVersion@3", "2:invalid@0"]);
    assert.deepEqual(cluster.taken(), []);
  });

  it("step 3.0: bad copies go when a good one is there, whatever their version", () => {
    const cluster = new JobCluster(4);
    cluster.add({
      classId: 1,
      version: 5,
      copies: "1:valid 2:wrongVersion@4 3:removalWrongVersion@4 4:invalid",
    });
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), ["delete 2 #1 v0", "delete 3 #1 v0", "delete 4 #1 v0"]);
    assert.equal(cluster.jobs.lastPass.deletedInvalid, 3);
  });

  it("step 3.0: a deletion that failed is tried again in the next pass, one that runs is not", () => {
    const cluster = new JobCluster(2);
    cluster.add({ classId: 1, copies: "1:valid 2:invalid" });
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), ["delete 2 #1 v0"]);
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), []);
    cluster.deleted(2, 1, 22);
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), ["delete 2 #1 v0"]);
    cluster.deleted(2, 1);
    assert.deepEqual(cluster.fake.copies(1), ["1:valid"]);
    assert.deepEqual(
      [cluster.jobs.totals.deletionsDone, cluster.jobs.totals.deletionsFailed],
      [1, 1],
    );
  });

  it("step 3.0: stays within the deletions of a server", () => {
    const cluster = new JobCluster(2);
    for (let count = 0; count < 30; count++)
      cluster.add({ classId: 1, copies: "1:valid 2:invalid" });
    cluster.run(passSeconds);
    assert.equal(cluster.taken().length, 10);
    assert.equal(cluster.jobs.lastPass.notDeletedInvalid, 20);
  });

  it("step 3.0: while a version is raised stale copies are kept, one may have to be right again", () => {
    const cluster = new JobCluster(2);
    const id = cluster.add({ classId: 2, version: 5, copies: "1:busy 2:wrongVersion@4" });
    cluster.fake.chunks.setOperation(cluster.chunk(id), chunkOperation.setVersion);
    cluster.fake.chunks.setLockedTo(cluster.chunk(id), cluster.fake.now + 120);
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), []);
  });

  it("step 3.1: a copy that never arrived is damaged and the chunk is free", () => {
    const cluster = new JobCluster(3);
    const id = cluster.add({ classId: 2, copies: "1:valid" });
    cluster.run(passSeconds);
    const [copy = ""] = cluster.taken();
    const target = Number(/>(\d)/.exec(copy)?.[1]);
    assert.equal(cluster.fake.copies(id).length, 2);
    cluster.run(125);
    assert(cluster.fake.unlocked.includes(id));
    const late = cluster.taken();
    assert(late.includes(`delete ${target} #1 v0`), late.join());
  });

  it("step 4: locked chunks are counted and left alone", () => {
    const cluster = new JobCluster(3);
    const used = cluster.add({ classId: 2, copies: "1:valid" });
    const unused = cluster.add({ classId: 0, copies: "1:valid" });
    for (const id of [used, unused]) {
      cluster.fake.chunks.setLockedTo(cluster.chunk(id), cluster.fake.now + 100);
    }
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), []);
    assert.equal(cluster.jobs.lastPass.lockedUsed, 1);
    assert.equal(cluster.jobs.lastPass.lockedUnused, 1);
  });

  it("step 6: copies of an unused chunk go by their version, then the record", () => {
    const cluster = new JobCluster(2);
    const id = cluster.add({ classId: 0, version: 7, copies: "1:valid 2:removalValid" });
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), ["delete 1 #1 v7", "delete 2 #1 v7"]);
    assert.equal(cluster.jobs.lastPass.deletedUnused, 2);
    cluster.deleted(1, id);
    cluster.deleted(2, id);
    assert.equal(cluster.chunk(id), 0);
  });

  it("step 7.1: of too many copies those on the fullest servers go", () => {
    const cluster = new JobCluster(4);
    cluster.fill(2, 30);
    cluster.fill(3, 20);
    cluster.add({ classId: 2, copies: "1:valid 2:valid 3:valid 4:valid" });
    cluster.run(0.98);
    assert.deepEqual(cluster.taken(), ["delete 2 #1 v0", "delete 3 #1 v0"]);
  });

  it("step 7.1: a server that is overloaded keeps its copy", () => {
    const cluster = new JobCluster(3);
    cluster.fill(2, 30);
    cluster.server(2).loadState = 2;
    cluster.add({ classId: 2, copies: "1:valid 2:valid 3:valid" });
    cluster.run(passSeconds);
    assert.equal(cluster.taken().filter((text) => text.startsWith("delete 2")).length, 0);
  });

  it("step 7.1: beyond a server's deletions the chunk waits in the last queue", () => {
    const cluster = new JobCluster(3);
    cluster.fill(2, 60);
    for (let count = 0; count < 15; count++) {
      cluster.add({ classId: 2, copies: "1:valid 2:valid 3:valid" });
    }
    cluster.run(passSeconds);
    assert.equal(cluster.taken().length, 10);
    assert.equal(cluster.jobs.waiting(queues.overGoal), 5);
    for (let id = 1; id <= 15; id++) cluster.deleted(2, id);
    cluster.run(0.1);
    assert.equal(cluster.taken().length, 5);
  });

  it("step 7.2: where every server has a copy, one on a marked disk makes room for a regular one", () => {
    const cluster = new JobCluster(2);
    const id = cluster.add({ classId: 2, copies: "1:valid 2:removalValid" });
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), ["delete 2 #1 v0"]);
    assert.equal(cluster.jobs.lastPass.deletedDiskClean, 1);
    cluster.deleted(2, id);
    cluster.run(0.1);
    assert.deepEqual(cluster.taken(), ["copy 1>2 #1 v1"]);
  });

  it("step 7.2: with another server free nothing is deleted first", () => {
    const cluster = new JobCluster(3);
    cluster.add({ classId: 2, copies: "1:valid 2:removalValid" });
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), ["copy 1>3 #1 v1"]);
  });

  it("step 7.2: the last copy of all stays where it is", () => {
    const cluster = new JobCluster(1);
    cluster.add({ classId: 1, copies: "1:removalValid" });
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), []);
  });

  it("steps 10 and 11: nothing is levelled while more urgent chunks wait, unless a server is full", () => {
    for (const [fullest, moved] of [
      [50, 0],
      [99.5, 1],
    ] as const) {
      const cluster = new JobCluster(3, { ...quick, writeLimits: [0, 0, 1, 4] });
      cluster.fill(1, fullest);
      // It cannot be copied: the limit of its class is zero.
      const urgent = cluster.add({ classId: 2, copies: "2:valid" });
      cluster.changed(urgent);
      cluster.add({ classId: 1, copies: "1:valid" });
      cluster.run(passSeconds);
      assert.equal(cluster.taken().length, moved);
      assert.equal(cluster.jobs.lastPass.copiedRebalance, moved);
    }
  });
});
