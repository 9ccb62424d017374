// Section SESS: sessions of clients. Spec: metadata-file.md 2.1. The layouts of all versions are one list
// of fields in the same order, of which old versions lack some.
import type { ImageInput } from "./input.ts";
import type { ImageOutput } from "./output.ts";
import type { ImageRecords, SessionRecord } from "./records.ts";

const counters = 16;

/** What a version has beyond the fields that all of them have. */
interface Layout {
  readonly checksum: boolean;
  readonly umask: boolean;
  readonly disables: boolean;
  readonly disconnectedAt: boolean;
}

/** Bytes of the fields that every version has: id, length of the info, address, root, flags, limits, ids. */
const bytesOfAll = 43;

function layoutOf(version: number): Layout {
  return {
    checksum: version >= 0x13,
    umask: version >= 0x14,
    disables: version >= 0x15,
    disconnectedAt: version !== 0x10,
  };
}

/** Now: when the sessions of the oldest version, which does not say, are taken to have been lost. */
export function readSessions(
  input: ImageInput,
  version: number,
  nowSeconds: number,
  records: ImageRecords,
): void {
  const layout = layoutOf(version >= 0x12 ? version : trueVersion(input));
  records.sessionHeader(input.u32());
  const counted = input.u16();
  const size =
    bytesOfAll +
    (layout.checksum ? 8 : 0) +
    (layout.umask ? 2 : 0) +
    (layout.disables ? 4 : 0) +
    (layout.disconnectedAt ? 4 : 0) +
    counted * 8;
  for (;;) {
    const at = input.take(size);
    if (input.view.getUint32(at) === 0) return;
    const { record, infoBytes } = readRecord(input.view, at, layout, { counted, nowSeconds });
    records.session({ ...record, info: input.slice(infoBytes) });
  }
}

/** Sections of 1.0 and 1.1 say themselves which of both they are. */
function trueVersion(input: ImageInput): number {
  const mark = input.u16();
  if (mark !== 1 && mark !== 2) throw input.error("version", `mark ${mark}, expected 1 or 2`);
  return mark === 1 ? 0x10 : 0x11;
}

function readRecord(
  view: DataView,
  start: number,
  layout: Layout,
  context: { readonly counted: number; readonly nowSeconds: number },
): { record: Omit<SessionRecord, "info">; infoBytes: number } {
  let at = start;
  const u32 = () => view.getUint32((at += 4) - 4);
  const u16 = () => view.getUint16((at += 2) - 2);
  const u8 = () => view.getUint8((at += 1) - 1);
  const u64 = () => view.getBigUint64((at += 8) - 8);
  const id = u32();
  const exportsChecksum = layout.checksum ? u64() : 0n;
  const infoBytes = u32();
  // The order of the fields is the order of the bytes.
  const record = {
    id,
    exportsChecksum,
    peerIp: u32(),
    rootInode: u32(),
    flags: u8(),
    umask: layout.umask ? u16() : 0,
    goalMin: u8(),
    goalMax: u8(),
    trashSecondsMin: u32(),
    trashSecondsMax: u32(),
    rootUid: u32(),
    rootGid: u32(),
    mapAllUid: u32(),
    mapAllGid: u32(),
    disables: layout.disables ? u32() : 0,
    disconnectedAt: layout.disconnectedAt ? u32() : context.nowSeconds,
    currentHour: readCounters(view, at, context.counted),
    lastHour: readCounters(view, at + context.counted * 4, context.counted),
  };
  return { record, infoBytes };
}

function readCounters(view: DataView, at: number, counted: number): Uint32Array {
  return Uint32Array.from({ length: counters }, (_, index) =>
    index < counted ? view.getUint32(at + index * 4) : 0,
  );
}

export function writeSessionHeader(output: ImageOutput, next: number): void {
  const at = output.reserve(6);
  output.view.setUint32(at, next);
  output.view.setUint16(at + 4, counters);
  output.piece(at);
}

export function writeSession(output: ImageOutput, record: SessionRecord): void {
  const start = output.reserve(61 + 8 * counters);
  const { view } = output;
  view.setUint32(start, record.id);
  view.setBigUint64(start + 4, record.exportsChecksum);
  view.setUint32(start + 12, record.info.length);
  view.setUint32(start + 16, record.peerIp);
  view.setUint32(start + 20, record.rootInode);
  view.setUint8(start + 24, record.flags);
  view.setUint16(start + 25, record.umask);
  view.setUint8(start + 27, record.goalMin);
  view.setUint8(start + 28, record.goalMax);
  view.setUint32(start + 29, record.trashSecondsMin);
  view.setUint32(start + 33, record.trashSecondsMax);
  view.setUint32(start + 37, record.rootUid);
  view.setUint32(start + 41, record.rootGid);
  view.setUint32(start + 45, record.mapAllUid);
  view.setUint32(start + 49, record.mapAllGid);
  view.setUint32(start + 53, record.disables);
  view.setUint32(start + 57, record.disconnectedAt);
  for (let index = 0; index < counters; index++) {
    view.setUint32(start + 61 + index * 4, record.currentHour[index] ?? 0);
    view.setUint32(start + 61 + (counters + index) * 4, record.lastHour[index] ?? 0);
  }
  output.piece(start);
  if (record.info.length > 0) output.put(record.info);
}

export function endSessions(output: ImageOutput): void {
  output.putZeros(61 + 8 * counters);
}
