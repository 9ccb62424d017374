// Which values a chart shows and how its axis is labelled. Spec: wire-admin.md sections 7.1 and 7.3.

import { noData, slotSeconds } from "../charts.ts";
import type { Charts, Series } from "../charts.ts";
import { seriesNames } from "../charts.ts";
import { bandsOf } from "./chart-names.ts";
import type { WantedChart } from "./chart-names.ts";

/** Bands of each slot from the bottom up, newest slot first; a slot without data has `undefined`. */
export interface Plot {
  readonly time: number;
  readonly columns: readonly (readonly number[] | undefined)[];
  readonly unit: string;
}

const millionths = 1e-6;
const peaks: readonly Series[] = ["memoryrss", "memoryvirt", "usedspace", "totalspace"];
const processor: readonly Series[] = ["ucpu", "scpu"];
const packets: readonly Series[] = ["prcvd", "psent"];
const traffic: readonly Series[] = ["brcvd", "bsent"];
const bitsInByte = 8;
const minuteSeconds = 60;

/** What to draw of a chart. */
export function plotOf(charts: Charts, chart: WantedChart, columnCount: number): Plot {
  const bands = bandsOf(chart).map(({ series, minus }) => ({
    factor: factorOf(series, chart.range),
    values: valuesOf(charts, { series, range: chart.range, columnCount }),
    minus:
      minus === undefined
        ? undefined
        : valuesOf(charts, { series: minus, range: chart.range, columnCount }),
  }));
  const columns = Array.from({ length: columnCount }, (_, age) => {
    const column = bands.map(({ factor, values, minus }) => {
      const value = values.values[age] ?? noData;
      const less = minus?.values[age] ?? 0n;
      if (value === noData || less === noData) return Number.NaN;
      return value > less ? Number(value - less) * factor : 0;
    });
    return column.some(Number.isNaN) ? undefined : column;
  });
  const isPercent = processor.some((name) => bandsOf(chart)[0]?.series === name);
  return { time: bands[0]?.values.time ?? 0, columns, unit: isPercent ? "%" : "" };
}

function valuesOf(charts: Charts, wanted: { series: Series; range: number; columnCount: number }) {
  return charts.values(seriesNames.indexOf(wanted.series), wanted.range, wanted.columnCount);
}

/** From what is stored to what is shown: sums of a slot become an average minute first. */
function factorOf(series: Series, range: number): number {
  if (peaks.includes(series)) return 1;
  const minutes = (slotSeconds[range] ?? minuteSeconds) / minuteSeconds;
  if (processor.includes(series)) return (100 * millionths) / (minuteSeconds * minutes);
  if (packets.includes(series)) return 1 / (minuteSeconds * minutes);
  if (traffic.includes(series)) return bitsInByte / (minuteSeconds * minutes);
  return 1 / minutes;
}

const units = ["u", "m", "", "k", "M", "G", "T", "P", "E"] as const;
const unitOfOne = units.indexOf("");

/** The distance of grid lines, of two digits, so that `lines` of them hold the largest value. */
export function gridStep(largest: number, lines: number): number {
  if (!(largest > 0)) return 1;
  const least = largest / lines;
  const power = 10 ** (Math.floor(Math.log10(least)) - 1);
  return Math.ceil(least / power) * power;
}

/** A value in at most three digits and a unit. */
export function labelOf(value: number, unit: string): string {
  if (value === 0) return `0${unit}`;
  const power = Math.floor((Math.log10(value) + 1e-9) / 3);
  const place = Math.min(Math.max(power + unitOfOne, 0), units.length - 1);
  const shown = value / 1000 ** (place - unitOfOne);
  return `${Number(shown.toPrecision(3))}${units[place] ?? ""}${unit}`;
}
