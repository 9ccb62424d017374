// The model test by hand: `./bin/node test/model/run.ts --seed N --steps M [--each]`. Prints what it did, or the
// seed, step and request where the real core and the naive file system parted.

import { parseArgs } from "node:util";
import { ModelError, runModel } from "./model.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    steps: { type: "string", default: "10000" },
    each: { type: "boolean", default: false },
  },
});
const began = performance.now();
try {
  const seed = Number(values.seed);
  const steps = Number(values.steps);
  const report = runModel({ seed, steps, checksEachStep: values.each });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const served = [...report.served].map(([name, count]) => `${name} ${count}`).toSorted();
  console.log(`seed ${seed}: ${steps} steps, ${report.changes} changes in ${seconds} s`);
  console.log(served.join("\n"));
} catch (error) {
  if (!(error instanceof ModelError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
