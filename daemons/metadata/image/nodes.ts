// Section NODE is read: inodes and the chunk tables of files. Spec: metadata-file.md 2.3. This runs once per
// inode, so nothing is allocated but the views of symlink targets.
import type { ImageInput } from "./input.ts";
import type { ImageRecords, NodeRecord } from "./records.ts";

const typesOfLetters: Readonly<Record<string, number>> = {
  f: 1,
  d: 2,
  l: 3,
  q: 4,
  b: 5,
  c: 6,
  s: 7,
  t: 8,
  r: 9,
};
const directory = 2;
const typeMax = 9;
const targetBytesMax = 4096;
/** A length is at most 2^57 - 1 bytes. */
const chunkCountMax = 0x8000_0000;
const secondsPerHour = 3600;
const trashHoursMax = 0xffff;
/** What 3.0.117 puts in the place of a target that is too long, but for a NUL behind it. */
const targetOfTooLong = Buffer.from("... path too long ...");
const noTarget = new Uint8Array(0);

/** Ids are handed over in runs of at most so many. */
const runIds = 8192;
const ids = new Float64Array(runIds);

/** The type that has a target. */
export const symlink = 3;

/** True for the types that have a length and chunks: files, also in the trash or only open. */
export function isFile(type: number): boolean {
  return type === 1 || type === 8 || type === 9;
}

/** True for the types that have a device number. */
export function isDevice(type: number): boolean {
  return type === 5 || type === 6;
}

/** A record for `readNodes` to fill. */
function emptyNode(): NodeRecord {
  return {
    type: 0,
    inode: 0,
    classId: 0,
    extraAttributes: 0,
    windowsAttributes: 0,
    mode: 0,
    uid: 0,
    gid: 0,
    atime: 0,
    mtime: 0,
    ctime: 0,
    trashHours: 0,
    lengthHigh: 0,
    lengthLow: 0,
    chunkCount: 0,
    rdev: 0,
    target: noTarget,
  };
}

/** Reads the body of the section; images of 1.x have no header in front of it. */
export function readNodes(
  input: ImageInput,
  versionOfSection: number,
  records: ImageRecords,
  inodeMaxOfFile: number | null,
): void {
  const version = inodeMaxOfFile === null ? versionOfSection : 0x10;
  const inodeMax = inodeMaxOfFile ?? input.u32();
  records.nodeHeader(inodeMax, version >= 0x11 ? input.u32() : -1);
  const node = emptyNode();
  for (let type = input.u8(); type !== 0; type = input.u8()) {
    node.type = version >= 0x13 ? type : (typesOfLetters[String.fromCharCode(type)] ?? type);
    if (node.type > typeMax) throw input.error("record", `type ${type}, expected 1 to ${typeMax}`);
    if (version >= 0x14) readAttributes(input, node);
    else readOldAttributes(input, version, node);
    node.target = noTarget;
    node.chunkCount = 0;
    node.lengthHigh = 0;
    node.lengthLow = 0;
    node.rdev = 0;
    if (isFile(node.type)) {
      readFile(input, version, node, records);
      continue;
    }
    if (node.type !== directory) node.classId = 0;
    if (isDevice(node.type)) node.rdev = input.u32();
    else if (node.type === symlink) readTarget(input, node);
    records.node(node);
  }
}

function readAttributes(input: ImageInput, node: NodeRecord): void {
  const at = input.take(31);
  const { view } = input;
  node.inode = view.getUint32(at);
  node.classId = view.getUint8(at + 4);
  node.extraAttributes = view.getUint8(at + 5);
  node.windowsAttributes = view.getUint8(at + 6);
  node.mode = view.getUint16(at + 7);
  readOwnerAndTimes(view, at + 9, node);
  node.trashHours = view.getUint16(at + 29);
}

function readOldAttributes(input: ImageInput, version: number, node: NodeRecord): void {
  const joined = version < 0x12;
  const at = input.take(joined ? 31 : 32);
  const { view } = input;
  node.inode = view.getUint32(at);
  node.classId = view.getUint8(at + 4);
  node.windowsAttributes = 0;
  const mode = view.getUint16(at + (joined ? 5 : 6));
  node.extraAttributes = joined ? mode >> 12 : view.getUint8(at + 5);
  node.mode = mode & 0o7777;
  const rest = at + (joined ? 7 : 8);
  readOwnerAndTimes(view, rest, node);
  const hours = Math.ceil(view.getUint32(rest + 20) / secondsPerHour);
  node.trashHours = Math.min(hours, trashHoursMax);
}

function readOwnerAndTimes(view: DataView, at: number, node: NodeRecord): void {
  node.uid = view.getUint32(at);
  node.gid = view.getUint32(at + 4);
  node.atime = view.getUint32(at + 8);
  node.mtime = view.getUint32(at + 12);
  node.ctime = view.getUint32(at + 16);
}

function readTarget(input: ImageInput, node: NodeRecord): void {
  const size = input.u32();
  if (size <= targetBytesMax) {
    node.target = input.slice(size);
    return;
  }
  input.skip(size);
  node.target = targetOfTooLong;
  input.report(
    `target of ${size} bytes of inode ${node.inode}, expected at most ${targetBytesMax}`,
  );
}

function readFile(
  input: ImageInput,
  version: number,
  node: NodeRecord,
  records: ImageRecords,
): void {
  const old = version < 0x14;
  const at = input.take(old ? 14 : 12);
  const { view } = input;
  node.lengthHigh = view.getUint32(at);
  node.lengthLow = view.getUint32(at + 4);
  node.chunkCount = view.getUint32(at + 8);
  // The block may move under the view: what stands behind the count is read before the table.
  const sessions = old ? view.getUint16(at + 12) : 0;
  if (node.chunkCount > chunkCountMax) {
    throw input.error("record", `${node.chunkCount} chunks, expected at most ${chunkCountMax}`);
  }
  records.node(node);
  readChunkIds(input, node, records);
  for (let left = sessions; left > 0; left--) records.open(input.u32(), node.inode);
}

/** Hands over the runs of ids that are not all holes. */
function readChunkIds(input: ImageInput, node: NodeRecord, records: ImageRecords): void {
  const count = node.chunkCount;
  for (let index = 0; index < count;) {
    if (count - index > runIds) {
      const holes = input.skipZeroWords(count - index);
      index += holes;
      if (holes > 0) continue;
    }
    const run = Math.min(count - index, runIds);
    if (takeIds(input, run, node.inode)) records.chunkIds(node.inode, index, ids, run);
    index += run;
  }
}

/** Fills `ids`; false when all of them are 0. */
function takeIds(input: ImageInput, run: number, inode: number): boolean {
  let at = input.take(run * 8);
  let found = false;
  for (let index = 0; index < run; index++, at += 8) {
    let id = input.u53At(at);
    if (id < 0) {
      input.refuse("tooLarge", `a chunk id of inode ${inode}, expected less than 2^53`);
      id = 0;
    }
    ids[index] = id;
    if (id !== 0) found = true;
  }
  return found;
}
