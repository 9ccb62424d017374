// Sections FREE and QUOT: freed inode numbers and quotas of directories. Spec: metadata-file.md 2.5, 2.6.
import type { ImageInput } from "./input.ts";
import type { ImageOutput } from "./output.ts";
import type { ImageRecords, QuotaRecord } from "./records.ts";

const freeBytes = 8;
/** 3.0.117 writes freed inodes in pieces of so many. */
const freeOfPiece = 1024;
const quotaBytes = 70;
const graceBytes = 4;

export function readFree(input: ImageInput, records: ImageRecords): void {
  const count = input.u32();
  records.freeHeader(count);
  for (let left = count; left > 0; left--) {
    const at = input.take(freeBytes);
    records.free(input.view.getUint32(at), input.view.getUint32(at + 4));
  }
}

export function writeFreeHeader(output: ImageOutput, count: number): void {
  output.putU32(count);
  output.beginRun(freeOfPiece * freeBytes);
}

export function writeFree(output: ImageOutput, inode: number, freedAt: number): void {
  const at = output.reserve(freeBytes);
  output.view.setUint32(at, inode);
  output.view.setUint32(at + 4, freedAt);
  output.run(at);
}

export function readQuotas(input: ImageInput, version: number, records: ImageRecords): void {
  const count = input.u32();
  records.quotaHeader(count);
  const withGrace = version >= 0x11;
  const size = withGrace ? quotaBytes : quotaBytes - graceBytes;
  for (let left = count; left > 0; left--) {
    const at = input.take(size);
    const rest = at + 4 + (withGrace ? graceBytes : 0);
    const { view } = input;
    records.quota({
      inode: view.getUint32(at),
      graceSeconds: withGrace ? view.getUint32(at + 4) : -1,
      exceeded: view.getUint8(rest),
      flags: view.getUint8(rest + 1),
      exceededAt: view.getUint32(rest + 2),
      softInodes: view.getUint32(rest + 6),
      hardInodes: view.getUint32(rest + 10),
      softLength: view.getBigUint64(rest + 14),
      hardLength: view.getBigUint64(rest + 22),
      softSize: view.getBigUint64(rest + 30),
      hardSize: view.getBigUint64(rest + 38),
      softRealSize: view.getBigUint64(rest + 46),
      hardRealSize: view.getBigUint64(rest + 54),
    });
  }
}

export function writeQuota(output: ImageOutput, record: QuotaRecord): void {
  const at = output.reserve(quotaBytes);
  const { view } = output;
  view.setUint32(at, record.inode);
  view.setUint32(at + 4, record.graceSeconds);
  view.setUint8(at + 8, record.exceeded);
  view.setUint8(at + 9, record.flags);
  view.setUint32(at + 10, record.exceededAt);
  view.setUint32(at + 14, record.softInodes);
  view.setUint32(at + 18, record.hardInodes);
  view.setBigUint64(at + 22, record.softLength);
  view.setBigUint64(at + 30, record.hardLength);
  view.setBigUint64(at + 38, record.softSize);
  view.setBigUint64(at + 46, record.hardSize);
  view.setBigUint64(at + 54, record.softRealSize);
  view.setBigUint64(at + 62, record.hardRealSize);
  output.piece(at);
}
