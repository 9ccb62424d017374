// Which chunk holds which 64 MiB of a file. Most files have at most one chunk: its id lies in the inode
// itself. Larger tables are sparse: blocks of slots, made only where there is a chunk, so that one byte
// written just below 2^57 costs one block. Spec: semantics-master.md sections 10.3 and 29.

import { HashIndex, mix } from "./hash-index.ts";
import { slotWords } from "./nodes.ts";
import type { Nodes } from "./nodes.ts";
import { Pool } from "./records.ts";

const slotsPerBlock = 16;

/** Block: inode, number of the block in the file, next block of the file, hash chain, then the slots. */
const blockInode = 0;
const blockNumber = 1;
const blockNext = 2;
const blockChain = 3;
const blockSlots = 4;

/** Table of a file with several slots: first block, and how many slots are filled. */
const tableFirst = 0;
const tableFilled = 1;

/** Chunk slots of all files. A slot holds a chunk id, or 0 for a hole. */
export class Slots {
  readonly #nodes: Nodes;
  readonly #blocks = new Pool(blockSlots + 2 * slotsPerBlock);
  readonly #tables = new Pool(2);
  readonly #index: HashIndex;

  constructor(nodes: Nodes) {
    this.#nodes = nodes;
    this.#index = new HashIndex(this.#blocks, blockChain, (block) =>
      blockHash(this.#blocks.get(block, blockInode), this.#blocks.get(block, blockNumber)),
    );
  }

  get bytes(): number {
    return this.#blocks.bytes + this.#tables.bytes + this.#index.bytes;
  }

  /** Slots of the file, holes included. */
  count(inode: number): number {
    return this.#nodes.get(inode, slotWords.count);
  }

  /** Slots that hold a chunk. */
  filled(inode: number): number {
    if (this.count(inode) > 1) return this.#tables.get(this.#table(inode), tableFilled);
    return this.#nodes.get53(inode, slotWords.low) === 0 ? 0 : 1;
  }

  /** The chunk id in a slot; 0 for a hole and beyond the table. */
  get(inode: number, index: number): number {
    const count = this.count(inode);
    if (index >= count) return 0;
    if (count === 1) return this.#nodes.get53(inode, slotWords.low);
    const block = this.#findBlock(inode, Math.floor(index / slotsPerBlock));
    return block === 0 ? 0 : this.#blocks.get53(block, slotWord(index));
  }

  /** Puts a chunk id into a slot, extending the table with holes. */
  set(inode: number, index: number, chunkId: number): void {
    if (index >= this.count(inode)) this.extend(inode, index + 1);
    if (this.count(inode) === 1) {
      this.#nodes.set53(inode, slotWords.low, chunkId);
      return;
    }
    const number = Math.floor(index / slotsPerBlock);
    let block = this.#findBlock(inode, number);
    if (block === 0) {
      if (chunkId === 0) return;
      block = this.#makeBlock(inode, number);
    }
    const before = this.#blocks.get53(block, slotWord(index));
    this.#blocks.set53(block, slotWord(index), chunkId);
    const change = (chunkId === 0 ? 0 : 1) - (before === 0 ? 0 : 1);
    if (change !== 0) {
      const table = this.#table(inode);
      this.#tables.set(table, tableFilled, this.#tables.get(table, tableFilled) + change);
    }
  }

  /** Makes the table at least `count` slots long. */
  extend(inode: number, count: number): void {
    const before = this.count(inode);
    if (count <= before) return;
    if (before <= 1 && count > 1) {
      const chunkId = this.#nodes.get53(inode, slotWords.low);
      this.#nodes.set53(inode, slotWords.low, this.#tables.allocate());
      this.#nodes.set(inode, slotWords.count, count);
      if (chunkId !== 0) this.set(inode, 0, chunkId);
      return;
    }
    this.#nodes.set(inode, slotWords.count, count);
  }

  /** Makes the table at most `count` slots long; `dropped` hears of each chunk that goes. */
  cut(inode: number, count: number, dropped: (chunkId: number) => void): void {
    const before = this.count(inode);
    if (count >= before) return;
    if (before === 1) {
      const chunkId = this.#nodes.get53(inode, slotWords.low);
      this.#nodes.set53(inode, slotWords.low, 0);
      this.#nodes.set(inode, slotWords.count, 0);
      if (chunkId !== 0) dropped(chunkId);
      return;
    }
    this.#cutTable(inode, count, dropped);
  }

  /** Calls back for each filled slot, in order of index. */
  forEach(inode: number, each: (index: number, chunkId: number) => void): void {
    const count = this.count(inode);
    if (count === 0) return;
    if (count === 1) {
      const chunkId = this.#nodes.get53(inode, slotWords.low);
      if (chunkId !== 0) each(0, chunkId);
      return;
    }
    for (const block of this.#blocksInOrder(inode)) {
      const start = this.#blocks.get(block, blockNumber) * slotsPerBlock;
      for (let at = 0; at < slotsPerBlock; at++) {
        const chunkId = this.#blocks.get53(block, blockSlots + 2 * at);
        if (chunkId !== 0) each(start + at, chunkId);
      }
    }
  }

  /** Filled slots at `from` or later. */
  filledFrom(inode: number, from: number): number {
    const count = this.count(inode);
    if (from >= count) return 0;
    if (from === 0) return this.filled(inode);
    let filled = 0;
    this.forEach(inode, (index) => {
      if (index >= from) filled++;
    });
    return filled;
  }

  /** The last filled slot and one more: what an image stores. */
  storedCount(inode: number): number {
    let last = 0;
    this.forEach(inode, (index) => {
      last = index + 1;
    });
    return last;
  }

  #cutTable(inode: number, count: number, dropped: (chunkId: number) => void): void {
    const table = this.#table(inode);
    let before = 0;
    let block = this.#tables.get(table, tableFirst);
    while (block !== 0) {
      const next = this.#blocks.get(block, blockNext);
      const left = this.#cutBlock(table, block, count, dropped);
      if (left) before = block;
      else {
        if (before === 0) this.#tables.set(table, tableFirst, next);
        else this.#blocks.set(before, blockNext, next);
        const number = this.#blocks.get(block, blockNumber);
        this.#index.remove(block, blockHash(inode, number));
        this.#blocks.release(block);
      }
      block = next;
    }
    if (count > 1) this.#nodes.set(inode, slotWords.count, count);
    else this.#backToInline(inode, table, count);
  }

  /** Empties a block's slots from `count` on; whether anything can be left of it. */
  #cutBlock(table: number, block: number, count: number, dropped: (id: number) => void): boolean {
    const start = this.#blocks.get(block, blockNumber) * slotsPerBlock;
    for (let at = Math.max(0, count - start); at < slotsPerBlock; at++) {
      const chunkId = this.#blocks.get53(block, blockSlots + 2 * at);
      if (chunkId === 0) continue;
      this.#blocks.set53(block, blockSlots + 2 * at, 0);
      this.#tables.set(table, tableFilled, this.#tables.get(table, tableFilled) - 1);
      dropped(chunkId);
    }
    return start < count;
  }

  #backToInline(inode: number, table: number, count: number): void {
    const block = this.#findBlock(inode, 0);
    const chunkId = count === 0 || block === 0 ? 0 : this.#blocks.get53(block, blockSlots);
    if (block !== 0) {
      this.#index.remove(block, blockHash(inode, 0));
      this.#blocks.release(block);
    }
    this.#tables.release(table);
    this.#nodes.set53(inode, slotWords.low, chunkId);
    this.#nodes.set(inode, slotWords.count, count);
  }

  #table(inode: number): number {
    return this.#nodes.get(inode, slotWords.low);
  }

  #findBlock(inode: number, number: number): number {
    let block = this.#index.first(blockHash(inode, number));
    while (block !== 0) {
      const found =
        this.#blocks.get(block, blockInode) === inode &&
        this.#blocks.get(block, blockNumber) === number;
      if (found) return block;
      block = this.#index.next(block);
    }
    return 0;
  }

  #makeBlock(inode: number, number: number): number {
    const table = this.#table(inode);
    const block = this.#blocks.allocate();
    this.#blocks.set(block, blockInode, inode);
    this.#blocks.set(block, blockNumber, number);
    this.#blocks.set(block, blockNext, this.#tables.get(table, tableFirst));
    this.#tables.set(table, tableFirst, block);
    this.#index.insert(block, blockHash(inode, number));
    return block;
  }

  #blocksInOrder(inode: number): number[] {
    const blocks: number[] = [];
    let block = this.#tables.get(this.#table(inode), tableFirst);
    while (block !== 0) {
      blocks.push(block);
      block = this.#blocks.get(block, blockNext);
    }
    const number = (block: number) => this.#blocks.get(block, blockNumber);
    return blocks.sort((left, right) => number(left) - number(right));
  }
}

function slotWord(index: number): number {
  return blockSlots + 2 * (index % slotsPerBlock);
}

function blockHash(inode: number, number: number): number {
  return mix(inode ^ Math.imul(number + 1, 0x9e37_79b1));
}
