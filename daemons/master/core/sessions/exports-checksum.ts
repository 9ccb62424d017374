// One number for all exports: sessions remember under which exports they were accepted, and have to
// register again when these have changed. The real master's own sum, so that sessions which it stored
// outlive a change of program. Spec: wire-client-master-1.md section 3.7.
import { crc32 } from "node:zlib";
import type { ExportsRow } from "./exports-choice.ts";

const recordBytes = 62;
const crcStart = 0xffff_ffff;
const allDirsBit = 8;
const passwordBit = 4;
const metaBit = 2;
const rootRedefinedBit = 1;

/** The sum over all rows, whatever their order. */
export function exportsChecksum(rows: readonly ExportsRow[]): bigint {
  let sum = 0n;
  for (const row of rows) sum = BigInt.asUintN(64, sum + checksumOf(row));
  return sum;
}

function checksumOf(row: ExportsRow): bigint {
  const record = recordOf(row);
  let crc = crc32(record, crcStart);
  let hash = murmur32(record, 0);
  if (row.path.length > 0) {
    crc = crc32(row.path, crc);
    hash = murmur32(row.path, hash);
  }
  return (BigInt(crc) << 32n) | BigInt(hash);
}

function recordOf(row: ExportsRow): Uint8Array {
  const bytes = new Uint8Array(recordBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, row.fromAddress);
  view.setUint32(4, row.toAddress);
  view.setUint32(8, row.minVersion);
  if (row.passwordDigest !== null) bytes.set(row.passwordDigest, 12);
  bytes[28] = kindOf(row);
  bytes[29] = row.sessionFlags;
  bytes[30] = row.goalMin;
  bytes[31] = row.goalMax;
  view.setUint16(32, row.umask);
  const rest = [
    row.trashTimeMin,
    row.trashTimeMax,
    row.rootUid,
    row.rootGid,
    row.mapAllUid,
    row.mapAllGid,
    row.disables,
  ];
  for (const [index, value] of rest.entries()) view.setUint32(34 + 4 * index, value);
  return bytes;
}

function kindOf(row: ExportsRow): number {
  return (
    (row.allDirs ? allDirsBit : 0) |
    (row.passwordDigest === null ? 0 : passwordBit) |
    (row.meta ? metaBit : 0) |
    (row.rootRedefined ? rootRedefinedBit : 0)
  );
}

/** MurmurHash3 of 32 bits over words of big-endian order. */
export function murmur32(bytes: Uint8Array, seed: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length & ~3;
  let hash = seed | 0;
  for (let at = 0; at < whole; at += 4) {
    hash ^= scrambled(view.getInt32(at));
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe654_6b64) | 0;
  }
  let tail = 0;
  for (let at = bytes.length - 1; at >= whole; at--) tail = (tail << 8) | view.getUint8(at);
  hash ^= scrambled(tail) ^ bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scrambled(word: number): number {
  const mixed = Math.imul(word, 0xcc9e_2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b87_3593);
}
