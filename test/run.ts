// Runs the tests: `npm test` is the unit tier, then the lab tier; `--unit` or `--lab` one of them, arguments are files.
// The lab tier begins with the clusters of test/interop. Its files run one at a time; a lab that cannot run is a
// failure that names what the machine lacks.

import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { missingCapabilities } from "./lab/capabilities.ts";
import { Lab, logsFolder } from "./lab/lab.ts";
import { installPackages, labPackages, unitPackages } from "./lab/packages.ts";
import { sweep } from "./interop/claim.ts";
import { clockPackages, stockPackages } from "./support/stock-packages.ts";

interface Count {
  readonly passed: number;
  readonly failed: number;
}

interface Selection {
  readonly unit: readonly string[];
  readonly lab: readonly string[];
}

const root = path.dirname(import.meta.dirname);
const unitPatterns = ["test/unit/**/*.test.ts", "test/tidy.test.ts"];
const labPatterns = ["test/interop/*.test.ts", "test/lab/*.test.ts"];
const unitFilesAtOnce = 2;
const endPollMs = 50;
const nothing: Count = { passed: 0, failed: 0 };

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function find(patterns: readonly string[]): readonly string[] {
  return globSync(patterns, { cwd: root }).sort();
}

/** The test files of each tier that the arguments ask for. */
function select(words: readonly string[]): Selection {
  const flags = words.filter((word) => word.startsWith("-"));
  const unknown = flags.find((flag) => flag !== "--unit" && flag !== "--lab");
  if (unknown !== undefined)
    throw new RangeError(`Cannot run the tests with '${unknown}': expected --unit, --lab or files`);
  const named = words
    .filter((word) => !word.startsWith("-"))
    .map((word) => path.relative(root, path.resolve(word)));
  const files = named.flatMap((name) => {
    const found = find([name]);
    if (found.length === 0)
      throw new RangeError(`Cannot run '${name}': there is no such file, expected a test file`);
    return found;
  });
  if (named.length > 0) {
    const isLab = (file: string) => /^test\/(interop|lab)\//.test(file);
    return { unit: files.filter((file) => !isLab(file)), lab: files.filter(isLab) };
  }
  const both = flags.length === 0;
  return {
    unit: both || flags.includes("--unit") ? find(unitPatterns) : [],
    lab: both || flags.includes("--lab") ? find(labPatterns) : [],
  };
}

/** Runs test files and reports them as they end. A skipped test counts as failed: nothing here may be skipped. */
async function runFiles(files: readonly string[], filesAtOnce: number): Promise<Count> {
  if (files.length === 0) return nothing;
  let count = nothing;
  const events = run({
    files: files.map((file) => path.resolve(root, file)),
    concurrency: filesAtOnce,
    cwd: root,
  });
  events.on("test:summary", ({ file, counts, success }) => {
    if (file !== undefined) return; // each file has a summary too; this one is of all
    // A hook that fails after the last test counts nowhere, yet the run is no success.
    const failed = Math.max(counts.tests - counts.passed, success ? 0 : 1);
    count = { passed: counts.passed, failed };
  });
  const report = events.compose(new spec());
  report.pipe(process.stdout, { end: false });
  await once(report, "end");
  return count;
}

async function runLab(files: readonly string[]): Promise<Count> {
  if (files.length === 0) return nothing;
  const stock = [...Object.keys(stockPackages), ...clockPackages];
  await installPackages([...Object.keys(labPackages), ...stock], say);
  const missing = await missingCapabilities();
  if (missing.length > 0) {
    say(`The lab cannot run on this machine. Missing: ${missing.join(", ")}`);
    return { passed: 0, failed: 1 };
  }
  try {
    const count = await runFiles(files, 1);
    if (count.failed > 0) say(`The consoles of the last hosts are kept in '${logsFolder}'`);
    return count;
  } finally {
    for (const name of await Lab.sweep())
      say(`Removed the lab '${name}', whose test had been killed`);
    for (const folder of sweep())
      say(`Removed the cluster in '${folder}', whose test had been killed`);
  }
}

/**
 * Ends the running test files and, as they come, those still to start: each takes its lab down and counts as failed.
 * The `signal` option of node:test's `run` does not reach them.
 */
function endTestFiles(): void {
  const ended = new Set<number>();
  const timer = setInterval(() => {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8");
    for (const child of children.split(" ").filter(Boolean).map(Number)) {
      // A second signal would cut short what the first one began.
      if (!ended.has(child)) process.kill(child, "SIGTERM");
      ended.add(child);
    }
  }, endPollMs);
  timer.unref();
}

async function main(words: readonly string[]): Promise<boolean> {
  const selection = select(words);
  if (selection.unit.length > 0) await installPackages(unitPackages, say);
  const unit = await runFiles(selection.unit, unitFilesAtOnce);
  const go = unit.failed === 0 || selection.lab.length === 0;
  if (!go) say("The lab tier did not run, for the unit tier failed");
  const lab = go ? await runLab(selection.lab) : nothing;
  const passed = unit.passed + lab.passed;
  const failed = unit.failed + lab.failed;
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, endTestFiles);
try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
  if (!(error instanceof RangeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
