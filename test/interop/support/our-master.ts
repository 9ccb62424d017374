// Our master as a player of a test cluster, and what the process costs: memory and log lines.

import { readFileSync } from "node:fs";
import path from "node:path";
import type { Player } from "../cluster.ts";
import type { Daemon } from "../daemon.ts";

/** Plays the master of a cluster. */
export const ourMaster: Player = {
  command: [path.resolve(import.meta.dirname, "../../../bin/mfsmaster")],
};

/** Resident memory of a running daemon. */
export function residentBytes(daemon: Daemon): number {
  const text = readFileSync(`/proc/${daemon.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024;
}

/** Lines of a daemon's log that hold a word, from a length of the log on. */
export function logLines(daemon: Daemon, word: string, from = 0): readonly string[] {
  const lines = daemon.logText().slice(from).split("\n");
  return lines.filter((line) => line.includes(word));
}
