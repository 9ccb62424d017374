// Charts: values, sums since the start, images. Spec: wire-admin.md sections 4.4 to 4.6 and 7.

import type { Body } from "../../../protocol/packet.ts";
import {
  Chart,
  ChartAnswer,
  ChartData,
  ChartDataAnswer,
  MonotonicData,
  MonotonicDataAnswer,
} from "../../../protocol/packets/admin-figures.ts";
import { slotsKept } from "../charts.ts";
import { chartOf, isDirect } from "./chart-names.ts";
import { drawChart, noChartImage } from "./chart-image.ts";
import { sourcesOf } from "./providers.ts";
import { monitorRequest } from "./request.ts";

type Values = Body<typeof ChartDataAnswer>;

const noDisks = new Uint8Array(0);

/** CHART_DATA: nothing for charts that are calculated from others, or do not exist. */
export const chartData = monitorRequest(ChartData, ChartDataAnswer, (core, asked): Values => {
  const { charts } = sourcesOf(core);
  const chart = chartOf(asked.chartId);
  if (charts === undefined || chart === undefined || !isDirect(chart)) return { variant: "none" };
  const entriesMax = asked.variant === "newest" ? asked.entriesMax : slotsKept;
  return { variant: "values", ...charts.values(chart.number, chart.range, entriesMax) };
});

/** MONOTONIC_DATA: a master has no disks to add. */
export const monotonicData = monitorRequest(MonotonicData, MonotonicDataAnswer, (core) => ({
  values: sourcesOf(core).charts?.sums ?? [],
  disks: noDisks,
}));

/** CHART: a picture of the newest slots. */
export const chart = monitorRequest(Chart, ChartAnswer, (core, asked) => {
  const { charts } = sourcesOf(core);
  const wanted = chartOf(asked.chartId);
  if (charts === undefined || wanted === undefined) return { image: noChartImage };
  const { width, height } = asked.variant === "sized" ? asked : { width: 0, height: 0 };
  return { image: drawChart(charts, wanted, { width, height }) };
});
