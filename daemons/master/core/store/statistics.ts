// What lies below each directory: inodes, files, chunks and bytes, kept up to date in every ancestor.
// Spec: semantics-master.md section 10.3.

import type { Edges } from "./edges.ts";
import { nodeType } from "./nodes.ts";
import type { Nodes } from "./nodes.ts";
import { Pool } from "./records.ts";
import type { Slots } from "./slots.ts";

const chunkBytes = 0x400_0000n;
const chunkBits = 26n;
const blockBytes = 0x1_0000n;
/** A chunk file's header, counted with its data. */
const chunkHeaderBytes = 0x2000n;

/** A record of statistics, or a change of one. */
export interface Tally {
  inodes: number;
  directories: number;
  files: number;
  chunks: number;
  length: bigint;
  size: bigint;
  realSize: bigint;
}

const inodes = 0;
const directories = 1;
const files = 2;
const chunks = 3;
const length = 4;
const size = 6;
const realSize = 8;
const words = 10;

/** An empty tally. */
export function emptyTally(): Tally {
  return { inodes: 0, directories: 0, files: 0, chunks: 0, length: 0n, size: 0n, realSize: 0n };
}

/** Statistics of all directories. */
export class Statistics {
  readonly #nodes: Nodes;
  readonly #edges: Edges;
  readonly #slots: Slots;
  readonly #pool = new Pool(words);
  /** Bytes of all files in the trash. */
  trashLength = 0n;
  /** Bytes of all removed files that are still open. */
  sustainedLength = 0n;

  constructor(nodes: Nodes, edges: Edges, slots: Slots) {
    this.#nodes = nodes;
    this.#edges = edges;
    this.#slots = slots;
  }

  get bytes(): number {
    return this.#pool.bytes;
  }

  /** Gives a new directory its record. */
  open(directory: number): void {
    this.#nodes.setStatistics(directory, this.#pool.allocate());
  }

  close(directory: number): void {
    this.#pool.release(this.#nodes.statistics(directory));
  }

  /** What lies below a directory, itself not counted. */
  of(directory: number): Tally {
    const record = this.#nodes.statistics(directory);
    const pool = this.#pool;
    return {
      inodes: pool.get(record, inodes),
      directories: pool.get(record, directories),
      files: pool.get(record, files),
      chunks: pool.get(record, chunks),
      length: pool.get64(record, length),
      size: pool.get64(record, size),
      realSize: pool.get64(record, realSize),
    };
  }

  /** Total length below a directory in bytes. */
  lengthOf(directory: number): bigint {
    return this.#pool.get64(this.#nodes.statistics(directory), length);
  }

  /** Inodes below a directory. */
  inodesOf(directory: number): number {
    return this.#pool.get(this.#nodes.statistics(directory), inodes);
  }

  /** What a node counts for in the directory that holds it: itself and all below it. */
  tallyOf(inode: number): Tally {
    const type = this.#nodes.type(inode);
    if (type === nodeType.directory) {
      const tally = this.of(inode);
      tally.inodes++;
      tally.directories++;
      return tally;
    }
    const tally = emptyTally();
    tally.inodes = 1;
    if (type === nodeType.symlink) tally.length = BigInt(this.#nodes.targetLength(inode));
    else if (this.#nodes.isFile(inode)) {
      tally.files = 1;
      tally.chunks = this.#slots.filled(inode);
      tally.length = this.#nodes.length(inode);
      tally.size = this.sizeOf(inode);
      tally.realSize = tally.size * BigInt(this.#nodes.countedCopies(inode));
    }
    return tally;
  }

  /** Bytes that a file's chunks take on one copy. */
  sizeOf(inode: number): bigint {
    return this.sizeAt(inode, this.#nodes.length(inode));
  }

  /** As `sizeOf`, if the file were `bytes` long. */
  sizeAt(inode: number, bytes: bigint): bigint {
    const count = this.#slots.count(inode);
    if (count === 0) return 0n;
    const last = bytes === 0n ? 0n : (bytes - 1n) >> chunkBits;
    if (last >= BigInt(count)) {
      return BigInt(this.#slots.filled(inode)) * (chunkBytes + chunkHeaderBytes);
    }
    const lastIndex = Number(last);
    const beyond = this.#slots.filledFrom(inode, lastIndex);
    const full = BigInt(this.#slots.filled(inode) - beyond) * (chunkBytes + chunkHeaderBytes);
    if (this.#slots.get(inode, lastIndex) === 0) return full;
    const part = bytes - (last << chunkBits);
    return full + ((part + blockBytes - 1n) / blockBytes) * blockBytes + chunkHeaderBytes;
  }

  /** Adds a tally to a directory and everything above it. */
  add(directory: number, tally: Tally): void {
    this.#spread(directory, tally, 1);
  }

  subtract(directory: number, tally: Tally): void {
    this.#spread(directory, tally, -1);
  }

  /** After a change of a file: replaces what it counted before, above each of its names. */
  replace(inode: number, before: Tally): void {
    const after = this.tallyOf(inode);
    const change: Tally = {
      inodes: 0,
      directories: 0,
      files: 0,
      chunks: after.chunks - before.chunks,
      length: after.length - before.length,
      size: after.size - before.size,
      realSize: after.realSize - before.realSize,
    };
    if (
      change.chunks === 0 &&
      change.length === 0n &&
      change.size === 0n &&
      change.realSize === 0n
    ) {
      return;
    }
    this.#addNameless(this.#nodes.type(inode), change.length);
    let edge = this.#nodes.firstName(inode);
    while (edge !== 0) {
      this.#spread(this.#edges.parent(edge), change, 1);
      edge = this.#edges.nextName(edge);
    }
  }

  /** Counts a file that came to the trash or the sustained files. */
  addNameless(inode: number): void {
    this.#addNameless(this.#nodes.type(inode), this.#nodes.length(inode));
  }

  /** Before a file leaves the trash or the sustained files. */
  subtractNameless(inode: number): void {
    this.#addNameless(this.#nodes.type(inode), -this.#nodes.length(inode));
  }

  /** Adds to one directory only: a loader sums from the leaves up. */
  addHere(directory: number, tally: Tally): void {
    this.#addTo(this.#nodes.statistics(directory), tally, 1);
  }

  #addNameless(type: number, change: bigint): void {
    if (type === nodeType.trash) this.trashLength += change;
    else if (type === nodeType.sustained) this.sustainedLength += change;
  }

  #spread(directory: number, tally: Tally, sign: 1 | -1): void {
    let current = directory;
    while (current !== 0) {
      this.#addTo(this.#nodes.statistics(current), tally, sign);
      current = this.#edges.parentOf(current);
    }
  }

  #addTo(record: number, tally: Tally, sign: 1 | -1): void {
    this.#count(record, inodes, sign * tally.inodes);
    this.#count(record, directories, sign * tally.directories);
    this.#count(record, files, sign * tally.files);
    this.#count(record, chunks, sign * tally.chunks);
    this.#sum(record, length, tally.length, sign);
    this.#sum(record, size, tally.size, sign);
    this.#sum(record, realSize, tally.realSize, sign);
  }

  #count(record: number, word: number, change: number): void {
    if (change !== 0) this.#pool.set(record, word, this.#pool.get(record, word) + change);
  }

  #sum(record: number, word: number, change: bigint, sign: 1 | -1): void {
    if (change === 0n) return;
    const sum = this.#pool.get64(record, word) + (sign === 1 ? change : -change);
    this.#pool.set64(record, word, BigInt.asUintN(64, sum));
  }
}
