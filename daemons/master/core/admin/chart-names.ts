// By which numbers and letters charts are asked for, and how calculated ones are made of others.
// Spec: wire-admin.md section 7.1.

import { seriesLetters, seriesNames, slotSeconds } from "../charts.ts";
import type { Series } from "../charts.ts";

/** A chart in one range. Numbers from 100 on are calculated. */
export interface WantedChart {
  readonly number: number;
  readonly range: number;
}

/** A calculated chart: the lower and the upper band. `without`: the lower band is in the upper one's series. */
interface Calculated {
  readonly letters: string;
  readonly lower: Series;
  readonly upper: Series;
  readonly upperHoldsLower: boolean;
}

const firstCalculated = 100;
const calculated: readonly Calculated[] = [
  { letters: "TCPU", lower: "scpu", upper: "ucpu", upperHoldsLower: false },
  { letters: "TMEM", lower: "memoryrss", upper: "memoryvirt", upperHoldsLower: true },
  { letters: "SPAC", lower: "usedspace", upper: "totalspace", upperHoldsLower: true },
  { letters: "DELS", lower: "delete_ok", upper: "delete_err", upperHoldsLower: false },
  { letters: "REPS", lower: "replicate_ok", upper: "replicate_err", upperHoldsLower: false },
  { letters: "NEWS", lower: "create_ok", upper: "create_err", upperHoldsLower: false },
  { letters: "INTS", lower: "change_ok", upper: "change_err", upperHoldsLower: false },
];

/** Smaller ids are numbers, greater ones four letters. */
const lettersFrom = 0x100_0000;
const lowerCaseBit = 0x20;

/** The chart of an id; `undefined` when there is none. */
export function chartOf(id: number): WantedChart | undefined {
  return id < lettersFrom ? byNumber(id) : byLetters(id);
}

/** Whether the chart is a series itself. */
export function isDirect(chart: WantedChart): boolean {
  return chart.number < firstCalculated;
}

/** The bands of a chart from the bottom up. */
export function bandsOf(chart: WantedChart): readonly { series: Series; minus?: Series }[] {
  const row = calculated[chart.number - firstCalculated];
  if (row === undefined) {
    const series = seriesNames[chart.number];
    return series === undefined ? [] : [{ series }];
  }
  const upper = row.upperHoldsLower
    ? { series: row.upper, minus: row.lower }
    : { series: row.upper };
  return [{ series: row.lower }, upper];
}

function byNumber(id: number): WantedChart | undefined {
  const number = Math.floor(id / 10);
  const range = id % 10;
  const isKnown =
    number < seriesNames.length ||
    (number >= firstCalculated && number < firstCalculated + calculated.length);
  return isKnown && range < slotSeconds.length ? { number, range } : undefined;
}

function byLetters(id: number): WantedChart | undefined {
  let letters = "";
  let range = 0;
  for (let shift = 24; shift >= 0; shift -= 8) {
    const code = (id >>> shift) & 0xff;
    letters += String.fromCharCode(code & ~lowerCaseBit);
    range = range * 2 + ((code & lowerCaseBit) === 0 ? 0 : 1);
  }
  if (range >= slotSeconds.length) return undefined;
  const direct = seriesLetters.indexOf(letters);
  if (direct >= 0) return { number: direct, range };
  const index = calculated.findIndex((row) => row.letters === letters);
  return index < 0 ? undefined : { number: firstCalculated + index, range };
}
