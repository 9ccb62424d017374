// The attribute record, 36 bytes in every answer that shows a node. The master writes it straight from its
// tables (`writeAttributes`) and answers carry it as raw bytes; peers decode it where they need it.
// Spec: wire-client-master-1.md section 6.

import { Reader, Writer } from "./bytes.ts";
import { struct } from "./layout.ts";
import { bytes, u16, u32, u64, u8 } from "./wire.ts";
import type { Field, Value } from "./wire.ts";

/** Size of the record for peers from 3.0.93 on. */
export const attributesBytes = 36;

const record = struct({
  flags: u8,
  /** Type in the upper four bits (see `nodeTypes`), permissions below. */
  typeAndMode: u16,
  uid: u32,
  gid: u32,
  accessTime: u32,
  modificationTime: u32,
  changeTime: u32,
  links: u32,
  /** Length in bytes; for devices the device number in the upper half. */
  length: u64,
  windowsFlags: u8,
});

/** A decoded attribute record. */
export type Attributes = Value<typeof record>;

/** Bits of the record's first byte; they stay below 0x40. */
export const attributeFlags = {
  noAttributeCache: 0x01,
  noEntryCache: 0x02,
  allowDataCache: 0x04,
  noExtendedAttributes: 0x08,
  directMode: 0x10,
  undeletable: 0x20,
} as const;

/** Numbers of node types; trash and sustained files are shown as files. */
export const nodeTypes = {
  file: 1,
  directory: 2,
  symlink: 3,
  fifo: 4,
  blockDevice: 5,
  characterDevice: 6,
  socket: 7,
  trash: 8,
  sustained: 9,
} as const;

/** The record as raw bytes, shown decoded in log lines. */
export const attributes: Field<Uint8Array> = {
  ...bytes(attributesBytes),
  describe: (raw) => record.describe(decodeAttributes(raw)),
};

/** What the 36 bytes say. */
export function decodeAttributes(raw: Uint8Array): Attributes {
  return record.read(new Reader(raw, "attributes"));
}

/** The 36 bytes of a record, for peers and tests; the master uses `writeAttributes`. */
export function encodeAttributes(value: Attributes): Uint8Array {
  const writer = new Writer();
  record.write(writer, value);
  return writer.view();
}

/** A record as a master's tables hold it: the length (or device number) in two halves. */
export interface AttributeNumbers extends Omit<Attributes, "length"> {
  /** Upper half of the length; for devices the device number. */
  readonly lengthHigh: number;
  readonly lengthLow: number;
}

/** Writes the record into `target` from its first byte on, without allocating. */
export function writeAttributes(target: Uint8Array, value: AttributeNumbers): void {
  target[0] = value.flags;
  target[1] = value.typeAndMode >>> 8;
  target[2] = value.typeAndMode;
  put32(target, 3, value.uid);
  put32(target, 7, value.gid);
  put32(target, 11, value.accessTime);
  put32(target, 15, value.modificationTime);
  put32(target, 19, value.changeTime);
  put32(target, 23, value.links);
  put32(target, 27, value.lengthHigh);
  put32(target, 31, value.lengthLow);
  target[35] = value.windowsFlags;
}

function put32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}
