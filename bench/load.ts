// The figures of load: every workload with one and with four processes, stock and ours in turn (A B A B), so that
// each pair runs under the same weather of the machine. Ratios count; rates of a shared machine mean little.

import path from "node:path";
import { geometricMean, ratios, spread } from "./figures.ts";
import type { Spread } from "./figures.ts";
import { players, Side, sideNames } from "./sides.ts";
import type { SideName } from "./sides.ts";
import { Workers } from "./workers.ts";
import { workloads } from "./workloads.ts";
import type { Task, WorkloadName } from "./workloads.ts";

/** How much to run. */
export interface LoadOptions {
  readonly rounds: number;
  /** Of the operations of a full run: 0.1 for a tenth. */
  readonly share: number;
  /** Hears what is going on. */
  readonly progress: (line: string) => void;
}

/** One workload with so many processes at once. */
export interface LoadFigure {
  readonly workload: WorkloadName;
  readonly processes: number;
  /** Operations a second, all processes together. */
  readonly rate: Readonly<Record<SideName, Spread>>;
  /** Ours to stock, pair by pair: more is better. */
  readonly ratio: Spread;
  /** Packets from the mount to the master, per operation: what shows that the master was asked at all. */
  readonly requests: Readonly<Record<SideName, number>>;
  /** Processor time of the master per operation, in microseconds. */
  readonly masterMicroseconds: Readonly<Record<SideName, number>>;
}

/** All workloads, and the mean of their median ratios. */
export interface LoadReport {
  readonly figures: readonly LoadFigure[];
  readonly geometricMean: number;
}

const processCounts = [1, 4] as const;
/** Nobody measures the first of them: programs warm up. */
const warmUpShare = 0.25;

interface Sample {
  readonly rate: number;
  readonly requests: number;
  readonly masterMicroseconds: number;
}
type Samples = Record<SideName, Sample[]>;

/** Runs everything; it takes minutes. */
export async function measureLoad(options: LoadOptions): Promise<LoadReport> {
  await using stock = await Side.start(players.stock);
  await using ours = await Side.start(players.ours);
  using workers = new Workers(Math.max(...processCounts));
  const sides = { stock, ours };
  const samples = new Map<string, Samples>();
  const share = options.share * warmUpShare;
  for (let round = 0; round <= options.rounds; round++) {
    const isWarmUp = round === 0;
    options.progress(isWarmUp ? "load: warming up" : `load: round ${round} of ${options.rounds}`);
    for (const processes of processCounts) {
      const folder = `round-${round}-${processes}`;
      for (const { name, count } of workloads) {
        const each = Math.max(1, Math.round(count * (isWarmUp ? share : options.share)));
        for (const sideName of sideNames) {
          const side = sides[sideName];
          const tasks = tasksOf(path.join(side.mount, folder), processes, each);
          const sample = await measure(workers, side, name, tasks);
          if (!isWarmUp) samplesOf(samples, name, processes)[sideName].push(sample);
        }
      }
    }
  }
  return summary(samples);
}

function tasksOf(prefix: string, processes: number, count: number): readonly Task[] {
  return Array.from({ length: processes }, (_, index) => ({ folder: `${prefix}-${index}`, count }));
}

async function measure(
  workers: Workers,
  side: Side,
  workload: WorkloadName,
  tasks: readonly Task[],
): Promise<Sample> {
  const operations = tasks.reduce((sum, { count }) => sum + count, 0);
  let requests = 0;
  let masterSeconds = 0;
  const seconds = await workers.run(workload, tasks, async () => {
    requests = side.requests;
    masterSeconds = side.masterSeconds;
  });
  return {
    rate: operations / seconds,
    requests: (side.requests - requests) / operations,
    masterMicroseconds: ((side.masterSeconds - masterSeconds) * 1e6) / operations,
  };
}

function samplesOf(samples: Map<string, Samples>, name: WorkloadName, processes: number): Samples {
  const key = `${name} ${processes}`;
  const known = samples.get(key);
  if (known !== undefined) return known;
  const fresh: Samples = { stock: [], ours: [] };
  samples.set(key, fresh);
  return fresh;
}

function summary(samples: Map<string, Samples>): LoadReport {
  const figures = processCounts.flatMap((processes) =>
    workloads.map(({ name }) => figureOf(name, processes, samplesOf(samples, name, processes))),
  );
  return { figures, geometricMean: geometricMean(figures.map((figure) => figure.ratio.median)) };
}

function figureOf(workload: WorkloadName, processes: number, samples: Samples): LoadFigure {
  const of = (side: SideName, key: keyof Sample): Spread =>
    spread(samples[side].map((sample) => sample[key]));
  const both = (key: keyof Sample): Record<SideName, number> => ({
    stock: of("stock", key).median,
    ours: of("ours", key).median,
  });
  return {
    workload,
    processes,
    rate: { stock: of("stock", "rate"), ours: of("ours", "rate") },
    ratio: ratios({
      stock: samples.stock.map((sample) => sample.rate),
      ours: samples.ours.map((sample) => sample.rate),
    }),
    requests: both("requests"),
    masterMicroseconds: both("masterMicroseconds"),
  };
}
