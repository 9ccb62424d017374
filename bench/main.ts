// `npm run bench`: our master beside the stock one, in figures. It asks for root, the Debian packages of MooseFS
// and a quiet machine; docs/benchmarks.md says how it is made and what came out.

import { execFileSync } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { measureLoad } from "./load.ts";
import { measureMetadata } from "./metadata.ts";
import { reportText } from "./report.ts";
import type { Report, Surroundings } from "./report.ts";

const usage = `Usage: npm run bench -- [--quick] [--only load|metadata] [--rounds N] [--files THOUSANDS] [--json]
  --quick     a short form that shows that everything works; its figures are not to be quoted
  --only      one part: rates under load, or memory and time to start
  --rounds    pairs of both masters, 5 for load and 3 for metadata by default
  --files     thousands of files in the image, 1000 by default
  --json      one JSON document instead of tables
`;
const parts = ["load", "metadata"] as const;

interface Sizes {
  readonly loadRounds: number;
  readonly share: number;
  readonly metadataRounds: number;
  readonly files: number;
  readonly settleMs: number;
}
const full: Sizes = {
  loadRounds: 5,
  share: 1,
  metadataRounds: 3,
  files: 1_000_000,
  settleMs: 10_000,
};
const quick: Sizes = {
  loadRounds: 2,
  share: 0.05,
  metadataRounds: 1,
  files: 20_000,
  settleMs: 1000,
};

process.exitCode = await main();

async function main(): Promise<number> {
  const options = {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    rounds: { type: "string" },
    files: { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  } as const;
  const { values } = parseArgs({ options });
  const chosen = values.only === undefined ? parts : parts.filter((part) => part === values.only);
  if (values.help || chosen.length === 0) {
    process.stdout.write(usage);
    return values.help ? 0 : 2;
  }
  const sizes = values.quick ? quick : full;
  const rounds = positive("--rounds", values.rounds);
  const files = positive("--files", values.files);
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const surroundings = surroundingsNow();
  const load = (): ReturnType<typeof measureLoad> =>
    measureLoad({ rounds: rounds ?? sizes.loadRounds, share: sizes.share, progress });
  const metadata = (): ReturnType<typeof measureMetadata> =>
    measureMetadata({
      rounds: rounds ?? sizes.metadataRounds,
      files: files === undefined ? sizes.files : files * 1000,
      settleMs: sizes.settleMs,
      progress,
    });
  const report: Report = {
    surroundings,
    isQuick: values.quick,
    ...(chosen.includes("load") ? { load: await load() } : {}),
    ...(chosen.includes("metadata") ? { metadata: await metadata() } : {}),
  };
  const text = values.json ? `${JSON.stringify(report, undefined, 2)}\n` : reportText(report);
  process.stdout.write(text);
  return 0;
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,7}$/.test(text)) return Number(text);
  throw new Error(`Cannot use ${name} "${text}": expected a whole number above 0`);
}

function surroundingsNow(): Surroundings {
  const processors = cpus();
  return {
    startedAt: new Date().toISOString().slice(0, 16).replace("T", " "),
    commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      cwd: import.meta.dirname,
      encoding: "utf8",
    }).trim(),
    processor: processors[0]?.model ?? "unknown",
    cores: processors.length,
    node: process.versions.node,
    loadAverage: loadavg()[0] ?? 0,
  };
}
