// Runs the suite on a directory of any mounted file system and prints one line per case.
// Usage: ./bin/node test/posix/run.ts --root DIR [--topic NAME]... [--json FILE]

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Report } from "./compare.ts";
import { type CaseResult, Suite, type Topic } from "./suite.ts";
import { topics } from "./topics.ts";

const usage = "Usage: run.ts --root DIR [--topic NAME]... [--json FILE]";

/** What to run, where, and who hears of each case. */
export interface RunOptions {
  readonly root: string;
  readonly topics?: readonly string[];
  readonly onResult?: (result: CaseResult) => void;
}

function chosen(names: readonly string[]): readonly Topic[] {
  const unknown = names.filter((name) => topics.every(({ topic }) => topic !== name));
  if (unknown.length > 0) {
    const known = topics.map(({ topic }) => topic).join(", ");
    throw new Error(`Cannot run topic "${unknown.join(", ")}": expected one of ${known}`);
  }
  return names.length === 0 ? topics : topics.filter(({ topic }) => names.includes(topic));
}

/** Runs topics (all by default) under a directory and leaves nothing behind. */
export async function runSuite(options: RunOptions): Promise<Report> {
  if (process.getuid?.() !== 0) {
    throw new Error("Cannot run the suite: it acts as several users, expected to be root");
  }
  const wanted = chosen(options.topics ?? []);
  const cases: CaseResult[] = [];
  const suite = await Suite.start(options.root);
  try {
    for (const topic of wanted) {
      for await (const result of suite.run(topic)) {
        cases.push(result);
        options.onResult?.(result);
      }
    }
  } finally {
    await suite.close();
  }
  return { root: options.root, cases };
}

/** One line of output. */
function line({ topic, name, passed, message }: CaseResult): string {
  return passed ? `ok   ${topic}: ${name}` : `FAIL ${topic}: ${name}: ${message ?? ""}`;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      root: { type: "string" },
      topic: { type: "string", multiple: true },
      json: { type: "string" },
    },
  });
  if (values.root === undefined) {
    console.error(usage);
    return 2;
  }
  const start = performance.now();
  const report = await runSuite({
    root: values.root,
    topics: values.topic ?? [],
    onResult: (result) => console.log(line(result)),
  });
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  const passed = report.cases.filter((each) => each.passed).length;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${passed} passed, ${report.cases.length - passed} failed (${seconds} s)`);
  return passed === report.cases.length ? 0 : 1;
}

if (import.meta.main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}
