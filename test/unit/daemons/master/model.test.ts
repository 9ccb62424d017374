// The core against the naive file system: fixed seeds for everybody, and one that is new each time.
// Spec: semantics-master.md; how it works is told in test/model/README.md.

import { test } from "node:test";
import { runModel } from "../../../model/model.ts";

const fixedSeeds = [1, 2, 3, 4, 5, 6, 7];
const stepsOfEach = 20_000;

for (const seed of fixedSeeds) {
  test(`seed ${seed}: the core does what a naive file system does`, () => {
    runModel({ seed, steps: stepsOfEach });
  });
}

test("a new seed: the core does what a naive file system does", (context) => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  context.diagnostic(
    `seed ${seed}; again with test/model/run.ts --seed ${seed} --steps ${stepsOfEach}`,
  );
  runModel({ seed, steps: stepsOfEach });
});
