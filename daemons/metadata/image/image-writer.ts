// Writes a metadata image byte for byte as 3.0.117 does. Spec: metadata-file.md 1, 2, 5.5.
// The caller gives the sections in their order and the records in the order in which they are to stand.
import assert from "node:assert/strict";
import { endMarker } from "../sections.ts";
import { endAcls, endXattrs, writeAcl, writeXattr } from "./attributes.ts";
import { endChunks, writeChunk, writeChunkHeader } from "./chunks.ts";
import { endClasses, writeClass, writeClassHeader } from "./classes.ts";
import { endEdges, writeEdge, writeEdgeHeader } from "./edges.ts";
import { writeFree, writeFreeHeader, writeQuota } from "./inodes.ts";
import { endFlocks, endOpen, endPosixLocks } from "./locks.ts";
import { writeFlock, writeOpen, writePosixLock } from "./locks.ts";
import { NodeWriter } from "./node-writer.ts";
import { ImageOutput } from "./output.ts";
import type { ByteSink } from "./output.ts";
import { sectionNames } from "./records.ts";
import type {
  AclRecord,
  EdgeRecord,
  FlockRecord,
  ImageRecords,
  NodeRecord,
  PosixLockRecord,
  QuotaRecord,
  SectionName,
  ServerRecord,
  SessionRecord,
  StorageClassRecord,
  XattrRecord,
} from "./records.ts";
import { writeServer } from "./servers.ts";
import { endSessions, writeSession, writeSessionHeader } from "./sessions.ts";

/** How to write. */
export interface ImageWriterOptions {
  /** Also compute what `metadata.crc` holds. */
  readonly checksums?: boolean;
}

const writtenVersions: Readonly<Record<SectionName, number>> = {
  SESS: 0x15,
  SCLA: 0x16,
  NODE: 0x14,
  EDGE: 0x11,
  FREE: 0x10,
  QUOT: 0x11,
  XATR: 0x10,
  PACL: 0x11,
  OPEN: 0x10,
  FLCK: 0x10,
  PLCK: 0x10,
  CSDB: 0x13,
  CHNK: 0x11,
};
const signature = "MFSM 2.0";
const checksumBytes = 8;

/** One image: `start`, the 13 sections in order, `finish`. */
export class ImageWriter implements ImageRecords {
  readonly #output: ImageOutput;
  readonly #nodes: NodeWriter;
  #sections = 0;
  #inSection = false;
  /** Records still to come in a section that starts with their number. */
  #left = 0;

  constructor(sink: ByteSink, options: ImageWriterOptions = {}) {
    this.#output = new ImageOutput(sink, options.checksums ?? false);
    this.#nodes = new NodeWriter(this.#output);
  }

  /** Version: the number of the next change. */
  start(version: bigint, id: bigint): void {
    this.#output.put(Buffer.from(signature, "latin1"));
    const at = this.#output.reserve(16);
    this.#output.view.setBigUint64(at, version);
    this.#output.view.setBigUint64(at + 8, id);
    this.#output.piece(at);
    this.#output.endPart("HEAD");
  }

  /** Closes the image and returns its size. */
  finish(): number {
    assert(!this.#inSection && this.#sections === sectionNames.length, "expected all sections");
    this.#output.put(Buffer.from(endMarker, "latin1"));
    this.#output.endPart("TAIL");
    this.#output.flush();
    return this.#output.offset;
  }

  /** The content of `metadata.crc`, after `finish`. */
  checksumFile(): Uint8Array {
    const parts = [...this.#output.checksums];
    const bytes = Buffer.alloc(parts.length * checksumBytes);
    for (const [index, [name, value]] of parts.entries()) {
      bytes.write(name, index * checksumBytes, "latin1");
      bytes.writeUInt32BE(value, index * checksumBytes + 4);
    }
    return bytes;
  }

  beginSection(name: SectionName): void {
    assert(!this.#inSection);
    assert.equal(name, sectionNames[this.#sections], "sections have an order");
    this.#inSection = true;
    this.#left = 0;
    this.#output.beginSection(name, writtenVersions[name]);
    if (name === "SCLA") writeClassHeader(this.#output);
  }

  endSection(name: SectionName): void {
    assert(this.#inSection && name === sectionNames[this.#sections]);
    assert.equal(this.#left, 0, `records missing from the count of "${name}"`);
    this.#endList(name);
    this.#output.endSection(name);
    this.#inSection = false;
    this.#sections += 1;
  }

  sessionHeader(nextSessionId: number): void {
    writeSessionHeader(this.#output, nextSessionId);
  }

  session(record: SessionRecord): void {
    writeSession(this.#output, record);
  }

  storageClass(record: StorageClassRecord): void {
    writeClass(this.#output, record);
  }

  nodeHeader(inodeMax: number, count: number): void {
    this.#nodes.header(inodeMax, count);
  }

  node(record: NodeRecord): void {
    this.#nodes.node(record);
  }

  chunkIds(_inode: number, firstIndex: number, ids: Float64Array, count: number): void {
    this.#nodes.chunkIds(firstIndex, ids, count);
  }

  edgeHeader(nextHigh: number, nextLow: number): void {
    writeEdgeHeader(this.#output, nextHigh, nextLow);
  }

  edge(record: EdgeRecord): void {
    writeEdge(this.#output, record);
  }

  freeHeader(count: number): void {
    this.#left = count;
    writeFreeHeader(this.#output, count);
  }

  free(inode: number, freedAt: number): void {
    this.#left -= 1;
    writeFree(this.#output, inode, freedAt);
  }

  quotaHeader(count: number): void {
    this.#left = count;
    this.#output.putU32(count);
  }

  quota(record: QuotaRecord): void {
    this.#left -= 1;
    writeQuota(this.#output, record);
  }

  xattr(record: XattrRecord): void {
    writeXattr(this.#output, record);
  }

  acl(record: AclRecord): void {
    writeAcl(this.#output, record);
  }

  open(sessionId: number, inode: number): void {
    writeOpen(this.#output, sessionId, inode);
  }

  flock(record: FlockRecord): void {
    writeFlock(this.#output, record);
  }

  posixLock(record: PosixLockRecord): void {
    writePosixLock(this.#output, record);
  }

  serverHeader(count: number): void {
    this.#left = count;
    this.#output.putU32(count);
  }

  server(record: ServerRecord): void {
    this.#left -= 1;
    writeServer(this.#output, record);
  }

  chunkHeader(nextChunkId: number): void {
    writeChunkHeader(this.#output, nextChunkId);
  }

  chunk(id: number, version: number, lockedTo: number, archived: number): void {
    writeChunk(this.#output, id, version, lockedTo, archived);
  }

  /** The record of zeros that ends a list; lists with a count have none. */
  #endList(name: SectionName): void {
    switch (name) {
      case "SESS":
        return endSessions(this.#output);
      case "SCLA":
        return endClasses(this.#output);
      case "NODE":
        return this.#nodes.end();
      case "EDGE":
        return endEdges(this.#output);
      case "XATR":
        return endXattrs(this.#output);
      case "PACL":
        return endAcls(this.#output);
      case "OPEN":
        return endOpen(this.#output);
      case "FLCK":
        return endFlocks(this.#output);
      case "PLCK":
        return endPosixLocks(this.#output);
      case "CHNK":
        return endChunks(this.#output);
      case "FREE":
      case "QUOT":
      case "CSDB":
        return undefined;
      default:
        name satisfies never;
    }
    return undefined;
  }
}
