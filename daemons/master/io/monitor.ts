// What monitors ask of the running program: the process, saves, metaloggers, loops, and the charts, which get
// a sample every minute and are kept in `stats.mfs`. Spec: wire-admin.md sections 3 and 7.

import { readFileSync } from "node:fs";
import path from "node:path";

import type { MonitorSources, ProcessFigures } from "../core/admin/providers.ts";
import { Charts, NotChartsError } from "../core/charts.ts";
import type { Sample } from "../core/charts.ts";
import type { MasterCore } from "../core/core.ts";
import { countedOperations } from "../core/counters.ts";
import { spaceOf } from "../core/statfs.ts";
import type { Log } from "../../runtime/log.ts";
import { isMissing, replaceFile } from "./folder.ts";
import type { Metadata } from "./metadata.ts";
import type { Ports } from "./ports.ts";

const minuteSeconds = 60;
/** Charts are stored this long after the full hour. */
const storeDelaySeconds = 30;
const hourSeconds = 3600;
const chartsFile = "stats.mfs";
const pageBytes = 4096;

/** What the monitor looks at. */
export interface MonitorParts {
  readonly core: MasterCore;
  readonly metadata: Metadata;
  readonly ports: Ports;
  readonly dataPath: string;
  readonly log: Log;
}

/** The sources of the running master. */
export class Monitor implements MonitorSources {
  readonly charts = new Charts();
  readonly #parts: MonitorParts;
  #minute = 0;
  #counted = new Map<string, number>();
  #cpu = process.cpuUsage();
  #cpuAtMs = performance.now();
  #figures: ProcessFigures = { ...memory(), systemCpu: 0, userCpu: 0 };

  constructor(parts: MonitorParts) {
    this.#parts = parts;
    this.#load();
    this.#minute = Math.floor(parts.core.now / minuteSeconds);
  }

  process(): ProcessFigures {
    return { ...this.#figures, ...memory() };
  }

  lastSave() {
    return this.#parts.metadata.lastSave;
  }

  metaloggers() {
    return this.#parts.metadata.connectedMetaloggers();
  }

  chunkLoop() {
    return this.#parts.core.jobs.lastPass;
  }

  fileLoop() {
    return this.#parts.core.fileTest.figures;
  }

  /** Once a second: a sample each minute, the file each hour. */
  everySecond(): void {
    const { core } = this.#parts;
    const minute = Math.floor(core.now / minuteSeconds);
    if (minute !== this.#minute) {
      this.charts.add(localSeconds(this.#minute * minuteSeconds), this.#sample());
      this.#minute = minute;
    }
    if (core.now % hourSeconds === storeDelaySeconds) this.store();
  }

  /** Stores the charts; a failure is only a warning, for nothing but pictures is lost. */
  store(): void {
    try {
      replaceFile(path.join(this.#parts.dataPath, chartsFile), this.charts.encode());
    } catch (error) {
      this.#parts.log.warning(`can't store charts: ${(error as Error).message}`);
    }
  }

  #load(): void {
    const file = path.join(this.#parts.dataPath, chartsFile);
    try {
      this.charts.load(readFileSync(file));
      this.charts.resume(localSeconds(this.#parts.core.now));
    } catch (error) {
      if (!isMissing(error)) {
        if (!(error instanceof NotChartsError)) throw error;
        this.#parts.log.warning(`${error.message}: charts begin anew`);
      }
      this.charts.resume(localSeconds(this.#parts.core.now));
    }
  }

  #sample(): Sample {
    const { core, ports } = this.#parts;
    const used = this.#measure();
    const sample: Record<string, bigint> = {
      ucpu: BigInt(used.user),
      scpu: BigInt(used.system),
      memoryrss: BigInt(this.#figures.residentBytes),
      memoryvirt: BigInt(this.#figures.virtualBytes),
    };
    for (const name of countedOperations)
      sample[name] = this.#since(name, core.counters.total(name));
    const { traffic } = ports;
    sample["prcvd"] = this.#since("prcvd", traffic.packetsReceived);
    sample["psent"] = this.#since("psent", traffic.packetsSent);
    sample["brcvd"] = this.#since("brcvd", traffic.bytesReceived);
    sample["bsent"] = this.#since("bsent", traffic.bytesSent);
    const { deletions, replications, deletionsDone, deletionsFailed } = core.jobs.totals;
    sample["delete"] = this.#since("delete", deletions);
    sample["replicate"] = this.#since("replicate", replications);
    sample["delete_ok"] = this.#since("delete_ok", deletionsDone);
    sample["delete_err"] = this.#since("delete_err", deletionsFailed);
    const space = spaceOf(core.chunkCore);
    sample["usedspace"] = space.totalBytes - space.availableBytes;
    sample["totalspace"] = space.totalBytes;
    return sample;
  }

  #since(name: string, total: number): bigint {
    const before = this.#counted.get(name) ?? 0;
    this.#counted.set(name, total);
    return BigInt(total - before);
  }

  /** Microseconds of processor time since the last call. */
  #measure(): NodeJS.CpuUsage {
    const used = process.cpuUsage(this.#cpu);
    const elapsedMs = performance.now() - this.#cpuAtMs;
    this.#cpu = process.cpuUsage();
    this.#cpuAtMs = performance.now();
    // Microseconds by milliseconds, as billionths of a core.
    const share = (microseconds: number) => Math.round((microseconds * 1_000_000) / elapsedMs);
    const { user, system } = used;
    this.#figures = { ...memory(), userCpu: share(user), systemCpu: share(system) };
    return used;
  }
}

function memory(): Pick<ProcessFigures, "residentBytes" | "virtualBytes"> {
  const [total = "0", resident = "0"] = readFileSync("/proc/self/statm", "latin1").split(" ");
  return { residentBytes: Number(resident) * pageBytes, virtualBytes: Number(total) * pageBytes };
}

function localSeconds(seconds: number): number {
  return seconds - new Date(seconds * 1000).getTimezoneOffset() * minuteSeconds;
}
