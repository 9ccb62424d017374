// Priorities, rings, matching and limits of the job loop. Spec: semantics-master.md 8.2, 8.3, 8.6, 9.2, 6.4.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { removalState } from "../../../../../daemons/master/core/chunks/server.ts";
import type { Server } from "../../../../../daemons/master/core/chunks/server.ts";
import { fitsLabel } from "../../../../../daemons/master/core/chunks/matching.ts";
import { Topology } from "../../../../../daemons/master/core/chunks/topology.ts";
import { DeletionLimit } from "../../../../../daemons/master/core/jobs/deletion-limit.ts";
import { LabelMatching } from "../../../../../daemons/master/core/jobs/label-matching.ts";
import { emptyPass } from "../../../../../daemons/master/core/jobs/pass-statistics.ts";
import {
  PriorityQueues,
  queueCount,
  queues,
} from "../../../../../daemons/master/core/jobs/priority-queues.ts";
import { JobCluster, quick, rulesOf } from "./job-cluster.ts";

describe("priorities", () => {
  const rows: readonly (readonly [string, number, number | undefined])[] = [
    ["1:valid", 3, queues.endangeredHighGoal],
    ["1:removalValid", 3, queues.endangeredHighGoal],
    ["1:valid", 2, queues.endangered],
    ["1:valid 2:removalValid", 2, queues.lastRegularCopy],
    ["1:valid 2:removalValid 3:removalValid", 3, queues.lastRegularCopy],
    ["1:removalValid 2:removalValid", 2, queues.removal],
    ["1:valid 2:valid 3:removalValid", 3, queues.removal],
    ["1:removalValid", 1, queues.removal],
    ["1:valid 2:valid", 3, queues.underGoal],
    ["1:valid 2:valid", 20, queues.wrongLabels],
    ["1:valid 2:valid 3:valid", 2, queues.overGoal],
    ["1:valid 2:valid", 2, undefined],
    ["1:invalid", 2, undefined],
    ["", 2, undefined],
  ];
  for (const [copies, classId, queue] of rows) {
    it(`spec 8.2: class ${classId} with "${copies}" waits in queue ${queue ?? "none"}`, () => {
      const cluster = new JobCluster(3, quick, rulesOf({ 20: { labels: ["A", "B"] } }));
      cluster.changed(cluster.add({ classId, copies }));
      const waiting = Array.from({ length: queueCount }, (_, place) => cluster.jobs.waiting(place));
      const expected = waiting.map((_, place) => (place === queue ? 1 : 0));
      assert.deepEqual(waiting, expected);
    });
  }

  it("a chunk that was locked within the hour, or that nobody uses, is not queued", () => {
    const cluster = new JobCluster(3);
    const locked = cluster.add({ classId: 2, copies: "1:valid" });
    cluster.fake.chunks.setLockedTo(cluster.chunk(locked), cluster.fake.now - 3500);
    cluster.changed(locked);
    cluster.changed(cluster.add({ classId: 0, copies: "1:valid" }));
    assert.equal(cluster.jobs.waiting(queues.endangered), 0);
  });

  it("a chunk that becomes more urgent moves up and is worked on once", () => {
    const cluster = new JobCluster(4);
    const id = cluster.add({ classId: 3, copies: "1:valid 2:valid" });
    cluster.changed(id);
    assert.equal(cluster.jobs.waiting(queues.underGoal), 1);
    cluster.fake.lost(2, id);
    assert.equal(cluster.jobs.waiting(queues.endangeredHighGoal), 1);
    cluster.run(1.5);
    assert.equal(cluster.taken().length, 1);
  });

  it("a change of the effective class is heard of", () => {
    const cluster = new JobCluster(4);
    const id = cluster.add({ classId: 1, copies: "1:valid" });
    cluster.fake.chunks.addReference(cluster.chunk(id), 2);
    assert.equal(cluster.jobs.waiting(queues.endangered), 1);
  });
});

describe("priority queues", () => {
  it("behave as lists that lose their oldest entry when full", () => {
    const step = fc.oneof(
      fc.record({ queue: fc.integer({ min: 0, max: 6 }), push: fc.integer({ min: 1, max: 99 }) }),
      fc.record({ queue: fc.integer({ min: 0, max: 6 }), push: fc.constant(0) }),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 300 }),
        fc.integer({ min: 1, max: 9 }),
        (steps, most) => {
          const real = new PriorityQueues();
          const model: number[][] = Array.from({ length: queueCount }, () => []);
          for (const { queue, push } of steps) {
            const list = model[queue] ?? [];
            if (push === 0) assert.equal(real.pop(queue), list.shift() ?? 0);
            else {
              const dropped = list.length >= most ? (list.shift() ?? 0) : 0;
              list.push(push);
              assert.equal(real.push(queue, push, most), dropped);
            }
            model.forEach((entries, place) => assert.equal(real.length(place), entries.length));
          }
        },
      ),
    );
  });

  it("keep order beyond their first size", () => {
    const real = new PriorityQueues();
    for (let entry = 1; entry <= 5000; entry++) real.push(0, entry, 1_000_000);
    for (let entry = 1; entry <= 5000; entry++) assert.equal(real.pop(0), entry);
  });
});

describe("matching in stages", () => {
  const mask = fc.integer({ min: 0, max: 7 });
  const expression = fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 2 });
  const topology = new Topology();
  const serverOf = (labelMask: number, slot: number) =>
    ({ labelMask, slot, entry: { ip: slot } }) as unknown as Server;

  /** The largest matching, by trying everything. */
  function best(labels: readonly (readonly number[])[], masks: readonly number[]): number {
    const [first, ...others] = labels;
    if (first === undefined) return 0;
    let most = best(others, masks);
    masks.forEach((candidate, at) => {
      if (!fitsLabel(first, candidate)) return;
      most = Math.max(most, 1 + best(others, masks.toSpliced(at, 1)));
    });
    return most;
  }

  it("serves as many labels as can be, and uses as many servers of the first stage as can be", () => {
    fc.assert(
      fc.property(
        fc.array(expression, { minLength: 1, maxLength: 4 }),
        fc.array(mask, { maxLength: 4 }),
        fc.array(mask, { maxLength: 4 }),
        (labels, early, late) => {
          const matching = new LabelMatching();
          matching.start(labels, 0, topology);
          early.forEach((labelMask, at) => matching.add(serverOf(labelMask, at + 1)));
          matching.match();
          assert.equal(labels.length - matching.unmatched, best(labels, early));
          late.forEach((labelMask, at) => matching.add(serverOf(labelMask, at + 100)));
          matching.match();
          assert.equal(labels.length - matching.unmatched, best(labels, [...early, ...late]));
          const places = labels.map((_, at) => matching.placeOf(at));
          const used = places.filter((place) => place >= 0);
          assert.equal(new Set(used).size, used.length);
          const fromEarly = used.filter((place) => place < early.length).length;
          assert.equal(fromEarly, best(labels, early));
        },
      ),
    );
  });
});

describe("pacing", () => {
  it("8.3: a pass takes the time of the configuration, also with few chunks", () => {
    const cluster = new JobCluster(2, { ...quick, loopSeconds: undefined, loopSecondsMin: 60 });
    cluster.add({ classId: 2, copies: "1:valid 2:valid" });
    cluster.run(58);
    assert.equal(cluster.jobs.lastPass.loopEnd, 0);
    cluster.run(4);
    assert.notEqual(cluster.jobs.lastPass.loopEnd, 0);
    assert.equal(cluster.jobs.lastPass.loopStart, 0);
    const first = cluster.jobs.lastPass.loopEnd;
    cluster.run(62);
    assert.equal(cluster.jobs.lastPass.loopStart, first);
  });

  it("9.2: marked disks may go after two passes without need, and a lost server starts that anew", () => {
    const cluster = new JobCluster(3);
    const { unknownHard, unknownSoft, canBeRemoved } = removalState;
    assert.equal(cluster.server(1).removal, unknownHard);
    cluster.run(1.1);
    assert.equal(cluster.server(1).removal, unknownSoft);
    cluster.run(1.1);
    assert.equal(cluster.server(1).removal, canBeRemoved);
    cluster.fake.port.onClosed(3);
    assert.equal(cluster.server(1).removal, unknownHard);
  });

  it("8.6: deletions grow while more is left than done, and shrink with what is wanted", () => {
    const settings = { ...quick, deletionsSoftMax: 10, deletionsHardMax: 25 };
    const limit = new DeletionLimit(settings);
    const passes = (done: number, notDone: number) => {
      const pass = { ...emptyPass(), deletedInvalid: done, notDeletedUnused: notDone };
      for (let count = 0; count < 16; count++) limit.endPass(pass, settings);
    };
    passes(10, 100);
    assert.equal(limit.value, 15);
    passes(20, 200);
    passes(30, 300);
    assert.equal(limit.value, 25);
    passes(30, 200);
    assert(limit.value < 25);
    for (let count = 0; count < 9; count++) passes(9 - count, 0);
    assert.equal(limit.value, 10);
  });
});
