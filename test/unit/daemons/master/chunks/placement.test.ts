// Which servers get new chunks: load, turns by size, topology, labels. Spec: semantics-master.md 5, 6.3, 6.4.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Prng } from "../../../../../daemons/base/prng.ts";
import { fitsLabel, matchLabels } from "../../../../../daemons/master/core/chunks/matching.ts";
import { PlacementTurns } from "../../../../../daemons/master/core/chunks/placement.ts";
import type { PlacementRequest } from "../../../../../daemons/master/core/chunks/placement.ts";
import { loadState, Server } from "../../../../../daemons/master/core/chunks/server.ts";
import type { LabelExpression } from "../../../../../daemons/master/core/chunks/settings.ts";
import { rackDistance, Topology } from "../../../../../daemons/master/core/chunks/topology.ts";
import { ServerBook } from "../../../../../daemons/master/core/store/server-book.ts";

const gigabyte = 1024 ** 3;
const [a, b, c] = [1, 2, 4];

function makeServer(slot: number, changes: Partial<Server> & { totalGb?: number } = {}): Server {
  const book = new ServerBook();
  const server = new Server(slot, slot, book.add(slot, 9422, slot), 1);
  const { totalGb = 100, ...others } = changes;
  server.space = { ...server.space, totalBytes: totalGb * gigabyte, usedBytes: 0 };
  Object.assign(server, others);
  return server;
}

const anywhere = (copies: number): readonly LabelExpression[] =>
  Array.from({ length: copies }, () => []);

function choose(servers: readonly Server[], request: Partial<PlacementRequest>) {
  const placement = new PlacementTurns().choose(servers, new Topology(), {
    labels: anywhere(2),
    mode: 1,
    clientIp: 0,
    respectTopology: 0,
    uniqueMode: 0,
    ...request,
  });
  return { slots: placement.servers.map(({ slot }) => slot), tryAgain: placement.tryAgain };
}

describe("servers for new chunks", () => {
  it("leaves out overloaded and full servers", () => {
    const servers = [
      makeServer(1, { loadState: loadState.overloaded }),
      makeServer(2, { writes: 200 }),
      makeServer(3),
      makeServer(4),
    ];
    assert.deepEqual(choose(servers, {}), { slots: [3, 4], tryAgain: false });
  });

  it("waits for overloaded servers when they would complete the goal", () => {
    const busy = makeServer(1, { loadState: loadState.overloaded });
    assert.deepEqual(choose([busy, makeServer(2)], {}), { slots: [], tryAgain: true });
    assert.deepEqual(choose([busy], {}), { slots: [], tryAgain: true });
    assert.deepEqual(choose([makeServer(2)], {}), { slots: [2], tryAgain: false });
    assert.deepEqual(choose([], {}), { slots: [], tryAgain: false });
  });

  it("uses servers in grace only when they are more than a fifth", () => {
    const grace = makeServer(1, { loadState: loadState.graceful });
    const four = [2, 3, 4, 5].map((slot) => makeServer(slot));
    assert.deepEqual(choose([grace, ...four], { labels: anywhere(5) }).slots, [2, 3, 4, 5]);
    assert.deepEqual(choose([grace, ...four.slice(1)], { labels: anywhere(5) }).slots.length, 4);
  });

  it("puts busy servers last and near servers first", () => {
    const servers = [makeServer(1, { writes: 1 }), makeServer(2), makeServer(3)];
    assert.deepEqual(choose(servers, {}).slots, [2, 3]);
    assert.deepEqual(choose(servers, { respectTopology: 1, clientIp: 1 }).slots, [1, 2]);
  });

  it("gives turns by size", () => {
    const servers = [makeServer(1, { totalGb: 100 }), makeServer(2, { totalGb: 300 })];
    const turns = new PlacementTurns();
    const prng = new Prng(3);
    const counts = new Map<number, number>();
    const request = {
      labels: anywhere(1),
      mode: 1,
      clientIp: 0,
      respectTopology: 0,
      uniqueMode: 0,
    };
    for (let round = 0; round < 4000; round++) {
      const { servers: chosen } = turns.choose(servers, new Topology(), request);
      turns.count(servers, chosen, prng);
      for (const { slot } of chosen) counts.set(slot, (counts.get(slot) ?? 0) + 1);
    }
    const share = (counts.get(1) ?? 0) / 4000;
    assert.ok(share > 0.2 && share < 0.3, `a quarter of the room got ${share} of the chunks`);
  });

  for (const { name, mode, labels, masks, slots, tryAgain = false } of [
    { name: "loose fills up with any", mode: 0, labels: [[a], [a]], masks: [a, b], slots: [1, 2] },
    {
      name: "standard fills up with any",
      mode: 1,
      labels: [[a], [a]],
      masks: [a, b],
      slots: [1, 2],
    },
    {
      name: "strict uses fitting servers only",
      mode: 2,
      labels: [[a], [a]],
      masks: [a, b],
      slots: [1],
    },
    { name: "strict without a fit has none", mode: 2, labels: [[c]], masks: [a, b], slots: [] },
    {
      name: "one of several masks is enough",
      mode: 2,
      labels: [[c, b]],
      masks: [a, b],
      slots: [2],
    },
    {
      name: "a mask wants all its letters",
      mode: 2,
      labels: [[a | b]],
      masks: [a, b, a | b],
      slots: [3],
    },
    {
      name: "a star gives way to a label",
      mode: 2,
      labels: [[], [a]],
      masks: [a, b],
      slots: [2, 1],
    },
  ]) {
    it(`matches labels: ${name}`, () => {
      const servers = masks.map((labelMask, index) => makeServer(index + 1, { labelMask }));
      assert.deepEqual(choose(servers, { mode, labels }), { slots, tryAgain });
    });
  }

  it("waits in standard mode when overloaded servers could serve the labels", () => {
    const servers = [
      makeServer(1, { labelMask: a, loadState: loadState.overloaded }),
      makeServer(2, { labelMask: b }),
      makeServer(3, { labelMask: b }),
    ];
    const labels = [[a], [b]];
    assert.deepEqual(choose(servers, { labels, mode: 1 }), { slots: [], tryAgain: true });
    assert.deepEqual(choose(servers, { labels, mode: 0 }), { slots: [2, 3], tryAgain: false });
  });

  it("matches as many labels as can be matched", () => {
    const label = fc.array(fc.integer({ min: 1, max: 15 }), { maxLength: 2 });
    const masks = fc.array(fc.integer({ min: 0, max: 15 }), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 4 }), masks, (labels, labelMasks) => {
        const servers = labelMasks.map((labelMask) => ({ labelMask }));
        const matched = matchLabels(labels, servers).filter((index) => index >= 0);
        assert.equal(new Set(matched).size, matched.length);
        assert.equal(matched.length, bestMatching(labels, labelMasks));
      }),
    );
  });

  it("takes one server of a group", () => {
    const servers = [{ labelMask: a }, { labelMask: b }, { labelMask: a }];
    const group = (server: { labelMask: number }): number => (server === servers[2] ? 1 : 0);
    assert.deepEqual(matchLabels([[a], [b]], servers, group), [2, 1]);
  });
});

function bestMatching(labels: readonly LabelExpression[], masks: readonly number[]): number {
  const [first, ...others] = labels;
  if (first === undefined) return 0;
  let best = bestMatching(others, masks);
  masks.forEach((mask, index) => {
    if (!fitsLabel(first, mask)) return;
    best = Math.max(best, 1 + bestMatching(others, masks.toSpliced(index, 1)));
  });
  return best;
}

describe("topology", () => {
  it("spec 5: counts the separators behind the common part of rack names", () => {
    assert.equal(rackDistance("a", "b"), 2);
    assert.equal(rackDistance("a|b|c", "a|d"), 3);
    assert.equal(rackDistance("a|b", "a|b|c|d"), 3);
    assert.equal(rackDistance("", "a|b"), 3);
  });

  it("knows the same address, the same rack and unlisted addresses", () => {
    const topology = new Topology([
      { from: 10, to: 20, rack: "x|one" },
      { from: 15, to: 15, rack: "x|two" },
    ]);
    assert.equal(topology.distance(12, 12), 0);
    assert.equal(topology.distance(12, 13), 1);
    assert.equal(topology.distance(12, 15), 2);
    assert.equal(topology.distance(90, 91), 1);
    assert.equal(topology.distance(12, 90), 3);
  });
});
