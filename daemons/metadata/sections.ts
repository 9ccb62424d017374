// Sections of a metadata image: their headers, and a walk over them that reads nothing else.
// Spec: metadata-file.md 1. The walk finds images that were cut short or saved by a newer version.

/** Header of one section. */
export interface SectionHeader {
  readonly name: string;
  /** Two digits of the version, such as 0x15. */
  readonly version: number;
  /** Length of the body, the header not included. */
  readonly bodyBytes: bigint;
}

/** What a walk finds. */
export type SectionWalk =
  | { readonly kind: "complete"; readonly sections: readonly SectionHeader[] }
  | { readonly kind: "broken"; readonly why: string; readonly sections: readonly SectionHeader[] };

/** Reads exactly so many bytes at an offset, or fewer at the end of the file. */
export type ReadAt = (offset: number, size: number) => Promise<Uint8Array> | Uint8Array;

/** The last 16 bytes of an image; they take the place of a section header. */
export const endMarker = "[MFS EOF MARKER]";

/** Sections start behind signature, version and id. */
export const sectionsOffset = 24;

const headerBytes = 16;

/** Far more than the 13 that 3.0.117 writes; a longer walk would be one through garbage. */
const sectionCountMax = 64;

/** The highest version of each section that 3.0.117 reads. */
const readableVersions: Readonly<Record<string, number>> = {
  SESS: 0x15,
  SCLA: 0x16,
  LABS: 0x16,
  NODE: 0x14,
  EDGE: 0x11,
  FREE: 0x10,
  QUOT: 0x11,
  XATR: 0x10,
  PACL: 0x11,
  OPEN: 0x10,
  FLCK: 0x10,
  PLCK: 0x10,
  CSDB: 0x13,
  CHNK: 0x11,
};

/** The highest version of a section that 3.0.117 reads, or null for a name that it does not know. */
export function readableVersion(name: string): number | null {
  return Object.hasOwn(readableVersions, name) ? (readableVersions[name] ?? null) : null;
}

/** Decodes a section header, or null where the bytes are none. */
export function readSectionHeader(bytes: Uint8Array): SectionHeader | null {
  const text = Buffer.from(bytes.subarray(0, 8)).toString("latin1");
  const [, name = "", high, low] = /^([A-Z0-9]{4}) ([0-?])\.([0-?])$/.exec(text) ?? [];
  if (high === undefined || low === undefined || bytes.length < headerBytes) return null;
  const version = (nibble(high) << 4) | nibble(low);
  return { name, version, bodyBytes: Buffer.from(bytes).readBigUInt64BE(8) };
}

/** Why 3.0.117 could not load such a section, or null. A 4.x master saves some of these. */
export function newerSection({ name, version }: SectionHeader): string | null {
  const readable = readableVersion(name);
  if (readable === null) return `section "${name}", expected one that 3.0.117 knows`;
  if (version <= readable) return null;
  return `section "${name}" of version ${hex(version)}, expected at most ${hex(readable)}`;
}

/** Goes from header to header up to the end marker. */
export async function walkSections(readAt: ReadAt, sizeBytes: number): Promise<SectionWalk> {
  const sections: SectionHeader[] = [];
  const broken = (why: string): SectionWalk => ({ kind: "broken", why, sections });
  const end = sizeBytes - headerBytes;
  let offset = sectionsOffset;
  while (sections.length <= sectionCountMax) {
    if (offset > end) return broken(`section header at ${offset}, expected the end at ${end}`);
    const bytes = await readAt(offset, headerBytes);
    if (isEndMarker(bytes)) {
      if (offset === end) return { kind: "complete", sections };
      return broken(`end marker at ${offset}, expected it at ${end}`);
    }
    const header = readSectionHeader(bytes);
    if (header === null) return broken(`no section header at ${offset}, expected one`);
    sections.push(header);
    const next = BigInt(offset + headerBytes) + header.bodyBytes;
    if (next > BigInt(end)) {
      return broken(`section "${header.name}" up to ${next}, expected it to end by ${end}`);
    }
    offset = Number(next);
  }
  return broken(`more than ${sectionCountMax} sections, expected 13`);
}

/** True for the 16 bytes that close an image. */
export function isEndMarker(bytes: Uint8Array): boolean {
  return Buffer.from(bytes).toString("latin1") === endMarker;
}

/** The version is written as two digits that start at "0" and go on behind "9". */
function nibble(digit: string): number {
  return digit.charCodeAt(0) - 0x30;
}

function hex(version: number): string {
  return `${version >> 4}.${version & 15}`;
}
