// Waits for a condition of the world outside, with a limit: nothing here waits for a fixed time.

import { setTimeout as delay } from "node:timers/promises";
import { ClusterError } from "./errors.ts";

export interface UntilOptions {
  readonly limitMs?: number;
  readonly everyMs?: number;
  /** Said when the limit is reached: what was seen last. */
  readonly seen?: () => string;
}

const defaultLimitMs = 30_000;
const defaultEveryMs = 25;

/** Resolves as soon as the condition holds. Example: `await until("the file is there", () => existsSync(file))`. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  options: UntilOptions = {},
): Promise<void> {
  const { limitMs = defaultLimitMs, everyMs = defaultEveryMs, seen = () => "" } = options;
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > end)
      throw new ClusterError(
        "timeout",
        `Cannot wait until ${what}: it is not so after ${limitMs} ms, expected sooner\n${seen()}`,
      );
    await delay(everyMs);
  }
}
