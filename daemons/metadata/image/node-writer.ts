// Section NODE is written: inodes and the chunk tables of files. Spec: metadata-file.md 2.3, 5.5. This runs
// once per inode and allocates nothing.
import assert from "node:assert/strict";
import { isDevice, isFile, symlink } from "./nodes.ts";
import type { ImageOutput } from "./output.ts";
import type { NodeRecord } from "./records.ts";

/** Ids are written in runs of at most so many; 3.0.117 writes a table in pieces of so many bytes. */
const runIds = 8192;
const pieceBytes = 65536 * 8;

/** Writes inodes and, behind each file, its table; gaps between the runs of ids become holes. */
export class NodeWriter {
  readonly #output: ImageOutput;
  /** Nodes still to come, and entries of the last file's table. */
  #nodesLeft = 0;
  #chunkCount = 0;
  #chunkIndex = 0;

  constructor(output: ImageOutput) {
    this.#output = output;
  }

  header(inodeMax: number, count: number): void {
    assert(count >= 0);
    this.#nodesLeft = count;
    const at = this.#output.reserve(8);
    this.#output.view.setUint32(at, inodeMax);
    this.#output.view.setUint32(at + 4, count);
    this.#output.piece(at);
  }

  node(node: NodeRecord): void {
    this.#endTable();
    this.#nodesLeft -= 1;
    const hasTable = isFile(node.type);
    const hasNumber = isDevice(node.type) || node.type === symlink;
    const at = this.#output.reserve(32 + (hasTable ? 12 : hasNumber ? 4 : 0));
    const { view } = this.#output;
    writeAttributes(view, at, node);
    if (hasTable) {
      view.setUint32(at + 32, node.lengthHigh);
      view.setUint32(at + 36, node.lengthLow);
      view.setUint32(at + 40, node.chunkCount);
      this.#chunkCount = node.chunkCount;
      this.#chunkIndex = 0;
      this.#output.piece(at);
      if (node.chunkCount > 0) this.#output.beginRun(pieceBytes);
      return;
    }
    if (hasNumber) view.setUint32(at + 32, isDevice(node.type) ? node.rdev : node.target.length);
    this.#output.piece(at);
    if (node.type === symlink) this.#output.put(node.target);
  }

  chunkIds(firstIndex: number, chunkIds: Float64Array, count: number): void {
    this.#holesUntil(firstIndex);
    assert(firstIndex + count <= this.#chunkCount);
    for (let done = 0; done < count; done += runIds) {
      this.#writeIds(chunkIds, done, Math.min(count - done, runIds));
    }
    this.#chunkIndex += count;
  }

  end(): void {
    this.#endTable();
    assert(this.#nodesLeft === 0, `${this.#nodesLeft} inodes missing from the count`);
    this.#output.putZeros(1);
  }

  #writeIds(chunkIds: Float64Array, from: number, count: number): void {
    const start = this.#output.reserve(count * 8);
    const { view } = this.#output;
    for (let index = 0, at = start; index < count; index++, at += 8) {
      const id = chunkIds[from + index] as number;
      view.setUint32(at, Math.floor(id / 0x1_0000_0000));
      view.setUint32(at + 4, id >>> 0);
    }
    this.#output.run(start);
  }

  #holesUntil(index: number): void {
    assert(index >= this.#chunkIndex);
    if (index > this.#chunkIndex) this.#output.runZeros((index - this.#chunkIndex) * 8);
    this.#chunkIndex = index;
  }

  #endTable(): void {
    this.#holesUntil(this.#chunkCount);
    this.#chunkCount = 0;
    this.#chunkIndex = 0;
  }
}

function writeAttributes(view: DataView, at: number, node: NodeRecord): void {
  view.setUint8(at, node.type);
  view.setUint32(at + 1, node.inode);
  view.setUint8(at + 5, node.classId);
  view.setUint8(at + 6, node.extraAttributes);
  view.setUint8(at + 7, node.windowsAttributes);
  view.setUint16(at + 8, node.mode);
  view.setUint32(at + 10, node.uid);
  view.setUint32(at + 14, node.gid);
  view.setUint32(at + 18, node.atime);
  view.setUint32(at + 22, node.mtime);
  view.setUint32(at + 26, node.ctime);
  view.setUint16(at + 30, node.trashHours);
}
