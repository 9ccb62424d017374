// Copies for chunks that have too few or on the wrong servers. Spec: semantics-master.md 8.5.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { maintenance } from "../../../../../daemons/master/core/store/server-book.ts";
import { loadState } from "../../../../../daemons/master/core/chunks/server.ts";
import { Topology } from "../../../../../daemons/master/core/chunks/topology.ts";
import { queues } from "../../../../../daemons/master/core/jobs/priority-queues.ts";
import { JobCluster, label, quick, rulesOf } from "./job-cluster.ts";

const passSeconds = 1.2;
const modes = { loose: 0, standard: 1, strict: 2 } as const;

describe("replication without labels", () => {
  it("copies to a server without any entry, marks the chunk, and ends with the answer", () => {
    const cluster = new JobCluster(3);
    const id = cluster.add({ classId: 2, copies: "1:valid" });
    cluster.changed(id);
    assert.equal(cluster.jobs.waiting(queues.endangered), 1);
    cluster.tick();
    const [copy = ""] = cluster.taken();
    assert.match(copy, /^copy 1>[23] #1 v1$/);
    assert(cluster.fake.core.isLocked(cluster.chunk(id)));
    const target = Number(copy.at(7));
    cluster.copied(target, id);
    assert.deepEqual(cluster.fake.copies(id), ["1:valid", `${target}:valid`]);
    assert(!cluster.fake.core.isLocked(cluster.chunk(id)));
    assert(cluster.fake.needsVersion(id));
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), []);
  });

  it("tries another time when a copy fails", () => {
    const cluster = new JobCluster(2);
    const id = cluster.add({ classId: 2, copies: "1:valid" });
    cluster.changed(id);
    cluster.tick();
    assert.deepEqual(cluster.taken(), ["copy 1>2 #1 v1"]);
    cluster.copied(2, id, 28);
    cluster.tick();
    assert.deepEqual(cluster.taken(), ["copy 1>2 #1 v1"]);
  });

  it("is not queued when every server with room has a copy", () => {
    const cluster = new JobCluster(3);
    cluster.fill(3, 99.5);
    cluster.changed(cluster.add({ classId: 3, copies: "1:valid 2:valid" }));
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), []);
    assert.equal(cluster.jobs.waiting(queues.underGoal), 0);
  });

  it("waits in its queue while all targets run as many copies as they may", () => {
    const cluster = new JobCluster(2, { ...quick, writeLimits: [1, 1, 1, 1] });
    for (let count = 0; count < 3; count++) {
      cluster.changed(cluster.add({ classId: 2, copies: "1:valid" }));
    }
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), ["copy 1>2 #1 v1"]);
    assert.equal(cluster.jobs.waiting(queues.endangered), 2);
    cluster.copied(2, 1);
    cluster.tick();
    assert.equal(cluster.taken().length, 1);
  });

  it("keeps the limit of a source", () => {
    const cluster = new JobCluster(5, { ...quick, readLimits: [2, 2, 2, 2] });
    for (let count = 0; count < 8; count++) {
      cluster.changed(cluster.add({ classId: 2, copies: "1:valid" }));
    }
    cluster.run(passSeconds);
    assert.equal(cluster.taken().length, 2);
    assert.equal(cluster.server(1).readReplications, 2);
  });

  it("6.5: a limit of one half lets a copy begin in half of the seconds", () => {
    const cluster = new JobCluster(2, { ...quick, writeLimits: [0.5, 0.5, 1, 1] });
    let begun = 0;
    for (let second = 0; second < 60; second++) {
      const id = cluster.add({ classId: 2, copies: "1:valid" });
      cluster.changed(id);
      cluster.run(1);
      begun += cluster.taken().length;
      for (let done = 1; done <= id; done++) cluster.copied(2, done);
    }
    assert(begun > 15 && begun <= 60, `${begun} copies began`);
  });

  it("takes marked disks as sources only when there is no other", () => {
    const cluster = new JobCluster(3);
    const both = cluster.add({ classId: 2, copies: "1:valid 2:removalValid" });
    cluster.changed(both);
    assert.equal(cluster.jobs.waiting(queues.lastRegularCopy), 1);
    cluster.tick();
    assert.deepEqual(cluster.taken(), ["copy 1>3 #1 v1"]);
    const only = new JobCluster(3);
    only.changed(only.add({ classId: 1, copies: "2:removalValid" }));
    assert.equal(only.jobs.waiting(queues.removal), 1);
    only.tick();
    assert.match(only.taken()[0] ?? "", /^copy 2>[13]/);
  });

  it("overloaded servers take endangered chunks, and no others", () => {
    for (const [copies, classId, expected] of [
      ["1:valid", 2, ["copy 1>3 #1 v1"]],
      ["1:valid 2:valid", 3, []],
    ] as const) {
      const cluster = new JobCluster(3);
      cluster.server(2).loadState = loadState.overloaded;
      cluster.server(3).loadState = loadState.overloaded;
      if (classId === 2) cluster.fill(2, 99.5);
      cluster.changed(cluster.add({ classId, copies }));
      cluster.run(passSeconds);
      assert.deepEqual(cluster.taken(), expected);
    }
  });

  it("nothing is copied while all who are away are in maintenance", () => {
    const cluster = new JobCluster(4);
    const id = cluster.add({ classId: 2, copies: "1:valid 2:valid" });
    const { book } = cluster.fake;
    book.setMaintenance(cluster.server(2).entry, maintenance.on, 0);
    cluster.fake.port.onClosed(2);
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), []);
    assert.deepEqual(cluster.fake.copies(id), ["1:valid"]);
    cluster.fake.port.onClosed(4);
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), ["copy 1>3 #1 v1"]);
  });

  it("topology: the nearest source is taken, and with 2 a target in its rack", () => {
    const ip = (peer: number) => 0x0a00_0000 + peer;
    const topology = new Topology([
      { from: ip(1), to: ip(2), rack: "one" },
      { from: ip(3), to: ip(4), rack: "two" },
    ]);
    for (let round = 0; round < 5; round++) {
      const near = new JobCluster(3, { ...quick, respectTopology: 1 });
      near.fake.core.topology = topology;
      near.changed(near.add({ classId: 3, copies: "1:valid 3:valid" }));
      near.tick();
      assert.deepEqual(near.taken(), ["copy 1>2 #1 v1"]);
    }
    const target = new JobCluster(4, { ...quick, respectTopology: 2 });
    target.fake.core.topology = topology;
    for (let count = 0; count < 2; count++) {
      target.changed(target.add({ classId: 2, copies: "3:valid" }));
      target.tick();
      target.copied(4, count + 1);
    }
    assert.deepEqual(target.taken(), ["copy 3>4 #1 v1", "copy 3>4 #2 v1"]);
  });

  it("unlocking a chunk that waits processes it at once", () => {
    const cluster = new JobCluster(2);
    const { core } = cluster.fake;
    cluster.tick();
    const id = cluster.add({ classId: 2, copies: "1:valid" });
    core.chunks.setLockedTo(cluster.chunk(id), core.now + 120);
    cluster.fake.unlock(id);
    assert.deepEqual(cluster.taken(), ["copy 1>2 #1 v1"]);
    assert.deepEqual(cluster.fake.unlocked, []);
    cluster.copied(2, id);
    assert.deepEqual(cluster.fake.unlocked, [id]);
  });
});

interface LabelCase {
  readonly name: string;
  /** Labels of servers 1 to 4. */
  readonly servers: readonly number[];
  /** Servers that run as many copies as they may. */
  readonly limited?: readonly number[];
  readonly wanted: readonly string[];
  readonly copies: string;
  readonly expected: Readonly<Record<keyof typeof modes, readonly string[]>>;
  /** Modes in which the chunk stays in a queue. */
  readonly queued: readonly (keyof typeof modes)[];
}

const { a, b, c } = label;
const labelCases: readonly LabelCase[] = [
  {
    name: "a label held by a copy needs nothing",
    servers: [a, b, c, c],
    wanted: ["A", "B"],
    copies: "1:valid 2:valid",
    expected: { loose: [], standard: [], strict: [] },
    queued: [],
  },
  {
    name: "a label that an allowed target has is served there",
    servers: [a, b, c, c],
    wanted: ["A", "B"],
    copies: "1:valid",
    expected: {
      loose: ["copy 1>2 #1 v1"],
      standard: ["copy 1>2 #1 v1"],
      strict: ["copy 1>2 #1 v1"],
    },
    queued: [],
  },
  {
    name: "a wrong copy is replaced, though there are enough",
    servers: [a, b, c, c],
    wanted: ["A", "B"],
    copies: "1:valid 3:valid",
    expected: {
      loose: ["copy .>2 #1 v1"],
      standard: ["copy .>2 #1 v1"],
      strict: ["copy .>2 #1 v1"],
    },
    queued: [],
  },
  {
    name: "only a limited server has the label: strict gives up, standard waits, loose stands in",
    servers: [a, b, c],
    limited: [2],
    wanted: ["A", "B"],
    copies: "1:valid",
    expected: { loose: ["copy 1>3 #1 v1"], standard: [], strict: [] },
    queued: ["standard"],
  },
  {
    name: "nobody has the label: strict gives up, others stand in",
    servers: [a, c, a],
    wanted: ["A", "B"],
    copies: "1:valid 3:invalid",
    expected: { loose: ["copy 1>2 #1 v1"], standard: ["copy 1>2 #1 v1"], strict: [] },
    queued: [],
  },
  {
    name: "nobody has the label and a copy stands in already: nothing is copied again and again",
    servers: [a, c, a, c],
    wanted: ["A", "B"],
    copies: "1:valid 2:valid",
    expected: { loose: [], standard: [], strict: [] },
    queued: [],
  },
  {
    name: "a server with the label whose bad copy has to go first is waited for",
    servers: [a, b, c],
    wanted: ["A", "B"],
    copies: "1:valid 2:deleting",
    expected: { loose: ["copy 1>3 #1 v1"], standard: [], strict: [] },
    queued: ["standard"],
  },
];

describe("replication with labels", () => {
  for (const row of labelCases) {
    for (const mode of Object.keys(modes) as (keyof typeof modes)[]) {
      it(`${mode}: ${row.name}`, () => {
        const rules = rulesOf({ 20: { labels: row.wanted, mode: modes[mode] } });
        const settings = { ...quick, writeLimits: [1, 1, 1, 1] as const };
        const cluster = new JobCluster(row.servers.length, settings, rules);
        row.servers.forEach((mask, index) => (cluster.server(index + 1).labelMask = mask));
        for (const peer of row.limited ?? []) {
          cluster.server(peer).replications.set(999, cluster.server(1));
        }
        const id = cluster.add({ classId: 20, copies: row.copies });
        cluster.changed(id);
        cluster.tick();
        cluster.tick();
        const expected = row.expected[mode];
        const taken = cluster.taken();
        assert.equal(taken.length, expected.length, taken.join());
        expected.forEach((text, at) => assert.match(taken[at] ?? "", new RegExp(text)));
        const queued = cluster.fake.chunks.queueOf(cluster.chunk(id)) !== 0;
        assert.equal(queued, row.queued.includes(mode));
      });
    }
  }

  it("the surplus copy that no label needs goes, not the fullest one", () => {
    const cluster = new JobCluster(3, quick, rulesOf({ 20: { labels: ["A", "B"] } }));
    [a, b, c].forEach((mask, index) => (cluster.server(index + 1).labelMask = mask));
    cluster.fill(1, 50);
    cluster.add({ classId: 20, copies: "1:valid 2:valid 3:valid" });
    cluster.run(0.98);
    assert.deepEqual(cluster.taken(), ["delete 3 #1 v0"]);
  });

  it("of two servers for a label the emptier one keeps its copy", () => {
    const cluster = new JobCluster(3, quick, rulesOf({ 20: { labels: ["A", "B"] } }));
    [a, a, b].forEach((mask, index) => (cluster.server(index + 1).labelMask = mask));
    cluster.fill(2, 50);
    cluster.fill(3, 90);
    cluster.add({ classId: 20, copies: "1:valid 2:valid 3:valid" });
    cluster.run(0.98);
    assert.deepEqual(cluster.taken(), ["delete 2 #1 v0"]);
  });

  it("one copy a rack: a second copy in a rack is wrong, as any label is", () => {
    const cluster = new JobCluster(3);
    cluster.fake.core.settings = { ...cluster.fake.core.settings, uniqueMode: 2 };
    const ip = (peer: number) => 0x0a00_0000 + peer;
    cluster.fake.core.topology = new Topology([
      { from: ip(1), to: ip(2), rack: "one" },
      { from: ip(3), to: ip(3), rack: "two" },
    ]);
    const id = cluster.add({ classId: 2, copies: "1:valid 2:valid" });
    cluster.changed(id);
    assert.equal(cluster.jobs.waiting(queues.wrongLabels), 1);
    cluster.tick();
    assert.match(cluster.taken()[0] ?? "", /^copy [12]>3/);
    cluster.fill(1, 20);
    cluster.copied(3, id);
    cluster.run(0.1);
    assert.deepEqual(cluster.taken(), ["delete 1 #1 v0"]);
  });
});

describe("rebalance", () => {
  it("moves from the fullest holder to the emptiest server, then the surplus copy goes", () => {
    const cluster = new JobCluster(4);
    cluster.fill(1, 40);
    cluster.fill(2, 60);
    cluster.fill(3, 20);
    cluster.fill(4, 10);
    const id = cluster.add({ classId: 2, copies: "1:valid 2:valid" });
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), ["copy 2>4 #1 v1"]);
    assert(!cluster.fake.core.isLocked(cluster.chunk(id)));
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), [], "a chunk on its way is not sent again");
    cluster.copied(4, id);
    cluster.run(0.1);
    assert.deepEqual(cluster.taken(), ["delete 2 #1 v0"]);
  });

  it("moves only some copies before the servers report their room again", () => {
    const limits = [9, 9, 99, 99] as const;
    const cluster = new JobCluster(2, { ...quick, writeLimits: limits, readLimits: limits });
    cluster.fill(1, 10.2);
    cluster.fill(2, 10.1);
    cluster.server(1).space = { ...cluster.server(1).space, chunks: 100 };
    for (let count = 0; count < 20; count++) cluster.add({ classId: 1, copies: "1:valid" });
    cluster.run(passSeconds);
    // One chunk is more of the room than half the difference: a move would turn it round.
    assert.deepEqual(cluster.taken(), []);
    cluster.fill(1, 14);
    cluster.server(1).space = { ...cluster.server(1).space, chunks: 140 };
    cluster.run(passSeconds);
    const moves = cluster.taken().length;
    assert(moves > 5 && moves < 20, `${moves} moves`);
  });

  it("levels small differences slowly", () => {
    const cluster = new JobCluster(2);
    cluster.fill(1, 10.1);
    cluster.fill(2, 10);
    let moves = 0;
    for (let round = 0; round < 40; round++) {
      cluster.add({ classId: 1, copies: "1:valid" });
      cluster.run(1);
      for (const text of cluster.taken()) {
        moves++;
        cluster.copied(2, Number(/#(\d+)/.exec(text)?.[1]), 28);
      }
    }
    assert(moves >= 3 && moves <= 5, `${moves} moves in 40 s at a difference of 0.1 %`);
  });

  it("a copy that serves a label moves only to a server with that label", () => {
    const cluster = new JobCluster(4, quick, rulesOf({ 20: { labels: ["A", "B"] } }));
    [a, b, c, a].forEach((mask, index) => (cluster.server(index + 1).labelMask = mask));
    [60, 50, 1, 30].forEach((percent, index) => cluster.fill(index + 1, percent));
    cluster.add({ classId: 20, copies: "1:valid 2:valid" });
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), ["copy 1>4 #1 v1"]);
  });

  it("leaves servers in maintenance and overloaded ones alone", () => {
    const cluster = new JobCluster(3);
    cluster.fill(1, 60);
    cluster.server(2).loadState = loadState.overloaded;
    cluster.fake.book.setMaintenance(cluster.server(3).entry, maintenance.on, 0);
    cluster.add({ classId: 1, copies: "1:valid" });
    cluster.run(passSeconds);
    assert.deepEqual(cluster.taken(), []);
  });
});
