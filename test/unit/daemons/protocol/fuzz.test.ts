// A part of the fuzz target at each run: a seed that stays, and one that is new and printed.

import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { fuzzPackets } from "../../../fuzz/packets.ts";

const rounds = 60_000;

for (const seed of [1, randomInt(2 ** 32)]) {
  test(`every row refuses or gives back what nobody meant (seed ${seed})`, () => {
    const { taken, faults } = fuzzPackets(seed, rounds);
    assert.deepStrictEqual(faults, []);
    // A target that takes nothing at all proves nothing.
    assert.ok(taken > rounds / 100, `${taken} of ${rounds} were taken`);
  });
}
