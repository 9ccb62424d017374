// The core against the naive file system, from fixed seeds, so that a change fails for what it did and nothing
// else; test/model/run.ts takes any other seed. How it works is told in test/model/README.md.

import { test } from "node:test";
import { runModel } from "../../../model/model.ts";

const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
const stepsOfEach = 20_000;

for (const seed of seeds) {
  test(`seed ${seed}: the core does what a naive file system does`, () => {
    runModel({ seed, steps: stepsOfEach });
  });
}
