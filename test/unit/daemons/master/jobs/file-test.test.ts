// The test of all files, pass by pass. Spec: semantics-master.md 22.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FileTest, inodesOfStep } from "../../../../../daemons/master/core/jobs/file-test.ts";
import { defaultJobSettings } from "../../../../../daemons/master/core/jobs/settings.ts";
import { extraAttribute, rootInode } from "../../../../../daemons/master/core/store/nodes.ts";
import { copyState } from "../../../../../daemons/master/core/store/copies.ts";
import { bytes, TestMaster } from "../ops/test-master.ts";

const startSeconds = 901;
const chunkBytes = 0x400_0000n;

/** A master with two chunkservers and the test. */
class Bench {
  readonly master = new TestMaster();
  readonly one = this.master.chunkserver(1);
  readonly two = this.master.chunkserver(2);
  readonly test: FileTest;
  #ms = 0;

  constructor(missingLogMax = 100) {
    const { world } = this.master.service;
    const settings = { ...defaultJobSettings, missingLogMax };
    this.test = new FileTest(world, this.master.chunkCore, settings);
  }

  /** Time passes at once. */
  run(seconds: number): void {
    for (let step = 0; step < seconds * 10; step++) {
      this.#ms += 100;
      if (this.#ms % 1000 === 0) this.master.now++;
      this.master.chunkCore.setTime(this.master.now, this.#ms);
      this.test.tick();
    }
  }

  /** The first whole pass after the start. */
  runPass(): void {
    this.run(startSeconds + 10);
  }

  file(name: string, ...copies: readonly number[]): { inode: number; chunkId: number } {
    const inode = this.master.file(rootInode, name);
    const chunkId = this.master.write(inode, 0, 100n);
    for (const slot of copies) this.master.addCopy(chunkId, slot, copyState.valid);
    return { inode, chunkId };
  }
}

describe("the test of files", () => {
  it("begins 900 s after the start and tells what a complete pass found", () => {
    const bench = new Bench();
    bench.file("whole", bench.one, bench.two);
    bench.file("half", bench.one);
    const gone = bench.file("gone");
    bench.master.link(gone.inode, rootInode, "gone too");
    bench.run(899);
    assert.equal(bench.test.figures.loopEnd, 0);
    bench.run(10);
    const { missing, messages, loopEnd, ...figures } = bench.test.figures;
    assert.notEqual(loopEnd, 0);
    assert.deepEqual(missing[0], {
      chunkId: BigInt(gone.chunkId),
      inode: gone.inode,
      index: 0,
      reason: 0,
    });
    assert.equal(messages, "");
    assert.deepEqual(
      { ...figures, loopStart: undefined },
      {
        loopStart: undefined,
        files: 3,
        underGoalFiles: 1,
        missingFiles: 2,
        missingTrashFiles: 0,
        missingSustainedFiles: 0,
        chunks: 3,
        underGoalChunks: 1,
        missingChunks: 1,
      },
    );
  });

  it("says why a chunk is missing, up to the log's capacity", () => {
    const bench = new Bench(2);
    const stale = bench.file("stale");
    const damaged = bench.file("damaged");
    bench.file("gone");
    bench.master.addCopy(stale.chunkId, bench.one, copyState.wrongVersion, 5);
    bench.master.addCopy(stale.chunkId, bench.two, copyState.invalid, 0);
    bench.master.addCopy(damaged.chunkId, bench.one, copyState.invalid, 0);
    bench.runPass();
    const { missing, missingChunks } = bench.test.figures;
    assert.equal(missingChunks, 3);
    assert.deepEqual(
      missing.map(({ inode, reason }) => [inode, reason]),
      [
        [stale.inode, 2],
        [damaged.inode, 1],
      ],
    );
  });

  it("counts missing files in the trash apart", () => {
    const bench = new Bench();
    bench.file("gone");
    bench.master.remove(rootInode, "gone");
    bench.runPass();
    const { missingFiles, missingTrashFiles } = bench.test.figures;
    assert.deepEqual([missingFiles, missingTrashFiles], [0, 1]);
  });

  it("names slots whose chunk has no record", () => {
    const bench = new Bench();
    const { inode, chunkId } = bench.file("odd", bench.one, bench.two);
    const { slots } = bench.master.service.world;
    slots.set(inode, 0, chunkId + 0xff00);
    bench.runPass();
    const id = (chunkId + 0xff00).toString(16).toUpperCase().padStart(16, "0");
    assert.equal(
      bench.test.figures.messages,
      `structure error - chunk ${id} not found (inode: ${inode} ; index: 0)\nunknown chunks: 1\n`,
    );
    assert.equal(bench.test.figures.missingFiles, 1);
  });

  it("empties slots behind the end of a file that have no copy, and keeps the record a week", () => {
    const bench = new Bench();
    const { inode } = bench.file("long", bench.one, bench.two);
    const behind = bench.master.write(inode, 3, 4n * chunkBytes);
    bench.master.commit({ op: "LENGTH", inode, length: 100n, touch: 0 });
    const { slots, chunks } = bench.master.service.world;
    if (slots.get(inode, 3) === 0) slots.set(inode, 3, behind);
    bench.master.takeLines();
    bench.runPass();
    assert.deepEqual(bench.master.takeLines(), [`SETFILECHUNK(${inode},3,0)`]);
    assert.equal(bench.test.figures.missingChunks, 0);
    const lockedTo = chunks.lockedToOf(chunks.find(behind));
    assert(lockedTo > bench.master.now + 6 * 86_400);
  });

  it("archives files whose time has come, but not immutable ones", () => {
    const bench = new Bench();
    const { world } = bench.master.service;
    const labels = [[0, 0, 0, 0]];
    const base = { adminOnly: false, mode: 1, create: labels, keep: labels, archive: labels };
    world.classes.set({ ...base, id: 20, name: bytes("slow"), archiveDays: 1 });
    const due = bench.file("due", bench.one);
    const young = bench.file("young", bench.one);
    const fixed = bench.file("fixed", bench.one);
    for (const { inode } of [due, young, fixed]) world.nodes.setStorageClass(inode, 20);
    for (const { inode } of [due, fixed])
      world.nodes.setChangeTime(inode, bench.master.now - 90_000);
    world.nodes.setExtra(fixed.inode, extraAttribute.immutable);
    bench.master.takeLines();
    bench.runPass();
    assert.deepEqual(bench.master.takeLines(), [`ARCHCHG(${due.inode},0,1):1,0,0`]);
    assert(world.chunks.archivedOf(world.chunks.find(due.chunkId)));
    assert(!world.chunks.archivedOf(world.chunks.find(young.chunkId)));
  });

  it("begins no sooner than five minutes after the pass before began", () => {
    const bench = new Bench();
    bench.file("whole", bench.one, bench.two);
    bench.runPass();
    const first = bench.test.figures.loopEnd;
    assert.equal(bench.test.figures.loopStart, 0);
    bench.run(280);
    assert.equal(bench.test.figures.loopEnd, first);
    bench.run(30);
    assert.equal(bench.test.figures.loopStart, first);
  });

  it("pauses ten minutes after a chunkserver was lost", () => {
    const bench = new Bench();
    bench.file("whole", bench.one, bench.two);
    bench.run(startSeconds);
    bench.test.serverLost();
    const before = bench.test.figures.loopEnd;
    bench.run(590);
    assert.equal(bench.test.figures.loopEnd, before);
    bench.run(20);
    assert(bench.test.figures.loopEnd > before);
  });

  it("takes five minutes for small trees, 55 at most for large ones", () => {
    assert.equal(inodesOfStep(1), 1);
    assert.equal(inodesOfStep(300_000), 100);
    assert.equal(inodesOfStep(10_000_000), 512);
    assert.equal(inodesOfStep(100_000_000), 3052);
  });
});
