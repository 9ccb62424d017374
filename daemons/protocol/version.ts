// Version numbers as they travel: major u16, middle u8, and a last byte that is twice the minor number
// (plus one for the commercial edition) from major 2 on. Spec: wire-admin.md section 1.4.

import { u24, u32 } from "./wire.ts";
import type { Field } from "./wire.ts";

/** The version that we announce and that our formats follow: 3.0.117. */
export const spokenVersion = 0x00_03_00_ea;

/** The first version whose packets are laid out differently from ours. */
export const newerVersion = 0x00_04_00_00;

/** `3.0.117` from its coded form, with ` PRO` for the commercial edition. */
export function formatVersion(version: number): string {
  const major = version >>> 16;
  const middle = (version >>> 8) & 0xff;
  const last = version & 0xff;
  if (major < 2) return `${major}.${middle}.${last}`;
  return `${major}.${middle}.${last >>> 1}${(last & 1) === 1 ? " PRO" : ""}`;
}

/** A version in four bytes. */
export const version32: Field<number> = { ...u32, describe: formatVersion };

/** A version in three bytes (its major number in one). */
export const version24: Field<number> = { ...u24, describe: formatVersion };
