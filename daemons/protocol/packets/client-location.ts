// Where a chunk lies, as a master tells its clients. Spec: wire-client-master-1.md section 5.3.

import { ipv4 } from "../address.ts";
import { records, struct } from "../layout.ts";
import { version32 } from "../version.ts";
import { u16, u32, u53, u8 } from "../wire.ts";

/** The form of the list that clients from 3.0.10 on take. */
export const locationProtocol = 2;

/** At most this many copies are listed; the rest is left out silently. */
export const locationsMax = 100;

/** Chunk 0 of version 0 is a hole, or what lies beyond the end. */
export const locationFields = {
  /** Always `locationProtocol`. */
  protocol: u8,
  chunkId: u53,
  version: u32,
  copies: records(struct({ ip: ipv4, port: u16, serverVersion: version32, labelMask: u32 })),
} as const;
