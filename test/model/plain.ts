// Answers of both sides in one form that can be compared: texts for bytes, decoded attributes, numbers of
// copies instead of places, statuses as numbers.

import { decodeAttributes } from "../../daemons/protocol/attributes.ts";
import { directoryEntries } from "../../daemons/protocol/packets/client-tree.ts";

/** Bytes as a text, one character each. */
export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

export function bytes(name: string): Uint8Array {
  return Uint8Array.from(Buffer.from(name, "latin1"));
}

/** Fields that say nothing about the file system. */
const ignored = new Set(["messageId", "variant", "protocol", "zeros", "moreZeros"]);

/** A value of an answer in its comparable form, holding no view of the answer's bytes. */
export function plain(value: unknown, withAttributes = false): unknown {
  if (value instanceof Uint8Array) return text(value);
  if (typeof value === "bigint") return plainNumber(value);
  if (Array.isArray(value)) return value.map((each: unknown) => plain(each));
  if (typeof value !== "object" || value === null) return value;
  const kept: [string, unknown][] = [];
  for (const [name, field] of Object.entries(value)) {
    if (ignored.has(name) || field === undefined) continue;
    kept.push([name, plainField(name, field, withAttributes)]);
  }
  if (kept.length === 1 && kept[0]?.[0] === "status") return kept[0][1];
  kept.sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(kept);
}

function plainNumber(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : `${value}`;
}

function plainField(name: string, field: unknown, withAttributes: boolean): unknown {
  if (name === "copies" && Array.isArray(field)) return field.length;
  if (name === "nodes" && Array.isArray(field)) return inOrder(field as { inode: number }[]);
  if (!(field instanceof Uint8Array)) return plain(field);
  if (name === "attributes") return plain(decodeAttributes(field));
  if (name !== "entries") return text(field);
  return [...directoryEntries(field, withAttributes)].map((each) => plain(each));
}

/** Lists of removed files have no order that anybody relies on. */
function inOrder(nodes: readonly { readonly inode: number }[]): unknown {
  return nodes.toSorted((one, other) => one.inode - other.inode).map((each) => plain(each));
}
