// Images in memory, and the lines that mfsmetadump prints of one. Spec: metadata-file.md 8.
import { joinU64 } from "../../daemons/metadata/image/records.ts";
import type {
  AclEntry,
  ImageRecords,
  LabelMasks,
  StorageClassRecord,
} from "../../daemons/metadata/image/records.ts";
import type { ByteSource } from "../../daemons/metadata/image/input.ts";
import type { ByteSink } from "../../daemons/metadata/image/output.ts";

/** Zero bytes that are not in the bytes but belong in front of those at `at`. */
export interface Hole {
  readonly at: number;
  readonly size: number;
}

/** Gives bytes in pieces of at most a size; holes can be skipped. */
export class MemorySource implements ByteSource {
  readonly #bytes: Uint8Array;
  readonly #pieceBytes: number;
  readonly #holes: readonly Hole[];
  #hole = 0;
  #skipped = 0;
  #at = 0;

  constructor(bytes: Uint8Array, pieceBytes = 1 << 20, holes: readonly Hole[] = []) {
    this.#bytes = bytes;
    this.#pieceBytes = pieceBytes;
    this.#holes = holes;
  }

  read(bytesMax: number): Uint8Array | undefined {
    const size = Math.min(bytesMax, this.#pieceBytes);
    const zeros = this.skipZeros(size);
    if (zeros > 0) return new Uint8Array(zeros);
    const end = Math.min(this.#at + size, this.#holes[this.#hole]?.at ?? this.#bytes.length);
    const piece = this.#bytes.slice(this.#at, end);
    this.#at += piece.length;
    return piece.length === 0 ? undefined : piece;
  }

  skipZeros(bytesMax: number): number {
    const hole = this.#holes[this.#hole];
    if (hole?.at !== this.#at) return 0;
    const size = Math.min(bytesMax, hole.size - this.#skipped);
    this.#skipped += size;
    if (this.#skipped === hole.size) {
      this.#hole += 1;
      this.#skipped = 0;
    }
    return size;
  }
}

/** Keeps what is written; holes are counted and left out. */
export class MemorySink implements ByteSink {
  readonly holes: Hole[] = [];
  #bytes = Buffer.alloc(0);

  write(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
  }

  patch(offset: number, bytes: Uint8Array): void {
    let at = offset;
    for (const hole of this.holes) if (hole.at < at) at -= hole.size;
    this.#bytes.set(bytes, at);
  }

  hole(size: number): void {
    this.holes.push({ at: this.#bytes.length, size });
  }

  get bytes(): Buffer {
    return this.#bytes;
  }
}

function pad(value: number | bigint, width: number): string {
  return String(value).padStart(width);
}

function hex(value: number | bigint, width: number): string {
  return value.toString(16).toUpperCase().padStart(width, "0");
}

function octal(value: number, width: number): string {
  return value.toString(8).padStart(width, "0");
}

function address(ip: number): string {
  return [24, 16, 8, 0].map((shift) => String((ip >>> shift) & 255).padStart(3, "0")).join(".");
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** Masks as letters: OR without a sign, AND as a plus. */
function labels(masks: LabelMasks): string {
  const used = masks.filter((mask) => mask !== 0);
  if (used.length === 0) return "*";
  const letters = (mask: number) =>
    Array.from({ length: 26 }, (_, bit) => bit)
      .filter((bit) => ((mask >>> bit) & 1) === 1)
      .map((bit) => String.fromCharCode(65 + bit))
      .join("");
  return used.map(letters).join("+");
}

function quotaLimit(flags: number, bit: number, value: number | bigint, width: number): string {
  return (flags & bit) === 0 ? "-".padStart(width) : pad(value, width);
}

function aclEntries(users: readonly AclEntry[], groups: readonly AclEntry[]): string {
  const one = (kind: string) => (entry: AclEntry) =>
    `${kind}(${entry.id}):0${octal(entry.permissions, 5)}`;
  return [...users.map(one("u")), ...groups.map(one("g"))].join(",");
}

/** Collects the lines of mfsmetadump but for comments and flock locks, which it prints wrongly. */
export function dumpLines(): { readonly records: ImageRecords; readonly lines: () => string[] } {
  const lines: string[] = [];
  let ids: string[] = [];
  let fileLine: string | null = null;
  const endFile = () => {
    if (fileLine !== null) lines.push(`${fileLine}|c:(${ids.join(",")})`);
    fileLine = null;
  };
  const set = (label: string, masks: StorageClassRecord["create"]) =>
    `${label}: ${masks.map(labels).join(":")} `;
  const records: ImageRecords = {
    beginSection: () => {},
    endSection: endFile,
    sessionHeader: () => {},
    session: (s) => {
      const maps = [s.rootUid, s.rootGid, s.mapAllUid, s.mapAllGid].map((id) => pad(id, 10));
      lines.push(
        `SESSION|s:${pad(s.id, 10)}|e:#${s.exportsChecksum}|p:${address(s.peerIp)}|r:${pad(s.rootInode, 10)}` +
          `|f:0x${hex(s.flags, 2)}|u:${octal(s.umask, 4)}|g:${s.goalMin}-${s.goalMax}` +
          `|t:${pad(s.trashSecondsMin, 10)}-${pad(s.trashSecondsMax, 10)}|m:${maps.join(",")}` +
          `|x:0x${hex(s.disables, 8)}|d:${pad(s.disconnectedAt, 10)}` +
          `|c:[${s.currentHour.join(",")}]|l:[${s.lastHour.join(",")}]|i:${text(s.info)}`,
      );
    },
    storageClass: (c) => {
      const sets = [set("c", c.create), set("k", c.keep), set("a", c.archive)].join("|");
      lines.push(
        `SCLASS|#:${pad(c.id, 5)}|x:${c.adminOnly}|m:${c.mode}|d:${pad(c.archiveDays, 5)}|${sets}|n:${text(c.name)}`,
      );
    },
    nodeHeader: () => {},
    node: (n) => {
      endFile();
      const kind = "?-DLFBCSTR"[n.type];
      const times = [n.atime, n.mtime, n.ctime].map((time) => pad(time, 10));
      const line =
        `NODE|k:${kind}|i:${pad(n.inode, 10)}|#:${n.classId}|e:0x${hex(n.extraAttributes, 2)}` +
        `|w:0x${hex(n.windowsAttributes, 1)}|m:${octal(n.mode, 5)}|u:${pad(n.uid, 10)}|g:${pad(n.gid, 10)}` +
        `|a:${times[0]},m:${times[1]},c:${times[2]}|t:${pad(n.trashHours, 5)}h`;
      if (kind === "-" || kind === "T" || kind === "R") {
        ids = Array.from({ length: n.chunkCount }, () => "N");
        fileLine = `${line}|l:${pad(joinU64(n.lengthHigh, n.lengthLow), 20)}`;
      } else if (kind === "L") lines.push(`${line}|p:${text(n.target)}`);
      else if (kind === "B" || kind === "C") {
        lines.push(`${line}|d:${pad(n.rdev >>> 16, 5)},${pad(n.rdev & 0xffff, 5)}`);
      } else lines.push(line);
    },
    chunkIds: (_inode, first, found, count) => {
      for (let index = 0; index < count; index++) {
        const id = found[index] ?? 0;
        ids[first + index] = id === 0 ? "N" : hex(id, 16);
      }
    },
    edgeHeader: () => {},
    edge: (e) => {
      const parent = e.parent === 0 ? "NULL".padStart(10) : pad(e.parent, 10);
      const id = hex(joinU64(e.idHigh, e.idLow), 16);
      lines.push(`EDGE|p:${parent}|c:${pad(e.child, 10)}|i:0x${id}|n:${text(e.name)}`);
    },
    freeHeader: () => {},
    free: (inode, freedAt) => lines.push(`FREEID|i:${pad(inode, 10)}|f:${pad(freedAt, 10)}`),
    quotaHeader: () => {},
    quota: (q) => {
      const limits = [
        `si:${quotaLimit(q.flags, 1, q.softInodes, 10)}`,
        `hi:${quotaLimit(q.flags, 16, q.hardInodes, 10)}`,
        `sl:${quotaLimit(q.flags, 2, q.softLength, 20)}`,
        `hl:${quotaLimit(q.flags, 32, q.hardLength, 20)}`,
        `ss:${quotaLimit(q.flags, 4, q.softSize, 20)}`,
        `hs:${quotaLimit(q.flags, 64, q.hardSize, 20)}`,
        `sr:${quotaLimit(q.flags, 8, q.softRealSize, 20)}`,
        `hr:${quotaLimit(q.flags, 128, q.hardRealSize, 20)}`,
      ].join("|");
      lines.push(
        `QUOTA|i:${pad(q.inode, 10)}|g:${q.graceSeconds}|e:${q.exceeded}|f:0x${hex(q.flags, 2)}|s:${pad(q.exceededAt, 10)}|${limits}`,
      );
    },
    xattr: (x) => {
      const value = Buffer.from(x.value).toString("hex").toUpperCase();
      lines.push(`XATTR|i:${pad(x.inode, 10)}|n:${text(x.name)}|v:${value}`);
    },
    acl: (a) => {
      const permissions = `u:0${octal(a.owner, 5)}|g:0${octal(a.group, 5)}|o:0${octal(a.other, 5)}|m:0${octal(a.mask, 5)}`;
      lines.push(
        `POSIXACL|i:${pad(a.inode, 10)}|t:${a.type}|${permissions}|n:(${aclEntries(a.users, a.groups)})`,
      );
    },
    open: (session, inode) => lines.push(`OPENFILE|s:${pad(session, 10)}|i:${pad(inode, 10)}`),
    flock: () => {},
    posixLock: (p) => {
      lines.push(
        `POSIXLOCK|i:${pad(p.inode, 10)}|s:${pad(p.sessionId, 10)}|o:0x${hex(p.owner, 16)}|p:${pad(p.pid, 10)}` +
          `|r:<${pad(p.start, 20)},${pad(p.end, 20)})|t:${p.type === 1 ? "R" : "W"}`,
      );
    },
    serverHeader: () => {},
    server: (s) => {
      const modes = [" off", "  on", "temp"];
      lines.push(
        `CHUNKSERVER|i:${address(s.ip)}|p:${pad(s.port, 5)}|#:${pad(s.id, 5)}|m:${modes[s.maintenance]}|t:${pad(s.maintenanceUntil, 10)}`,
      );
    },
    chunkHeader: () => {},
    chunk: (id, version, lockedTo, archived) => {
      lines.push(
        `CHUNK|i:0x${hex(id, 16)}|v:0x${hex(version, 8)}|t:${pad(lockedTo, 10)}|a:${archived}`,
      );
    },
  };
  return { records, lines: () => lines };
}
