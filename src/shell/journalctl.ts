// journalctl as argv: the newest lines of some units, each with its time to the microsecond.

import type { Command } from "../host/host.ts";

export interface LogRequest {
  readonly units: readonly string[];
  readonly lines: number;
  /** As `journalctl --since` reads it. */
  readonly since?: string | undefined;
}

/** The newest lines of units, oldest first. */
export function unitLogs({ units, lines, since }: LogRequest): Command {
  return {
    argv: [
      "journalctl",
      "--no-pager",
      "--quiet",
      "--utc",
      "--no-hostname",
      "--output=short-iso-precise",
      `--lines=${lines}`,
      ...(since === undefined ? [] : [`--since=${since}`]),
      ...units.map((unit) => `--unit=${unit}`),
    ],
  };
}
