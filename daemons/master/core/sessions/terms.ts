// From what a client asks and what its export allows to the terms of its session.
// Spec: wire-client-master-1.md sections 3.2 and 3.3.

import { isGoodName } from "../names.ts";
import { status } from "../status.ts";
import type { Edges } from "../store/edges.ts";
import { rootInode } from "../store/nodes.ts";
import type { Nodes } from "../store/nodes.ts";
import type { SessionTerms } from "../store/sessions.ts";
import type { ExportsRow } from "./exports-choice.ts";

const slash = 0x2f;

/** What the row does not say. */
export interface AskedTerms {
  readonly exportsChecksum: bigint;
  readonly rootInode: number;
  readonly peerAddress: number;
  readonly info: Uint8Array;
}

/** A meta session maps nobody, whatever its row says. */
export function termsOf(row: ExportsRow, asked: AskedTerms): SessionTerms {
  const { rootUid, rootGid, mapAllUid, mapAllGid } = row.meta ? mapsNobody : row;
  return {
    exportsChecksum: asked.exportsChecksum,
    rootInode: asked.rootInode,
    sessionFlags: row.sessionFlags,
    umask: row.umask,
    rootUid,
    rootGid,
    mapAllUid,
    mapAllGid,
    goalMin: row.goalMin,
    goalMax: row.goalMax,
    trashTimeMin: row.trashTimeMin,
    trashTimeMax: row.trashTimeMax,
    disables: row.disables,
    peerAddress: asked.peerAddress,
    info: withoutEndingNuls(asked.info),
  };
}

const mapsNobody = { rootUid: 0, rootGid: 0, mapAllUid: 0, mapAllGid: 0 } as const;

/** The directory that a session's path names: its inode, or the status that refuses it. */
export function findSubfolder(
  world: { readonly nodes: Nodes; readonly edges: Edges },
  path: Uint8Array,
): { readonly inode: number } | number {
  const { nodes, edges } = world;
  let inode = rootInode;
  for (let start = 0; start < path.length; start++) {
    if (path[start] === slash) continue;
    const end = endOfName(path, start);
    const name = path.subarray(start, end);
    if (!isGoodName(name)) return status.EINVAL;
    const edge = edges.find(inode, name);
    if (edge === 0) return status.ENOENT;
    inode = edges.child(edge);
    if (!nodes.isDirectory(inode)) return status.ENOTDIR;
    start = end;
  }
  return { inode };
}

function endOfName(path: Uint8Array, start: number): number {
  const end = path.indexOf(slash, start);
  return end === -1 ? path.length : end;
}

/** The bytes in front of the first NUL: paths end there as texts of C do. */
export function beforeNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}

function withoutEndingNuls(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}
