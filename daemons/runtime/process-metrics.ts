// What every daemon tells about its own process: memory, processor time, descriptors, delay of the loop.

import { readdirSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Metrics } from "./metrics.ts";

const nanosecondsPerSecond = 1e9;
const microsecondsPerSecond = 1e6;
const loopResolutionMs = 10;

/** Adds the metrics of the process. The names are those that Prometheus' own clients use. */
export function addProcessMetrics(
  metrics: Metrics,
  about: { name: string; version: string },
): void {
  const startSeconds = Math.floor(Date.now() / 1000 - process.uptime());
  metrics.gauge("mfs_build_info", "The daemon and its version", (sample) => {
    sample(1, { daemon: about.name, version: about.version, runtime: process.version });
  });
  metrics.gauge("process_start_time_seconds", "Start of the process, unix time", (sample) =>
    sample(startSeconds),
  );
  metrics.gauge("process_resident_memory_bytes", "Memory in use", (sample) =>
    sample(process.memoryUsage.rss()),
  );
  metrics.gauge("process_heap_bytes", "Memory of the garbage-collected heap", (sample) =>
    sample(process.memoryUsage().heapUsed),
  );
  metrics.pulledCounter("process_cpu_seconds_total", "Processor time, all threads", (sample) => {
    const { user, system } = process.cpuUsage();
    sample((user + system) / microsecondsPerSecond);
  });
  metrics.gauge("process_open_fds", "Open descriptors", (sample) => sample(openDescriptors()));
  addLoopDelay(metrics);
}

function addLoopDelay(metrics: Metrics): void {
  const delay = monitorEventLoopDelay({ resolution: loopResolutionMs });
  delay.enable();
  const help = "Longest delay of the event loop since the last scrape";
  metrics.gauge("mfs_loop_delay_max_seconds", help, (sample) => {
    sample(Math.max(0, delay.max / nanosecondsPerSecond - loopResolutionMs / 1000));
    delay.reset();
  });
}

function openDescriptors(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    // A process that changed its user may be kept from looking.
    return 0;
  }
}
