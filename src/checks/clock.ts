// Clocks agree: times of files, leases and logs are compared between hosts.

import type { World } from "../facts/world.ts";
import { fail, findings, warn, type Check, type Trouble } from "./finding.ts";
import { onHost } from "./hint.ts";
import { packageManager } from "./system.ts";

const warnMs = 1000;
const failMs = 5000;

/** The middle value; of two middle ones that which is nearer to this machine's clock (offset 0). */
export function medianOffset(offsets: readonly number[]): number {
  const sorted = offsets.toSorted((one, other) => one - other);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return Math.abs(lower) <= Math.abs(upper) ? lower : upper;
}

/** No clock is far from the median of all. */
export const clock: Check = {
  name: "clock",
  title: "The clock is near the median of all hosts: warns beyond 1 s, fails beyond 5 s",
  judge: (world) => {
    const offsets = [...world.facts.values()].map((facts) => facts.clockOffsetMs);
    const median = medianOffset(offsets.filter((offset) => !Number.isNaN(offset)));
    return [...world.facts].flatMap(([host, facts]) => {
      const skewMs = facts.clockOffsetMs - median;
      // The answer took its time; only what lies beyond that is certain.
      const certainMs = Math.abs(skewMs) - facts.clockErrorMs;
      return findings(
        "clock",
        host,
        certainMs <= warnMs ? [] : [skewed(world, host, skewMs, certainMs)],
      );
    });
  },
};

function skewed(world: World, host: string, skewMs: number, certainMs: number): Trouble {
  const facts = world.facts.get(host);
  const family = facts === undefined ? undefined : packageManager({ facts });
  const hint = onHost(
    world,
    host,
    family === "dnf" || family === "yum"
      ? `${family} install -y chrony && systemctl enable --now chronyd && chronyc makestep`
      : "apt-get update && apt-get install -y systemd-timesyncd && timedatectl set-ntp true",
  );
  if (Number.isNaN(skewMs)) {
    return warn(`The clock of "${host}" could not be read, expected seconds and nanoseconds`, hint);
  }
  const direction = skewMs > 0 ? "ahead of" : "behind";
  const words = `${(Math.abs(skewMs) / 1000).toFixed(1)} s ${direction} the median of all hosts`;
  return certainMs > failMs
    ? fail(`Cannot trust the clock of "${host}": it is ${words}, expected at most 5 s`, hint)
    : warn(`The clock of "${host}" is ${words}, expected at most 1 s`, hint);
}
