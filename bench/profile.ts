// Where our master spends its processor time: one workload under V8's sampling profiler, the functions with the
// greatest self time first. Usage: ./bin/node bench/profile.ts [--workload NAME] [--processes N] [--rounds N]

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import type { Player } from "../test/interop/cluster.ts";
import { tableOf } from "./report.ts";
import { Side } from "./sides.ts";
import { Workers } from "./workers.ts";
import { workloads } from "./workloads.ts";

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
  /** Ids of the nodes that it calls. */
  readonly children?: readonly number[];
}

/** The part of V8's .cpuprofile that is read here. */
interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const root = path.resolve(import.meta.dirname, "..");
const topCount = 30;

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      workload: { type: "string", multiple: true },
      processes: { type: "string", default: "4" },
      rounds: { type: "string", default: "3" },
    },
  });
  const folder = await mkdtemp("/var/tmp/mfs-profile-");
  try {
    await runProfiled(folder, {
      measured: values.workload ?? workloads.map(({ name }) => name),
      processes: Number(values.processes),
      rounds: Number(values.rounds),
    });
    const [file] = (await readdir(folder)).filter((name) => name.endsWith(".cpuprofile"));
    if (file === undefined) throw new Error(`Cannot find a profile in "${folder}": expected one`);
    const text = await readFile(path.join(folder, file), "utf8");
    process.stdout.write(`${topText(JSON.parse(text) as Profile)}\n`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface ProfileOptions {
  /** Workloads that run in full; the others of the chain run with a single operation. */
  readonly measured: readonly string[];
  readonly processes: number;
  readonly rounds: number;
}

/** The profile appears when the master has ended. */
async function runProfiled(folder: string, options: ProfileOptions): Promise<void> {
  await using side = await Side.start(profiledMaster(folder));
  using workers = new Workers(options.processes);
  const needed = neededFor(options.measured);
  for (let round = 0; round < options.rounds; round++) {
    for (const { name, count } of workloads) {
      if (!needed.has(name)) continue;
      const tasks = Array.from({ length: options.processes }, (_, index) => ({
        folder: path.join(side.mount, `round-${round}-${index}`),
        count,
      }));
      const seconds = await workers.run(name, tasks);
      const rate = (count * options.processes) / seconds;
      process.stderr.write(`${name}: ${rate.toFixed(0)}/s\n`);
    }
  }
  await side.stopMaster();
}

/** What has to run before, so that a workload finds its files. */
function neededFor(measured: readonly string[]): ReadonlySet<string> {
  const before: Readonly<Record<string, readonly string[]>> = {
    stat: ["create"],
    rename: ["create"],
    unlink: ["create", "rename"],
    rmdir: ["mkdir"],
    "read 4 KiB": ["write 4 KiB"],
  };
  // The first of the chain makes the folder.
  return new Set(["create", ...measured.flatMap((name) => [...(before[name] ?? []), name])]);
}

function profiledMaster(folder: string): Player {
  const switches = ["--disable-warning=ExperimentalWarning", "--cpu-prof"];
  return {
    command: [
      path.join(root, "bin/node"),
      ...switches,
      `--cpu-prof-dir=${folder}`,
      path.join(root, "daemons/master/main.ts"),
    ],
  };
}

function topText({ nodes, samples, timeDeltas }: Profile): string {
  const callers = new Map(
    nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)),
  );
  const names = new Map(nodes.map((node) => [node.id, nameOf(node, callers)]));
  const microseconds = new Map<string, number>();
  let total = 0;
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? "?";
    const delta = timeDeltas[index] ?? 0;
    if (name === "(idle)") continue;
    total += delta;
    microseconds.set(name, (microseconds.get(name) ?? 0) + delta);
  }
  const rows = [...microseconds]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, topCount)
    .map(([name, self]) => [
      name,
      (self / 1000).toFixed(0),
      `${((self / total) * 100).toFixed(1)} %`,
    ]);
  return `${tableOf(["function", "self ms", "of busy"], rows)}\n\nbusy: ${(total / 1000).toFixed(0)} ms`;
}

/** A function with its place; what has none, as system calls have, with its caller. */
function nameOf(node: ProfileNode, callers: ReadonlyMap<number, ProfileNode>): string {
  const { functionName, url, lineNumber } = node.callFrame;
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") {
    const caller = callers.get(node.id);
    const isOfEngine = caller === undefined || name.startsWith("(");
    return isOfEngine ? name : `${name} < ${nameOf(caller, callers)}`;
  }
  const place = url.startsWith("node:") ? url : path.relative(root, new URL(url).pathname);
  return `${name} ${place}:${lineNumber + 1}`;
}
