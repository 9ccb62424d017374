// What metadata lies in a folder: images with their versions and whether they are whole, and change logs with
// the run of changes they hold. Spec: metadata-file.md 4.1, metalogger.md 6.1, 6.2.

import { closeSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import path from "node:path";
import { formatId, isImageName, isLogName } from "../../metadata/candidates.ts";
import { firstVersion, lastCompleteVersion, lineBytesMax } from "../../metadata/changelog.ts";
import { headBytes, readImageHeader, tailBytes } from "../../metadata/image.ts";
import type { ImageHeader } from "../../metadata/image.ts";
import { walkSections } from "../../metadata/sections.ts";
import { errorText } from "./folder.ts";

/** One file that could be an image. */
export interface FoundImage {
  readonly name: string;
  readonly path: string;
  readonly header: ImageHeader;
  /** The version that it says, even where it is not whole. */
  readonly claims: bigint | null;
}

/** One change log; without complete lines both versions are null. */
export interface FoundLog {
  readonly name: string;
  readonly path: string;
  readonly first: bigint | null;
  readonly last: bigint | null;
}

const firstLineBytes = 64;
const signatureOfNow = "MFSM 2.0";
/** The packaged template of a new file system is never taken by itself. */
const template = "metadata.mfs.empty";

/** All files of a folder that could be images, by name. */
export async function findImages(folder: string): Promise<readonly FoundImage[]> {
  const found: FoundImage[] = [];
  for (const name of readdirSync(folder).toSorted()) {
    if (isImageName(name) && name !== template) {
      found.push(await readImage(path.join(folder, name)));
    }
  }
  return found;
}

/** Judges one file; sections are walked, for an image can be cut short in its middle. */
export async function readImage(file: string): Promise<FoundImage> {
  const name = path.basename(file);
  let handle = -1;
  try {
    handle = openSync(file, "r");
    const { size } = fstatSync(handle);
    const readAt = (offset: number, length: number) => bytesAt(handle, offset, length);
    const head = readAt(0, headBytes);
    const tail = readAt(Math.max(0, size - tailBytes), tailBytes);
    const header = readImageHeader(head, tail, size);
    const isNow = head.length >= 16 && head.toString("latin1", 0, 8) === signatureOfNow;
    const claims = isNow ? head.readBigUInt64BE(8) : null;
    const found = { name, path: file, claims };
    if (header.kind !== "image" || !isNow) return { ...found, header };
    const walk = await walkSections(readAt, size);
    if (walk.kind === "broken") return { ...found, header: walk };
    return { ...found, header: readImageHeader(head, tail, size, walk.sections) };
  } catch (error) {
    const why = errorText(error);
    return { name, path: file, claims: null, header: { kind: "broken", why } };
  } finally {
    if (handle !== -1) closeSync(handle);
  }
}

/** All change logs of a folder, by name. */
export function findLogs(folder: string): readonly FoundLog[] {
  return readdirSync(folder)
    .filter(isLogName)
    .toSorted()
    .map((name) => readLog(path.join(folder, name)));
}

function readLog(file: string): FoundLog {
  const handle = openSync(file, "r");
  try {
    const { size } = fstatSync(handle);
    const tail = bytesAt(handle, Math.max(0, size - 2 * lineBytesMax), 2 * lineBytesMax);
    const first = firstVersion(bytesAt(handle, 0, firstLineBytes));
    const last = lastCompleteVersion(tail, tail.length === size)?.version ?? null;
    return { name: path.basename(file), path: file, first, last };
  } finally {
    closeSync(handle);
  }
}

/** The bytes of a file in pieces, for readers of lines. */
export function* piecesOf(file: string): Generator<Uint8Array, void> {
  const handle = openSync(file, "r");
  try {
    const piece = Buffer.alloc(1 << 18);
    for (;;) {
      const size = readSync(handle, piece, 0, piece.length, null);
      if (size === 0) return;
      yield piece.subarray(0, size);
    }
  } finally {
    closeSync(handle);
  }
}

/** The number of the next change that an image says; a new file system starts with 1. */
export function versionOf({ header }: FoundImage): bigint | null {
  if (header.kind === "empty") return 1n;
  return header.kind === "image" ? header.version : null;
}

/** The id that an image says; 0 when none is assigned. */
export function idOf({ header }: FoundImage): bigint {
  return header.kind === "image" ? header.id : 0n;
}

/** As the real master prints a candidate behind its name. */
export function describeVersion(image: FoundImage): string {
  const id = idOf(image);
  const idText = id === 0n ? "" : ` ; id: ${formatId(id)}`;
  return `(version: ${versionOf(image) ?? "?"}${idText})`;
}

/** One line on a candidate, good or bad. */
export function describeImage(image: FoundImage): string {
  const { name, header } = image;
  if (header.kind === "broken" || header.kind === "newer") {
    return `found invalid metadata file (${header.why}): ${name}`;
  }
  return `found valid metadata file: ${name} ${describeVersion(image)}`;
}

/** What to do where nothing was found: a line for a folder without any trace of metadata, none for others. */
export function adviceForEmpty(folder: string, images: readonly FoundImage[]): readonly string[] {
  if (images.length > 0 || findLogs(folder).length > 0) return [];
  return [
    `there is no metadata in ${folder}: if a new, empty file system is to begin here, copy ${template} ` +
      `(8 bytes, "MFSM NEW") to metadata.mfs; if not, check DATA_PATH and whether its disk is mounted`,
  ];
}

function bytesAt(handle: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(handle, bytes, 0, length, offset));
}
