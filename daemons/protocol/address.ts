// IPv4 addresses as they travel: one u32. MooseFS 3.0 knows no other kind.

import { u32 } from "./wire.ts";
import type { Field } from "./wire.ts";

/** `10.0.0.1` from its number. */
export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join(".");
}

/** The number of a dotted address, `undefined` when it is none. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let address = 0;
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    address = address * 256 + Number(part);
  }
  return address;
}

/** An IPv4 address in four bytes. */
export const ipv4: Field<number> = { ...u32, describe: formatIpv4 };
