// Who may mount what: the rows of the exports, and which one of them a client gets.
// Spec: wire-client-master-1.md section 3.7, semantics-master.md section 19.2.

import { sessionFlag } from "../client.ts";
import { status } from "../status.ts";
import { isProof } from "./password.ts";

/**
 * One line of the exports, with names looked up and passwords digested. A DEFAULTS line is one too, for addresses
 * 0 to 0 and the root: it is listed and counts in the checksum, and nobody gets it.
 */
export interface ExportsRow {
  readonly fromAddress: number;
  readonly toAddress: number;
  /** As the file says it, its last number not doubled. */
  readonly minVersion: number;
  /** For meta mounts: the path does not matter. */
  readonly meta: boolean;
  /** Bytes without slashes at both ends; empty is the root. */
  readonly path: Uint8Array;
  readonly allDirs: boolean;
  /** MD5 of the password; null where none is needed. */
  readonly passwordDigest: Uint8Array | null;
  /** The line says itself whom root becomes. */
  readonly rootRedefined: boolean;
  readonly sessionFlags: number;
  readonly umask: number;
  readonly rootUid: number;
  readonly rootGid: number;
  readonly mapAllUid: number;
  readonly mapAllGid: number;
  readonly goalMin: number;
  readonly goalMax: number;
  readonly trashTimeMin: number;
  readonly trashTimeMax: number;
  readonly disables: number;
}

/** Who asks. */
export interface Applicant {
  readonly address: number;
  readonly version: number;
  /** The subfolder's bytes; null for a meta mount. */
  readonly path: Uint8Array | null;
  /** The 32 bytes that this connection was given; null without a challenge. */
  readonly challenge: Uint8Array | null;
  /** The answer to the challenge, 16 bytes. */
  readonly passcode: Uint8Array | null;
}

const slash = 0x2f;

/** The row that the client gets, or the status that refuses it. */
export function chooseExport(rows: readonly ExportsRow[], who: Applicant): ExportsRow | number {
  const path = who.path === null ? null : trimSlashes(who.path);
  let best: ExportsRow | undefined;
  let isPasswordMissing = false;
  for (const row of rows) {
    if (!fits(row, who, path)) continue;
    if (row.passwordDigest !== null && !isProof(row.passwordDigest, who)) isPasswordMissing = true;
    else if (best === undefined || isBetter(row, best)) best = row;
  }
  if (best !== undefined) return best;
  if (!isPasswordMissing) return status.EACCES;
  return who.passcode === null || who.challenge === null ? status.NOPASSWORD : status.BADPASSWORD;
}

/** The path without the slashes at its ends. */
export function trimSlashes(path: Uint8Array): Uint8Array {
  let start = 0;
  let end = path.length;
  while (start < end && path[start] === slash) start++;
  while (end > start && path[end - 1] === slash) end--;
  return path.subarray(start, end);
}

/** All but the password. Address 0 is nobody's: the record of a DEFAULTS line stands for it alone. */
function fits(row: ExportsRow, who: Applicant, path: Uint8Array | null): boolean {
  if (row.toAddress === 0) return false;
  if (who.address < row.fromAddress || who.address > row.toAddress) return false;
  if (who.version < row.minVersion) return false;
  if (path === null || row.meta) return row.meta === (path === null);
  return row.allDirs ? isBelow(path, row.path) : isSame(path, row.path);
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && startsWith(one, other);
}

function isBelow(path: Uint8Array, top: Uint8Array): boolean {
  if (top.length === 0) return true;
  if (!startsWith(path, top)) return false;
  return path.length === top.length || path[top.length] === slash;
}

function startsWith(path: Uint8Array, start: Uint8Array): boolean {
  return path.length >= start.length && start.every((byte, at) => path[at] === byte);
}

/** A later row replaces the best one so far if it wins any of these tests, whatever it loses. */
function isBetter(row: ExportsRow, best: ExportsRow): boolean {
  const has = (one: ExportsRow, flag: number) => (one.sessionFlags & flag) !== 0;
  if (!has(row, sessionFlag.readOnly) && has(best, sessionFlag.readOnly)) return true;
  if (row.rootUid === 0 && best.rootUid !== 0) return true;
  if (has(row, sessionFlag.admin) && !has(best, sessionFlag.admin)) return true;
  if (row.passwordDigest !== null && best.passwordDigest === null) return true;
  return row.path.length > best.path.length;
}
