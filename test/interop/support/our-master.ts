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

/** Lines of a daemon's log that hold a word. */
export function logLines(daemon: Daemon, word: string): readonly string[] {
  return daemon
    .logText()
    .split("\n")
    .filter((line) => line.includes(word));
}
