// `--since`: what was already done after a time is left alone; how `resume` goes on with a restart or a reload.

import { Flags } from "@oclif/core";
import { MfsctlError } from "../errors.ts";

export const sinceFlag = {
  since: Flags.string({
    description: "Leave out what was done after this time (ISO 8601); mfsctl resume sets it",
    helpValue: "TIME",
  }),
};

/** The time in milliseconds; undefined where none is given. */
export function sinceMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  throw new MfsctlError(
    "usage",
    `Cannot read --since "${text}": it is no time, expected one like 2026-11-22T13:00:00Z`,
    { hint: "mfsctl history shows when runs began" },
  );
}
