// Section SCLA, once LABS: storage classes. Spec: metadata-file.md 2.2.
import assert from "node:assert/strict";
import type { ImageInput } from "./input.ts";
import type { ImageOutput } from "./output.ts";
import type { ImageRecords, LabelMasks, StorageClassRecord } from "./records.ts";

const labelNames = 26;
const labelBytesMax = 128;
const masksMax = 4;
const labelsMax = 9;
const classIdMax = 255;
/** Classes up to this one are predefined: each may be given again. */
const predefinedMax = 9;
const standard = 1;
const headBytes = 10;

/** The record in front of the masks. */
interface Head {
  readonly id: number;
  readonly nameBytes: number;
  readonly adminOnly: number;
  readonly mode: number;
  readonly archiveDays: number;
  readonly create: number;
  /** 0: as the set before. */
  readonly keep: number;
  readonly archive: number;
  /** Chunks counted behind the masks, only in version 1.2. */
  readonly chunks: number;
}

export function readClasses(input: ImageInput, version: number, records: ImageRecords): void {
  if (version < 0x16) skipLabelNames(input);
  const masks = version === 0x10 ? 1 : input.u8();
  if (masks === 0) throw input.error("record", "0 masks per label, expected 1 to 4");
  if (masks > masksMax) input.refuse("record", `${masks} masks per label, expected 1 to 4`);
  const known = new Set<number>();
  for (;;) {
    const head = readHead(input, version);
    if (isEnd(head)) return;
    const problem = countProblem(head, version);
    if (problem !== null) throw input.error("record", problem);
    const record = readBody(input, masks, head);
    if (isGood(input, record, known)) records.storageClass(record);
    known.add(record.id);
  }
}

function skipLabelNames(input: ImageInput): void {
  for (let left = labelNames; left > 0; left--) {
    const size = input.u8();
    if (size > labelBytesMax) {
      throw input.error("record", `label of ${size} bytes, expected at most ${labelBytesMax}`);
    }
    input.skip(size);
  }
}

function readHead(input: ImageInput, version: number): Head {
  const id = input.u16();
  const nameBytes = version >= 0x16 ? input.u8() : 0;
  const adminOnly = version >= 0x16 ? input.u8() : 0;
  const mode = version >= 0x14 ? input.u8() : standard;
  const archiveDays = version >= 0x15 ? input.u16() : 0;
  const create = input.u8();
  const keep = version >= 0x14 ? input.u8() : 0;
  const archive = version >= 0x15 ? input.u8() : 0;
  const chunks = version === 0x12 ? input.u32() : 0;
  if (version === 0x12) input.u32();
  return { id, nameBytes, adminOnly, mode, archiveDays, create, keep, archive, chunks };
}

function isEnd(head: Head): boolean {
  const { id, nameBytes, archiveDays, create, keep, archive } = head;
  return id + nameBytes + archiveDays + create + keep + archive === 0;
}

function countProblem({ create, keep, archive }: Head, version: number): string | null {
  const counts = [create];
  if (version >= 0x14) counts.push(keep);
  if (version >= 0x15) counts.push(archive);
  const wrong = counts.find((count) => count < 1 || count > labelsMax);
  return wrong === undefined ? null : `${wrong} labels, expected 1 to ${labelsMax}`;
}

function readBody(input: ImageInput, masks: number, head: Head): StorageClassRecord {
  const { id, adminOnly, mode, archiveDays } = head;
  // The name is copied: reading the masks may move the block.
  const name = head.nameBytes > 0 ? input.slice(head.nameBytes).slice() : nameOf(id);
  const create = readSet(input, head.create, masks);
  const keep = head.keep > 0 ? readSet(input, head.keep, masks) : create;
  const archive = head.archive > 0 ? readSet(input, head.archive, masks) : keep;
  input.skip(head.chunks * 8);
  return { id, adminOnly, mode, archiveDays, create, keep, archive, name };
}

/** Names of classes without one: old versions have none. */
function nameOf(id: number): Uint8Array {
  return Buffer.from(id <= predefinedMax ? `${id}` : `sclass_${id - predefinedMax}`);
}

function readSet(input: ImageInput, count: number, masks: number): LabelMasks[] {
  return Array.from({ length: count }, () => {
    const read = Array.from({ length: masks }, () => input.u32());
    return Array.from({ length: masksMax }, (_, index) => read[index] ?? 0);
  });
}

function isGood(input: ImageInput, record: StorageClassRecord, known: Set<number>): boolean {
  const { id } = record;
  if (id < 1 || id > classIdMax) {
    input.refuse("record", `storage class ${id}, expected 1 to ${classIdMax}`);
    return false;
  }
  if (id > predefinedMax && known.has(id)) {
    input.refuse("record", `storage class ${id} again, expected it once`);
    return false;
  }
  return true;
}

export function writeClassHeader(output: ImageOutput): void {
  const at = output.reserve(1);
  output.view.setUint8(at, masksMax);
  output.piece(at);
}

export function writeClass(output: ImageOutput, record: StorageClassRecord): void {
  const { name, create, keep, archive } = record;
  const sets = [...create, ...keep, ...archive];
  const start = output.reserve(headBytes + name.length + sets.length * masksMax * 4);
  const { view, bytes } = output;
  view.setUint16(start, record.id);
  view.setUint8(start + 2, name.length);
  view.setUint8(start + 3, record.adminOnly);
  view.setUint8(start + 4, record.mode);
  view.setUint16(start + 5, record.archiveDays);
  view.setUint8(start + 7, create.length);
  view.setUint8(start + 8, keep.length);
  view.setUint8(start + 9, archive.length);
  bytes.set(name, start + headBytes);
  let at = start + headBytes + name.length;
  for (const masks of sets) {
    assert(masks.length <= masksMax);
    for (let index = 0; index < masksMax; index++, at += 4) view.setUint32(at, masks[index] ?? 0);
  }
  output.piece(start);
}

export function endClasses(output: ImageOutput): void {
  output.putZeros(headBytes);
}
