// What monitors ask that the file system itself does not know: the process, saves, metaloggers, the loops
// over chunks and files, charts. Whoever runs the core hands it in. Spec: wire-admin.md sections 3 and 4.

import type { MissingChunksAnswer, ChunksTestInfoAnswer } from "../../../protocol/packets/admin.ts";
import type { Charts } from "../charts.ts";
import { emptyPass } from "../jobs/pass-statistics.ts";
import type { Service } from "../service.ts";

/** The process over the last full minute. */
export interface ProcessFigures {
  readonly residentBytes: number;
  readonly virtualBytes: number;
  /** Processor time by time passed, in billionths of one core; 0 during the first minute. */
  readonly systemCpu: number;
  readonly userCpu: number;
}

/** The last save of metadata that succeeded; all zeros before the first one. */
export interface SaveFigures {
  /** Unix seconds. */
  readonly time: number;
  readonly durationMs: number;
  /** 0 in the background, 1 downloaded from another master, 2 in the foreground. */
  readonly status: number;
}

/** A metalogger that is connected. */
export interface ConnectedMetalogger {
  readonly version: number;
  readonly ip: number;
}

/** What the last complete loop over all chunks did. */
export type ChunkLoopFigures = ChunksTestInfoAnswer;

/** A chunk that the last complete loop over all files missed. */
export type MissingChunk = Extract<
  MissingChunksAnswer,
  { readonly variant: "typed" }
>["chunks"][number];

/** What the last complete loop over all files found. */
export interface FileLoopFigures {
  readonly loopStart: number;
  readonly loopEnd: number;
  readonly files: number;
  readonly underGoalFiles: number;
  readonly missingFiles: number;
  readonly missingTrashFiles: number;
  readonly missingSustainedFiles: number;
  readonly chunks: number;
  readonly underGoalChunks: number;
  readonly missingChunks: number;
  /** Lines that each end in a line feed. */
  readonly messages: string;
  readonly missing: readonly MissingChunk[];
}

/** Where answers to monitors come from. */
export interface MonitorSources {
  process(): ProcessFigures;
  lastSave(): SaveFigures;
  metaloggers(): readonly ConnectedMetalogger[];
  chunkLoop(): ChunkLoopFigures;
  fileLoop(): FileLoopFigures;
  /** `undefined`: this master keeps none. */
  readonly charts: Charts | undefined;
}

/** A master with its sources; without any, nothing is known. */
export interface Monitored extends Service {
  readonly monitor?: MonitorSources;
}

/** No complete loop yet. */
export const noChunkLoop: ChunkLoopFigures = emptyPass();

/** No complete loop yet. */
export const noFileLoop: FileLoopFigures = {
  loopStart: 0,
  loopEnd: 0,
  files: 0,
  underGoalFiles: 0,
  missingFiles: 0,
  missingTrashFiles: 0,
  missingSustainedFiles: 0,
  chunks: 0,
  underGoalChunks: 0,
  missingChunks: 0,
  messages: "",
  missing: [],
};

/** Sources of a master that nobody runs: nothing is known of the process, nothing has happened. */
export const noSources: MonitorSources = {
  process: () => ({ residentBytes: 0, virtualBytes: 0, systemCpu: 0, userCpu: 0 }),
  lastSave: () => ({ time: 0, durationMs: 0, status: 0 }),
  metaloggers: () => [],
  chunkLoop: () => noChunkLoop,
  fileLoop: () => noFileLoop,
  charts: undefined,
};

/** The master's sources. */
export function sourcesOf(core: Monitored): MonitorSources {
  return core.monitor ?? noSources;
}
