// Sums the entries of one directory while an image is loaded. A bigint per file would cost more than all the
// rest of loading, so bytes are summed as numbers as long as they fit. Spec: semantics-master.md 10.3.

import { nodeType } from "../store/nodes.ts";
import type { Tally } from "../store/statistics.ts";
import type { World } from "../store/world.ts";

const chunkBytes = 0x400_0000;
const blockBytes = 0x1_0000;
const chunkHeaderBytes = 0x2000;
/** Sums below this stay exact when one more file that is not longer is added. */
const exactMax = 2 ** 52;

/** Use it for one directory after the other. */
export class DirectorySum {
  readonly #world: World;
  #inodes = 0;
  #files = 0;
  #chunks = 0;
  #length = 0;
  #size = 0;
  #realSize = 0;
  /** What did not fit, and what came as a tally. */
  #directories = 0;
  #lengthBeyond = 0n;
  #sizeBeyond = 0n;
  #realSizeBeyond = 0n;

  constructor(world: World) {
    this.#world = world;
  }

  /** Sums up a directory whose subdirectories are summed up. */
  sum(directory: number): void {
    const { edges, nodes, statistics } = this.#world;
    let edge = nodes.firstEntry(directory);
    while (edge !== 0) {
      this.#add(edges.child(edge));
      edge = edges.next(edge);
    }
    statistics.addHere(directory, this.#take());
  }

  #add(inode: number): void {
    const { nodes, slots } = this.#world;
    const type = nodes.type(inode);
    if (type === nodeType.file && slots.count(inode) <= 1 && nodes.length(inode) <= chunkBytes) {
      this.#addSmallFile(inode);
    } else if (type === nodeType.file || type === nodeType.directory) {
      this.#addTally(this.#world.statistics.tallyOf(inode));
    } else {
      this.#inodes++;
      if (type === nodeType.symlink) this.#length += nodes.targetLength(inode);
    }
    if (this.#length > exactMax || this.#realSize > exactMax) this.#spill();
  }

  /** A file of at most one chunk: nearly all files are. */
  #addSmallFile(inode: number): void {
    const { nodes, slots } = this.#world;
    const length = Number(nodes.length(inode));
    this.#inodes++;
    this.#files++;
    this.#length += length;
    if (slots.filled(inode) === 0) return;
    const size = Math.ceil(length / blockBytes) * blockBytes + chunkHeaderBytes;
    this.#chunks++;
    this.#size += size;
    this.#realSize += size * nodes.countedCopies(inode);
  }

  #addTally(tally: Tally): void {
    this.#inodes += tally.inodes;
    this.#directories += tally.directories;
    this.#files += tally.files;
    this.#chunks += tally.chunks;
    this.#lengthBeyond += tally.length;
    this.#sizeBeyond += tally.size;
    this.#realSizeBeyond += tally.realSize;
  }

  #spill(): void {
    this.#lengthBeyond += BigInt(this.#length);
    this.#sizeBeyond += BigInt(this.#size);
    this.#realSizeBeyond += BigInt(this.#realSize);
    this.#length = 0;
    this.#size = 0;
    this.#realSize = 0;
  }

  /** The sum, which starts anew. */
  #take(): Tally {
    this.#spill();
    const tally = {
      inodes: this.#inodes,
      directories: this.#directories,
      files: this.#files,
      chunks: this.#chunks,
      length: this.#lengthBeyond,
      size: this.#sizeBeyond,
      realSize: this.#realSizeBeyond,
    };
    this.#inodes = 0;
    this.#directories = 0;
    this.#files = 0;
    this.#chunks = 0;
    this.#lengthBeyond = 0n;
    this.#sizeBeyond = 0n;
    this.#realSizeBeyond = 0n;
    return tally;
  }
}
