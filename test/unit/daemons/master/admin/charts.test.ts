// Charts: merging, ranges, the file, ids, pictures. Spec: wire-admin.md sections 4.4 to 4.6 and 7.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { chartOf } from "../../../../../daemons/master/core/admin/chart-names.ts";
import { gridStep, labelOf } from "../../../../../daemons/master/core/admin/chart-scale.ts";
import { noSources } from "../../../../../daemons/master/core/admin/providers.ts";
import { Charts, noData, seriesNames } from "../../../../../daemons/master/core/charts.ts";
import {
  Chart,
  ChartAnswer,
  ChartData,
  ChartDataAnswer,
  MonotonicData,
  MonotonicDataAnswer,
} from "../../../../../daemons/protocol/packets/admin-figures.ts";
import { WatchedMaster } from "./monitor.ts";

const day = 86_400;
const start = 20_000 * day;
const fileBytes = 4_984_552;

function watched(charts: Charts): WatchedMaster {
  const master = new WatchedMaster();
  master.monitor = { ...noSources, charts };
  return master;
}

function seriesOf(name: (typeof seriesNames)[number]): number {
  return seriesNames.indexOf(name);
}

test("spec 7.2: a minute is added to all ranges, sums as sums and peaks as peaks", () => {
  const charts = new Charts();
  charts.add(start, { statfs: 3n, memoryrss: 50n });
  charts.add(start + 60, { statfs: 4n, memoryrss: 40n });
  const shown = (name: (typeof seriesNames)[number], range: number) =>
    charts.values(seriesOf(name), range, 3);
  assert.deepEqual(shown("statfs", 0), { time: start + 60, values: [4n, 3n, noData] });
  assert.deepEqual(shown("statfs", 1), { time: start, values: [7n, noData, noData] });
  assert.deepEqual(shown("statfs", 3), { time: start, values: [7n, noData, noData] });
  assert.deepEqual(shown("memoryrss", 2).values, [50n, noData, noData]);
  assert.deepEqual(shown("read", 0).values, [noData, noData, noData]);
});

test("spec 7.2: minutes that were missed have no data, however many they are", () => {
  const charts = new Charts();
  charts.add(start, { statfs: 1n });
  charts.add(start + 180, { statfs: 2n });
  assert.deepEqual(charts.values(seriesOf("statfs"), 0, 4).values, [2n, noData, noData, 1n]);
  charts.resume(start + 100 * day);
  assert.deepEqual(charts.values(seriesOf("statfs"), 0, 9000).values, Array(4096).fill(noData));
  assert.deepEqual(charts.values(seriesOf("statfs"), 3, 101).values.at(-1), 3n);
});

test("a clock that goes back adds to the slots that were", () => {
  const charts = new Charts();
  charts.add(start + 3600, { statfs: 1n });
  charts.add(start + 3540, { statfs: 2n });
  charts.add(start - 100 * day, { statfs: 4n });
  assert.deepEqual(charts.values(seriesOf("statfs"), 0, 3).values, [1n, 2n, noData]);
});

test("spec 4.6: sums since the start count -1 for a minute of which nothing is known", () => {
  const charts = new Charts();
  charts.add(start, { statfs: 5n });
  charts.add(start + 60, {});
  const { values, disks } = watched(charts).watch(MonotonicData, {}, MonotonicDataAnswer);
  assert.equal(values.length, 38);
  assert.equal(values[seriesOf("statfs")], 4n);
  assert.equal(disks.length, 0);
});

test("spec 7.2: the file has its size and comes back as it was", () => {
  const charts = new Charts();
  for (let minute = 0; minute < 5000; minute++) {
    charts.add(start + minute * 60, { statfs: BigInt(minute), totalspace: 2n ** 60n });
  }
  const file = charts.encode();
  assert.equal(file.length, fileBytes);
  const loaded = new Charts();
  loaded.load(file);
  for (const range of [0, 1, 2, 3]) {
    for (const name of ["statfs", "totalspace", "read"] as const) {
      const series = seriesOf(name);
      assert.deepEqual(loaded.values(series, range, 4096), charts.values(series, range, 4096));
    }
  }
  assert.deepEqual(loaded.encode(), file);
});

test("spec 7.2: on a load unknown series are skipped and short ranges end at the newest slot", () => {
  const slots = 10;
  const rowBytes = 100 + 4 * slots * 8;
  const file = new Uint8Array(16 + 2 * rowBytes);
  const view = new DataView(file.buffer);
  [0x0001_0000, slots, 2, start / 60].forEach((word, at) => {
    view.setUint32(at * 4, word);
  });
  new TextEncoder().encodeInto("whatever", file.subarray(16));
  new TextEncoder().encodeInto("lookup", file.subarray(16 + rowBytes));
  view.setBigUint64(16 + rowBytes + 100 + (slots - 1) * 8, 9n);
  const charts = new Charts();
  charts.load(file);
  const shown = charts.values(seriesOf("lookup"), 0, 11);
  assert.deepEqual(shown, { time: start, values: [9n, ...Array<bigint>(9).fill(0n), noData] });
});

test("a file that is none of charts is refused and changes nothing", () => {
  const file = new Charts().encode();
  const broken = file.slice();
  broken[1] = 2;
  for (const bytes of [new Uint8Array(3), file.subarray(0, file.length - 1), broken]) {
    const charts = new Charts();
    charts.add(start, { statfs: 1n });
    assert.throws(() => charts.load(bytes), { name: "NotChartsError" });
    assert.equal(charts.values(seriesOf("statfs"), 0, 1).values[0], 1n);
  }
});

test("spec 7.1: charts have numbers and letters; lower case letters are the range", () => {
  const ofLetters = (text: string) => chartOf(Buffer.from(text).readUInt32BE(0));
  assert.deepEqual(chartOf(0), { number: 0, range: 0 });
  assert.deepEqual(chartOf(373), { number: 37, range: 3 });
  assert.deepEqual(chartOf(1063), { number: 106, range: 3 });
  for (const id of [4, 380, 999, 1004, 1070]) assert.equal(chartOf(id), undefined, `${id}`);
  assert.deepEqual(ofLetters("UCPU"), { number: 0, range: 0 });
  assert.deepEqual(ofLetters("UCPu"), { number: 0, range: 1 });
  assert.deepEqual(ofLetters("UCpu"), { number: 0, range: 3 });
  assert.deepEqual(ofLetters("INTE"), { number: 37, range: 0 });
  assert.deepEqual(ofLetters("TCPU"), { number: 100, range: 0 });
  for (const text of ["uCPU", "XXXX"]) assert.equal(ofLetters(text), undefined, text);
});

test("spec 4.5: values are newest first; calculated and unknown charts have an empty body", () => {
  const charts = new Charts();
  charts.add(start, { ucpu: 7n });
  const master = watched(charts);
  const newest = (chartId: number, entriesMax: number) =>
    master.askBytes(ChartData, { variant: "newest", chartId, entriesMax }, ChartDataAnswer);
  assert.deepEqual(ChartDataAnswer.decode(newest(0, 1)), {
    variant: "values",
    time: start,
    values: [7n],
  });
  assert.equal(newest(0, 0).length, 8);
  assert.equal(newest(0, 99_999).length, 8 + 4096 * 8);
  for (const id of [4, 380, 1000]) assert.equal(newest(id, 5).length, 0);
  const all = master.askBytes(ChartData, { variant: "all", chartId: 0 }, ChartDataAnswer);
  assert.equal(all.length, 8 + 4096 * 8);
});

interface Png {
  readonly width: number;
  readonly height: number;
  readonly chunks: readonly string[];
  readonly pixels: number;
}

function readPng(image: Uint8Array): Png {
  const bytes = Buffer.from(image);
  assert.equal(bytes.toString("latin1", 1, 4), "PNG");
  const chunks: string[] = [];
  let pixels = 0;
  for (let at = 8; at < bytes.length; at += bytes.readUInt32BE(at) + 12) {
    const name = bytes.toString("latin1", at + 4, at + 8);
    chunks.push(name);
    const data = bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at));
    if (name === "IDAT") pixels = inflateSync(data).length;
  }
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), chunks, pixels };
}

test("spec 7.3: a chart is a picture of the size that is asked for, moved into its bounds", () => {
  const charts = new Charts();
  for (let minute = 0; minute < 200; minute++) {
    charts.add(start + minute * 60, { ucpu: 3_000_000n, scpu: BigInt(minute) * 100_000n });
  }
  const master = watched(charts);
  const draw = (chartId: number, width: number, height: number) => {
    const asked = { variant: "sized", chartId, width, height } as const;
    return readPng(master.watch(Chart, asked, ChartAnswer).image);
  };
  const usual = draw(1000, 0, 0);
  assert.deepEqual([usual.width, usual.height, usual.pixels], [1000, 120, 1001 * 120]);
  assert.deepEqual(usual.chunks, ["IHDR", "PLTE", "tRNS", "bKGD", "IDAT", "IEND"]);
  const small = draw(0, 1, 1);
  assert.deepEqual([small.width, small.height], [150, 120]);
  const large = draw(1013, 60_000, 60_000);
  assert.deepEqual([large.width, large.height], [4146, 1020]);
  assert.equal(draw(0, 500, 179).height, 160);
  const legacy = readPng(master.watch(Chart, { variant: "legacy", chartId: 0 }, ChartAnswer).image);
  assert.equal(legacy.width, 1000);
});

test("spec 7.3: a chart that does not exist is one pixel in 68 bytes", () => {
  const asked = { variant: "legacy", chartId: 999 } as const;
  const { image } = watched(new Charts()).watch(Chart, asked, ChartAnswer);
  assert.equal(image.length, 68);
  const png = readPng(image);
  assert.deepEqual([png.width, png.height, png.pixels], [1, 1, 3]);
});

test("a master without charts has no values, sums or pictures of them", () => {
  const master = new WatchedMaster();
  const asked = { variant: "all", chartId: 0 } as const;
  assert.equal(master.askBytes(ChartData, asked, ChartDataAnswer).length, 0);
  assert.equal(master.askBytes(MonotonicData, {}, MonotonicDataAnswer).length, 2);
  const image = master.askBytes(Chart, { variant: "legacy", chartId: 0 }, ChartAnswer);
  assert.equal(image.length, 68);
});

test("labels have at most three digits and a unit", () => {
  assert.deepEqual(
    [0, 1, 12.5, 1000, 123_456, 1e9, 0.005].map((value) => labelOf(value, "")),
    ["0", "1", "12.5", "1k", "123k", "1G", "5m"],
  );
  assert.equal(labelOf(50, "%"), "50%");
  assert.equal(gridStep(0, 5), 1);
  assert.equal(gridStep(100, 5), 20);
  for (const largest of [1, 7, 99, 12_345]) assert(gridStep(largest, 5) * 5 >= largest);
});
