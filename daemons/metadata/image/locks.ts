// Sections OPEN, FLCK and PLCK: open files and granted locks. Spec: metadata-file.md 2.9, 2.10.
import type { ImageInput } from "./input.ts";
import type { ImageOutput } from "./output.ts";
import type { FlockRecord, ImageRecords, PosixLockRecord } from "./records.ts";

const openBytes = 8;
const flockBytes = 17;
const posixLockBytes = 37;

export function readOpen(input: ImageInput, records: ImageRecords): void {
  for (;;) {
    const at = input.take(openBytes);
    const sessionId = input.view.getUint32(at);
    const inode = input.view.getUint32(at + 4);
    if (sessionId === 0 && inode === 0) return;
    if (sessionId === 0 || inode === 0) {
      throw input.error("record", `inode ${inode} open in session ${sessionId}, expected no 0`);
    }
    records.open(sessionId, inode);
  }
}

export function writeOpen(output: ImageOutput, sessionId: number, inode: number): void {
  const at = output.reserve(openBytes);
  output.view.setUint32(at, sessionId);
  output.view.setUint32(at + 4, inode);
  output.piece(at);
}

export function endOpen(output: ImageOutput): void {
  output.putZeros(openBytes);
}

export function readFlocks(input: ImageInput, records: ImageRecords): void {
  for (;;) {
    const at = input.take(flockBytes);
    const { view } = input;
    const inode = view.getUint32(at);
    const owner = view.getBigUint64(at + 4);
    const sessionId = view.getUint32(at + 12);
    if (inode === 0 && owner === 0n && sessionId === 0) return;
    // Whatever is not shared is exclusive.
    records.flock({ inode, owner, sessionId, type: view.getUint8(at + 16) === 0 ? 0 : 1 });
  }
}

export function writeFlock(output: ImageOutput, record: FlockRecord): void {
  const at = output.reserve(flockBytes);
  const { view } = output;
  view.setUint32(at, record.inode);
  view.setBigUint64(at + 4, record.owner);
  view.setUint32(at + 12, record.sessionId);
  view.setUint8(at + 16, record.type);
  output.piece(at);
}

export function endFlocks(output: ImageOutput): void {
  output.putZeros(flockBytes);
}

export function readPosixLocks(input: ImageInput, records: ImageRecords): void {
  for (;;) {
    const at = input.take(posixLockBytes);
    const { view } = input;
    const inode = view.getUint32(at);
    const owner = view.getBigUint64(at + 4);
    const sessionId = view.getUint32(at + 12);
    if (inode === 0 && owner === 0n && sessionId === 0) return;
    records.posixLock({
      inode,
      owner,
      sessionId,
      pid: view.getUint32(at + 16),
      start: view.getBigUint64(at + 20),
      end: view.getBigUint64(at + 28),
      type: view.getUint8(at + 36),
    });
  }
}

export function writePosixLock(output: ImageOutput, record: PosixLockRecord): void {
  const at = output.reserve(posixLockBytes);
  const { view } = output;
  view.setUint32(at, record.inode);
  view.setBigUint64(at + 4, record.owner);
  view.setUint32(at + 12, record.sessionId);
  view.setUint32(at + 16, record.pid);
  view.setBigUint64(at + 20, record.start);
  view.setBigUint64(at + 28, record.end);
  view.setUint8(at + 36, record.type);
  output.piece(at);
}

export function endPosixLocks(output: ImageOutput): void {
  output.putZeros(posixLockBytes);
}
