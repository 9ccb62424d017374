// Charts as pictures: one column of pixels a slot, the newest at the right. Spec: wire-admin.md section 7.3.

import { slotSeconds } from "../charts.ts";
import type { Charts } from "../charts.ts";
import { eachPixel, letterWidth } from "./chart-letters.ts";
import type { WantedChart } from "./chart-names.ts";
import { gridStep, labelOf, plotOf } from "./chart-scale.ts";
import type { Plot } from "./chart-scale.ts";
import { encodePng } from "./png.ts";

/** One grey pixel: the answer for charts that do not exist. */
export const noChartImage: Uint8Array = Buffer.from(
  "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02" +
    "0000000b4944415408d763606000000003000120d594c70000000049454e44ae426082",
  "hex",
);

const defaultSize = { width: 1000, height: 120 };
const widthMin = 150;
const widthMax = 4146;
const heightMin = 120;
const heightMax = 1020;
const left = 43;
const right = 7;
const top = 6;
const bottom = 14;
const lineDistance = 20;

const ink = { frame: 1, grid: 2, text: 3, hatch: 4, firstBand: 5 } as const;
/** Red, green and blue. */
const colours = [0xffffff, 0x000000, 0xc0c0c0, 0x000000, 0xb0b0b0, 0x152f5f, 0x2386b4, 0x04ecf1];
const palette = new Uint8Array(256 * 3);
for (const [place, colour] of colours.entries()) {
  palette[place * 3] = colour >>> 16;
  palette[place * 3 + 1] = colour >>> 8;
  palette[place * 3 + 2] = colour;
}

/** A picture of the chart; sizes out of range are moved into it, 0 by 0 is the usual size. */
export function drawChart(
  charts: Charts,
  chart: WantedChart,
  asked: { readonly width: number; readonly height: number },
): Uint8Array {
  const { width, height } = sizeOf(asked);
  const canvas = new Canvas(width, height);
  const plot = plotOf(charts, chart, canvas.plotWidth);
  const lines = canvas.plotHeight / lineDistance;
  const largest = Math.max(0, ...plot.columns.map((column) => sumOf(column ?? [])));
  const step = gridStep(largest, lines);
  drawGrid(canvas, lines);
  drawColumns(canvas, plot, step / lineDistance);
  drawValueLabels(canvas, { lines, step, unit: plot.unit });
  drawTimeLabels(canvas, plot.time, chart.range);
  return encodePng({ width, height, pixels: canvas.pixels, palette });
}

function sizeOf(asked: { width: number; height: number }): { width: number; height: number } {
  if (asked.width === 0 && asked.height === 0) return defaultSize;
  const height = clamp(asked.height, heightMin, heightMax);
  const plotHeight = Math.floor((height - lineDistance) / lineDistance) * lineDistance;
  return { width: clamp(asked.width, widthMin, widthMax), height: plotHeight + lineDistance };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

/** Pixels, with the place of the plot in them. */
class Canvas {
  readonly width: number;
  readonly pixels: Uint8Array;
  readonly plotWidth: number;
  readonly plotHeight: number;

  constructor(width: number, height: number) {
    this.width = width;
    this.pixels = new Uint8Array(width * height);
    this.plotWidth = width - left - right;
    this.plotHeight = height - top - bottom;
  }

  set(x: number, y: number, colour: number): void {
    if (x < 0 || x >= this.width) return;
    const at = y * this.width + x;
    if (at >= 0 && at < this.pixels.length) this.pixels[at] = colour;
  }

  /** The column of a slot: 0 is the newest. */
  columnOf(age: number): number {
    return left + this.plotWidth - 1 - age;
  }

  /** The row so many pixels above the bottom of the plot. */
  rowOf(up: number): number {
    return top + this.plotHeight - 1 - up;
  }

  text(x: number, y: number, text: string): void {
    eachPixel(text, (toRight, down) => this.set(x + toRight, y + down, ink.text));
  }
}

function drawGrid(canvas: Canvas, lines: number): void {
  for (let line = 0; line <= lines; line++) {
    const colour = line === 0 ? ink.frame : ink.grid;
    for (let x = left; x < left + canvas.plotWidth; x++) {
      canvas.set(x, canvas.rowOf(line * lineDistance - 1), colour);
    }
  }
  for (let up = 0; up < canvas.plotHeight; up++) {
    canvas.set(left - 1, canvas.rowOf(up), ink.frame);
    canvas.set(left + canvas.plotWidth, canvas.rowOf(up), ink.frame);
  }
}

function drawColumns(canvas: Canvas, plot: Plot, valueOfPixel: number): void {
  for (const [age, column] of plot.columns.entries()) {
    const x = canvas.columnOf(age);
    if (column === undefined) {
      for (let up = x % 3; up < canvas.plotHeight; up += 3) {
        canvas.set(x, canvas.rowOf(up), ink.hatch);
      }
      continue;
    }
    let from = 0;
    let sum = 0;
    for (const [band, value] of column.entries()) {
      sum += value;
      const to = Math.round(sum / valueOfPixel);
      for (let up = from; up < to; up++) canvas.set(x, canvas.rowOf(up), ink.firstBand + band);
      from = to;
    }
  }
}

function drawValueLabels(
  canvas: Canvas,
  scale: { readonly lines: number; readonly step: number; readonly unit: string },
): void {
  for (let line = 0; line <= scale.lines; line++) {
    const text = labelOf(line * scale.step, scale.unit);
    const x = left - 3 - text.length * letterWidth;
    canvas.text(x, canvas.rowOf(line * lineDistance) - 1, text);
  }
}

/** Full hours, quarters of days, days, months: what each range is labelled with. */
const labelledSeconds = [3600, 21_600, 86_400, 86_400] as const;

function drawTimeLabels(canvas: Canvas, newest: number, range: number): void {
  const seconds = slotSeconds[range] ?? slotSeconds[0];
  const every = labelledSeconds[range] ?? labelledSeconds[0];
  let lastX = canvas.width;
  for (let age = 0; age < canvas.plotWidth; age++) {
    const time = newest - age * seconds;
    const text = time < 0 || time % every >= seconds ? "" : timeLabel(time, range);
    const x = canvas.columnOf(age) - Math.floor((text.length * letterWidth) / 2);
    if (text === "" || x + (text.length + 1) * letterWidth > lastX) continue;
    canvas.text(x, canvas.rowOf(-4), text);
    lastX = x;
  }
}

function timeLabel(localSeconds: number, range: number): string {
  const date = new Date(localSeconds * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  if (range < 2) return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  const day = two(date.getUTCDate());
  const month = two(date.getUTCMonth() + 1);
  if (range === 2) return `${month}.${day}`;
  return date.getUTCDate() === 1 ? month : "";
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
