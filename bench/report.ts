// The figures as text: Markdown tables, ready for docs/benchmarks.md.

import type { Spread } from "./figures.ts";
import type { LoadFigure, LoadReport } from "./load.ts";
import type { Compared, MetadataReport } from "./metadata.ts";

/** Where and when the run was made. */
export interface Surroundings {
  readonly startedAt: string;
  readonly commit: string;
  readonly processor: string;
  readonly cores: number;
  readonly node: string;
  /** Of the last minute when the run began: a busy machine makes wide spreads. */
  readonly loadAverage: number;
}

/** One run; a part that was not asked for is absent. */
export interface Report {
  readonly surroundings: Surroundings;
  readonly isQuick: boolean;
  readonly load?: LoadReport;
  readonly metadata?: MetadataReport;
}

/** The whole report as Markdown. */
export function reportText(report: Report): string {
  const { startedAt, commit, processor, cores, node, loadAverage } = report.surroundings;
  const where = `${startedAt}, commit ${commit}, ${cores} cores of ${processor}, Node ${node}, load ${loadAverage.toFixed(2)} before`;
  const parts = [
    report.isQuick ? `${where}, QUICK: too short to quote` : where,
    ...(report.load === undefined ? [] : [loadText(report.load)]),
    ...(report.metadata === undefined ? [] : [metadataText(report.metadata)]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function loadText(load: LoadReport): string {
  const heads = ["workload", "at once", "stock/s", "ours/s", "ratio", "min–max"];
  const more = ["requests stock, ours", "CPU µs stock, ours"];
  const table = tableOf([...heads, ...more], load.figures.map(loadRow));
  return `${table}\n\nGeometric mean of the ratios: ${load.geometricMean.toFixed(3)} (more is better)`;
}

function loadRow(figure: LoadFigure): readonly string[] {
  const { workload, processes, rate, ratio, requests, masterMicroseconds } = figure;
  return [
    workload,
    `${processes}`,
    rate.stock.median.toFixed(0),
    rate.ours.median.toFixed(0),
    `${ratio.median.toFixed(2)}×`,
    rangeText(ratio, 2),
    `${requests.stock.toFixed(1)}, ${requests.ours.toFixed(1)}`,
    `${masterMicroseconds.stock.toFixed(0)}, ${masterMicroseconds.ours.toFixed(0)}`,
  ];
}

function metadataText(metadata: MetadataReport): string {
  const { files, imageBytes, settleSeconds } = metadata;
  const megabytes = (value: number): string => (value / 1e6).toFixed(1);
  const seconds = (value: number): string => value.toFixed(2);
  const row = (
    name: string,
    { stock, ours, ratio }: Compared,
    text: (value: number) => string,
  ): readonly string[] => [
    name,
    text(stock.median),
    text(ours.median),
    `${ratio.median.toFixed(2)}×`,
    rangeText(ratio, 2),
  ];
  const table = tableOf(
    ["metadata", "stock", "ours", "ratio", "min–max"],
    [
      row("RSS empty, MB", metadata.emptyBytes, megabytes),
      row("RSS as soon as it serves, MB", metadata.freshBytes, megabytes),
      row(`RSS after ${settleSeconds} s, MB`, metadata.fullBytes, megabytes),
      row("bytes per file", metadata.bytesPerFile, (value) => value.toFixed(0)),
      row("bytes per further file", metadata.bytesPerFurtherFile, (value) => value.toFixed(0)),
      row("start, empty, s", metadata.emptyStartSeconds, seconds),
      row("start with the image, s", metadata.startSeconds, seconds),
      row("stop, storing the image, s", metadata.stopSeconds, seconds),
    ],
  );
  return `${table}\n\n${files} files, an image of ${megabytes(imageBytes)} MB (less is better)`;
}

function rangeText({ min, max }: Spread, digits: number): string {
  return `${min.toFixed(digits)}–${max.toFixed(digits)}`;
}

/** A Markdown table: the first column to the left, numbers to the right. */
export function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    return `| ${padded.join(" | ")} |`;
  };
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [line(heads), line(rule), ...rows.map(line)].join("\n");
}
