// What the master shows on /metrics.

import type { Metrics } from "../../runtime/metrics.ts";
import type { MasterCore } from "../core/core.ts";
import { countedOperations } from "../core/counters.ts";
import type { IdlePoll } from "./idle-poll.ts";
import type { Ports } from "./ports.ts";

/** Declares the master's metrics. */
export function addMetrics(
  metrics: Metrics,
  of: { readonly core: MasterCore; readonly ports: Ports; readonly poll: IdlePoll },
): void {
  const { core, ports, poll } = of;
  const { world, counters } = core;
  metrics.gauge("mfs_inodes", "Inodes in use", (sample) => sample(world.nodes.countOf()));
  metrics.gauge("mfs_chunks", "Chunks known", (sample) => sample(world.chunks.count));
  metrics.gauge("mfs_metadata_version", "Number of the next change", (sample) =>
    sample(world.metaVersion),
  );
  metrics.gauge("mfs_connections", "Open connections on all ports", (sample) =>
    sample(ports.count),
  );
  metrics.gauge("mfs_sessions", "Sessions known", (sample) => sample(world.sessions.size));
  metrics.gauge("mfs_open_files", "Pairs of session and open file", (sample) =>
    sample(world.openFiles.size),
  );
  metrics.gauge("mfs_chunkservers", "Chunkservers connected", (sample) =>
    sample(core.chunkCore.servers.connected.length),
  );
  metrics.gauge("mfs_waiting_requests", "Requests that wait for a chunk", (sample) =>
    sample(core.waiting.count),
  );
  const polled = "Time spent awake for the next request, which is processor time, too";
  metrics.pulledCounter("mfs_idle_poll_seconds_total", polled, (sample) =>
    sample(poll.polledMs / 1000),
  );
  metrics.pulledCounter("mfs_operations_total", "Operations of clients", (sample) => {
    for (const operation of countedOperations) {
      sample(counters.total(operation), { operation });
    }
  });
  metrics.pulledCounter("mfs_unserved_total", "Requests answered with ENOTSUP", (sample) => {
    for (const [packet, count] of counters.unserved) sample(count, { packet });
  });
}
