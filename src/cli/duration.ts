// Lengths of time as users type them: 90, 90s, 5m, 2h, 1d.

import { MfsctlError } from "../errors.ts";

const unitSeconds: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600, d: 86_400 };
const longestSeconds = 365 * 86_400;

/** Seconds of a text. Throws `usage` for anything else. */
export function durationSeconds(text: string, flag: string): number {
  const match = /^(\d{1,9})([smhd]?)$/.exec(text);
  const seconds = Number(match?.[1]) * (unitSeconds[match?.[2] ?? ""] ?? Number.NaN);
  if (seconds > 0 && seconds <= longestSeconds) return seconds;
  throw new MfsctlError(
    "usage",
    `Cannot use ${flag}=${text}: it is no length of time, expected one such as 90s, 5m or 2h`,
    { hint: `${flag}=5m` },
  );
}

/** Words in which a bare flag stands for its longest form: oclif knows no flag with a value that may be left out. */
export function withDefaultValue(argv: readonly string[], flag: string, value: string): string[] {
  const end = argv.indexOf("--");
  return argv.map((word, index) =>
    word === flag && (end === -1 || index < end) ? `${flag}=${value}` : word,
  );
}
