// The quick check of a metadata image: what its first and last bytes say.
// Spec: metadata-file.md 1, 3, 3.1 and 4.1. An image that 3.0.117 cannot read is told apart.
import { isEndMarker, newerSection, readSectionHeader, sectionsOffset } from "./sections.ts";
import type { SectionHeader } from "./sections.ts";

/** What a file is. Version: the number of the next change (spec 1.1). Id 0: not assigned. */
export type ImageHeader =
  | { readonly kind: "image"; readonly version: bigint; readonly id: bigint }
  | { readonly kind: "empty" }
  | { readonly kind: "broken"; readonly why: string }
  | { readonly kind: "newer"; readonly why: string };

/** How many bytes of the start and of the end of a file are looked at. */
export const headBytes = 64;
export const tailBytes = 16;

const sizeBytesMin = 40;
const formatNow = 0x20;
const formatWithMarker = 0x16;

/**
 * Judges an image by its first 64 and last 16 bytes; section headers beyond the first one count
 * when the caller has walked them.
 */
export function readImageHeader(
  head: Uint8Array,
  tail: Uint8Array,
  sizeBytes: number,
  sections: readonly SectionHeader[] = [],
): ImageHeader {
  const signature = Buffer.from(head.subarray(0, 8)).toString("latin1");
  if (signature === "MFSM NEW") return { kind: "empty" };
  const [, major, minor] = /^MFSM ([1-9])\.([0-9])$/.exec(signature) ?? [];
  if (major === undefined || minor === undefined) return broken("wrong header");
  const format = (Number(major) << 4) | Number(minor);
  if (format > formatNow) return newer(`format "${signature}", expected "MFSM 2.0"`);
  if (sizeBytes < sizeBytesMin || head.length < Math.min(sizeBytes, headBytes)) {
    return broken(`${sizeBytes} bytes, expected a header and an end`);
  }
  if (!endsRight(tail, format)) return broken("wrong ending");
  return format === formatNow ? readNow(head, sections) : readOld(head);
}

function readNow(head: Uint8Array, walked: readonly SectionHeader[]): ImageHeader {
  const view = Buffer.from(head);
  const first = readSectionHeader(head.subarray(sectionsOffset, sectionsOffset + 16));
  const sections = first === null ? walked : [first, ...walked];
  for (const section of sections) {
    const why = newerSection(section);
    if (why !== null) return newer(why);
  }
  return { kind: "image", version: view.readBigUInt64BE(8), id: view.readBigUInt64BE(16) };
}

/** Formats of 1.x have a node number in front of the version, and no id. */
function readOld(head: Uint8Array): ImageHeader {
  return { kind: "image", version: Buffer.from(head).readBigUInt64BE(12), id: 0n };
}

function endsRight(tail: Uint8Array, format: number): boolean {
  const end = tail.subarray(Math.max(0, tail.length - tailBytes));
  if (end.length < tailBytes) return false;
  return format < formatWithMarker ? end.every((byte) => byte === 0) : isEndMarker(end);
}

function broken(why: string): ImageHeader {
  return { kind: "broken", why };
}

function newer(why: string): ImageHeader {
  return { kind: "newer", why };
}
