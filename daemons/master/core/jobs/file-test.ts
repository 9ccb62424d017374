// The test of all files: are their chunks known, do they have copies, are they to be archived? A part every
// 100 ms, by inode number. Spec: semantics-master.md 22.

import type { FileLoopFigures } from "../admin/providers.ts";
import { noFileLoop } from "../admin/providers.ts";
import { archiveCommand } from "../changes/archive.ts";
import type { ChunkCore } from "../chunks/chunk-core.ts";
import { refresh } from "../chunks/operations.ts";
import { chunkOperation } from "../store/chunks.ts";
import { extraAttribute } from "../store/nodes.ts";
import type { World } from "../store/world.ts";
import { CopyCounts } from "./copy-counts.ts";
import { FileFigures, missingReason } from "./file-figures.ts";
import type { JobSettings } from "./settings.ts";

const startDelayMs = 900_000;
/** Copies of a server that left may be back soon, or elsewhere. */
const pauseAfterLossMs = 600_000;
const stepMs = 100;
/** A pass takes at most so many steps, about 55 minutes. */
const stepsMax = 32_768;
/** With few inodes a pass takes this many steps, and begins no sooner; in between, so many go into a step. */
const stepsMin = 3000;
const inodesPerStep = 512;
/** A step ends early when its files have many chunks. */
const chunksPerStep = 20_000;
const chunkBits = 26n;
const chunkBytes = 0x400_0000n;
/** A chunk that lost its file is kept so long, in case that a copy comes back. */
const orphanLockSeconds = 7 * 86_400;
const timeMax = 0xffff_ffff;

/** The test. `tick` it fifty times a second, and tell it when a chunkserver was lost. */
export class FileTest {
  readonly #world: World;
  readonly #core: ChunkCore;
  #settings: JobSettings;
  readonly #counts = new CopyCounts();
  #notBeforeMs: number | undefined;
  #nextStepMs = 0;
  #passStartedMs = 0;
  #inode = 1;
  #found = new FileFigures();
  #figures = noFileLoop;
  /** Slots of the present file that are to be emptied, and chunks seen in this step. */
  readonly #useless: number[] = [];
  #chunksSeen = 0;

  constructor(world: World, core: ChunkCore, settings: JobSettings) {
    this.#world = world;
    this.#core = core;
    this.#settings = settings;
  }

  /** New settings, at a reload. */
  configure(settings: JobSettings): void {
    this.#settings = settings;
  }

  /** What the last complete pass found. */
  get figures(): FileLoopFigures {
    return this.#figures;
  }

  /** A chunkserver is gone. */
  serverLost(): void {
    const pausedTo = this.#core.nowMs + pauseAfterLossMs;
    this.#notBeforeMs = Math.max(this.#startMs, pausedTo);
  }

  tick(): void {
    const { nowMs } = this.#core;
    if (nowMs < this.#startMs || nowMs < this.#nextStepMs) return;
    this.#nextStepMs = nowMs + stepMs;
    this.#chunksSeen = 0;
    if (this.#inode === 1) this.#passStartedMs = nowMs;
    const { maxInode } = this.#world.nodes;
    let left = inodesOfStep(maxInode);
    while (left > 0 && this.#inode <= maxInode && this.#chunksSeen < chunksPerStep) {
      if (this.#world.nodes.isFile(this.#inode)) this.#testFile(this.#inode);
      this.#inode++;
      left--;
    }
    if (this.#inode > maxInode) this.#endPass();
  }

  get #startMs(): number {
    return (this.#notBeforeMs ??= this.#core.nowMs + startDelayMs);
  }

  #endPass(): void {
    this.#inode = 1;
    const sooner = this.#passStartedMs + stepsMin * stepMs;
    this.#nextStepMs = Math.max(this.#nextStepMs, sooner);
    this.#figures = this.#found.publish(this.#figures.loopEnd, this.#core.now);
    this.#found = new FileFigures();
    const { missingChunks } = this.#figures;
    if (missingChunks > 0) this.#core.events.log(`${missingChunks} chunks of files are missing`);
  }

  #testFile(inode: number): void {
    const { nodes, slots } = this.#world;
    const found = { missing: false, underGoal: false };
    const ready = this.#isToBeArchived(inode);
    let archive = false;
    slots.forEach(inode, (index, chunkId) => {
      const chunk = this.#testSlot(inode, index, chunkId, found);
      if (ready && chunk !== 0 && !this.#core.chunks.archivedOf(chunk)) archive = true;
    });
    this.#found.addFile(nodes.type(inode), nodes.links(inode), found);
    for (const index of this.#useless.splice(0)) this.#emptySlot(inode, index);
    if (archive) this.#archive(inode);
  }

  /** Returns the record of the slot's chunk, or 0. */
  #testSlot(
    inode: number,
    index: number,
    chunkId: number,
    found: { missing: boolean; underGoal: boolean },
  ): number {
    const { chunks, rules } = this.#core;
    this.#chunksSeen++;
    this.#found.countChunk();
    const chunk = chunks.find(chunkId);
    if (chunk === 0) {
      this.#found.addUnknown(chunkId, inode, index);
      found.missing = true;
      return 0;
    }
    refresh(this.#core, chunk);
    if (chunks.usableCopiesOf(chunk) === 0) {
      if (this.#isUseless(inode, index, chunk)) this.#useless.push(index);
      else {
        found.missing = true;
        const reason = this.#reasonOf(chunk);
        const missing = { chunkId: BigInt(chunkId), inode, index, reason };
        this.#found.addMissing(missing, this.#settings.missingLogMax);
      }
      return chunk;
    }
    const goal = rules.goalOf(chunks.classOf(chunk), chunks.archivedOf(chunk));
    if (chunks.regularCopiesOf(chunk) < goal) {
      found.underGoal = true;
      this.#found.countUnderGoal();
    }
    return chunk;
  }

  /** Behind the end of the file, and nobody works on it: nothing is lost with it. */
  #isUseless(inode: number, index: number, chunk: number): boolean {
    const used = (this.#world.nodes.length(inode) + chunkBytes - 1n) >> chunkBits;
    if (BigInt(index) < used || this.#core.isLocked(chunk)) return false;
    return this.#core.chunks.operationOf(chunk) === chunkOperation.none;
  }

  #reasonOf(chunk: number): number {
    this.#counts.take(this.#core.chunks, chunk);
    if (this.#counts.all === 0) return missingReason.noCopy;
    return this.#counts.stale > 0 ? missingReason.wrongVersions : missingReason.invalidCopies;
  }

  #emptySlot(inode: number, index: number): void {
    const { chunks, commit, now } = this.#core;
    const chunk = chunks.find(this.#world.slots.get(inode, index));
    commit({ op: "SETFILECHUNK", inode, index, chunk: 0 });
    if (chunk === 0 || chunks.referencesOf(chunk) > 0) return;
    chunks.setLockedTo(chunk, now + orphanLockSeconds);
  }

  /** Immutable files are left alone: a replay of the change would deny them. */
  #isToBeArchived(inode: number): boolean {
    const { nodes, classes } = this.#world;
    const delay = classes.archiveDelay(nodes.storageClass(inode));
    if (delay === 0 || (nodes.extra(inode) & extraAttribute.immutable) !== 0) return false;
    const due = nodes.changeTime(inode) + delay;
    return due <= timeMax && due < this.#core.now;
  }

  #archive(inode: number): void {
    this.#core.commit({ op: "ARCHCHG", inode, uid: 0, command: archiveCommand.set });
    this.#world.slots.forEach(inode, (_index, chunkId) => {
      const chunk = this.#core.chunks.find(chunkId);
      if (chunk !== 0) this.#core.jobs.onChunkState(chunk, true);
    });
  }
}

/** Inode numbers that one step looks at: small trees are passed sooner, large ones in stepsMax steps. */
export function inodesOfStep(maxInode: number): number {
  const sooner = Math.min(inodesPerStep, Math.ceil(maxInode / stepsMin));
  return Math.max(1, sooner, Math.ceil(maxInode / stepsMax));
}
