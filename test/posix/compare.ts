// Compares two runs of the suite: what passes on the reference must pass on the candidate.
// Usage: ./bin/node test/posix/compare.ts REFERENCE.json CANDIDATE.json

import { readFileSync } from "node:fs";
import type { CaseResult } from "./suite.ts";

/** What run.ts writes with --json. */
export interface Report {
  readonly root: string;
  readonly cases: readonly CaseResult[];
}

/** A case that passes on the reference and not on the candidate. */
export interface Regression {
  readonly topic: string;
  readonly name: string;
  readonly message: string;
}

/** The list is empty when the candidate is at least as good. */
export function regressions(reference: Report, candidate: Report): Regression[] {
  const results = new Map(candidate.cases.map((each) => [`${each.topic}: ${each.name}`, each]));
  const found: Regression[] = [];
  for (const { topic, name, passed } of reference.cases) {
    const other = results.get(`${topic}: ${name}`);
    if (passed && other?.passed !== true) {
      found.push({ topic, name, message: other?.message ?? "was not run" });
    }
  }
  return found;
}

function main(files: readonly string[]): number {
  const [reference, candidate] = files.map((file) => JSON.parse(readFileSync(file, "utf8")));
  if (reference === undefined || candidate === undefined) {
    console.error("Usage: compare.ts REFERENCE.json CANDIDATE.json");
    return 2;
  }
  const found = regressions(reference as Report, candidate as Report);
  for (const { topic, name, message } of found) {
    console.log(`WORSE ${topic}: ${name}: ${message}`);
  }
  console.log(`${found.length} cases pass on the reference only`);
  return found.length === 0 ? 0 : 1;
}

if (import.meta.main) {
  process.exitCode = main(process.argv.slice(2));
}
