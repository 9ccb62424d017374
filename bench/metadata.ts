// The figures of metadata: memory per file and time to start, with an image of many files in the stock format.
// No chunkserver is there: chunks have no copies, on both sides alike.

import { copyFile, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Cluster } from "../test/interop/cluster.ts";
import { ratios, spread } from "./figures.ts";
import type { Spread } from "./figures.ts";
import { writeImage } from "./image.ts";
import { residentBytes } from "./process-use.ts";
import { players, sideNames } from "./sides.ts";
import type { SideName } from "./sides.ts";

/** How much to run. */
export interface MetadataOptions {
  readonly rounds: number;
  /** A multiple of 100. */
  readonly files: number;
  /** How long a master runs before its memory is read: what loading needed only has gone by then. */
  readonly settleMs: number;
  /** Hears what is going on. */
  readonly progress: (line: string) => void;
}

/** Of both masters, pair by pair. */
export interface Compared {
  readonly stock: Spread;
  readonly ours: Spread;
  /** Ours to stock: less is better. */
  readonly ratio: Spread;
}

/** What metadata cost. */
export interface MetadataReport {
  readonly files: number;
  readonly imageBytes: number;
  readonly settleSeconds: number;
  /** Resident bytes of a master with an empty file system. */
  readonly emptyBytes: Compared;
  /** The same with the image, once settled. */
  readonly fullBytes: Compared;
  /** The same as soon as it serves. */
  readonly freshBytes: Compared;
  /** (full - empty) / files. */
  readonly bytesPerFile: Compared;
  /** The same from an image of a hundredth of the files on: without what any image costs, however small. */
  readonly bytesPerFurtherFile: Compared;
  /** Until "initialized properly". */
  readonly emptyStartSeconds: Compared;
  readonly startSeconds: Compared;
  /** An orderly end, which stores the image. */
  readonly stopSeconds: Compared;
}

interface Sample {
  readonly empty: Life;
  readonly small: Life;
  readonly full: Life;
}
type Samples = Record<SideName, Sample[]>;

const filesPerFolder = 1000;
const imageName = "metadata.mfs";
const emptyImage = "MFSM NEW";
const smallPart = 100;
const startLimitMs = 600_000;

/** Starts both masters in turn, empty and with the image. */
export async function measureMetadata(options: MetadataOptions): Promise<MetadataReport> {
  const { rounds, files, settleMs, progress } = options;
  const folder = await mkdtemp("/var/tmp/mfs-bench-");
  try {
    const images = { small: path.join(folder, "small"), full: path.join(folder, "full") };
    progress(`metadata: writing an image of ${files} files`);
    writeImage(images.small, { files: files / smallPart, filesPerFolder });
    writeImage(images.full, { files, filesPerFolder });
    const samples: Samples = { stock: [], ours: [] };
    for (let round = 1; round <= rounds; round++) {
      for (const side of sideNames) {
        progress(`metadata: round ${round} of ${rounds}, ${side}`);
        samples[side].push(await measureSide(side, images, settleMs));
      }
    }
    return reportOf(samples, options, (await stat(images.full)).size);
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Images {
  readonly small: string;
  readonly full: string;
}

async function measureSide(side: SideName, images: Images, settleMs: number): Promise<Sample> {
  await using cluster = await Cluster.start({ chunkservers: 0, master: players[side] });
  const empty = path.join(cluster.folder, "empty");
  await writeFile(empty, emptyImage);
  await cluster.master.stop();
  return {
    empty: await live(cluster, empty, settleMs),
    small: await live(cluster, images.small, settleMs),
    full: await live(cluster, images.full, settleMs),
  };
}

/** From a fresh data folder on: start, a while of calm, orderly end. */
interface Life {
  readonly startSeconds: number;
  readonly freshBytes: number;
  readonly settledBytes: number;
  readonly stopSeconds: number;
}

async function live(cluster: Cluster, image: string, settleMs: number): Promise<Life> {
  const { master, dataDir } = cluster;
  for (const name of await readdir(dataDir)) {
    await rm(path.join(dataDir, name), { recursive: true });
  }
  await copyFile(image, path.join(dataDir, imageName));
  const startSeconds = await secondsOf(() => master.start([], startLimitMs));
  const freshBytes = residentBytes(master.pid);
  await delay(settleMs);
  const settledBytes = residentBytes(master.pid);
  const stopSeconds = await secondsOf(() => master.stop());
  return { startSeconds, freshBytes, settledBytes, stopSeconds };
}

async function secondsOf(action: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await action();
  return (performance.now() - startMs) / 1000;
}

function reportOf(samples: Samples, options: MetadataOptions, imageBytes: number): MetadataReport {
  const compare = (value: (sample: Sample) => number): Compared => {
    const pairs = { stock: samples.stock.map(value), ours: samples.ours.map(value) };
    return { stock: spread(pairs.stock), ours: spread(pairs.ours), ratio: ratios(pairs) };
  };
  const { files } = options;
  const further = files - files / smallPart;
  return {
    files,
    imageBytes,
    settleSeconds: options.settleMs / 1000,
    emptyBytes: compare(({ empty }) => empty.settledBytes),
    fullBytes: compare(({ full }) => full.settledBytes),
    freshBytes: compare(({ full }) => full.freshBytes),
    bytesPerFile: compare(({ full, empty }) => (full.settledBytes - empty.settledBytes) / files),
    bytesPerFurtherFile: compare(
      ({ full, small }) => (full.settledBytes - small.settledBytes) / further,
    ),
    emptyStartSeconds: compare(({ empty }) => empty.startSeconds),
    startSeconds: compare(({ full }) => full.startSeconds),
    stopSeconds: compare(({ full }) => full.stopSeconds),
  };
}
