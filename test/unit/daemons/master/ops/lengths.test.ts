// Lengths that clients ask for have a limit, whichever request carries them. Spec: semantics-master.md sections 1, 14.2
// and 15.3; docs/observed.md, Lengths.

import assert from "node:assert/strict";
import { test } from "node:test";
import { truncateFlags } from "../../../../../daemons/protocol/packets/client-data.ts";
import { writeChunkEnd } from "../../../../../daemons/master/core/ops/data.ts";
import { truncate } from "../../../../../daemons/master/core/ops/truncate.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { root, TestMaster } from "./test-master.ts";

const longest = 2n ** 57n;
const tooLong = [longest + 1n, 2n ** 63n, 2n ** 64n - 1n];

function withFile() {
  const master = new TestMaster();
  const mount = master.connect();
  const other = master.connect();
  const inode = master.file(1, "f");
  for (const { session } of [mount, other]) {
    master.commit({ op: "ACQUIRE", session: session.id, inode });
  }
  master.takeLines();
  return { master, mount, inode };
}

test("the end of a write raises a file to 2^57 bytes at most, and changes nothing beyond", () => {
  const { master, mount, inode } = withFile();
  const end = (length: bigint) =>
    master.ask(mount, writeChunkEnd, { chunkId: 0, inode, index: 0, length, flags: 0 });
  const { sent } = master;
  for (const length of tooLong) {
    const before = sent.length;
    assert.deepEqual(end(length), status.INDEXTOOBIG);
    assert.equal(sent.length, before + 1, "others hear nothing");
  }
  assert.deepEqual(master.takeLines(), []);
  end(longest);
  assert.deepEqual(master.takeLines(), [`LENGTH(${inode},${longest},0)`]);
});

test("a file that a log made longer than 2^57 bytes is written all the same", () => {
  const { master, mount, inode } = withFile();
  const length = longest + 1n;
  master.commit({ op: "LENGTH", inode, length, touch: 0 });
  master.takeLines();
  const end = { chunkId: 0, inode, index: 0, length, flags: 0 };
  assert.notEqual(master.ask(mount, writeChunkEnd, end), status.INDEXTOOBIG);
  assert.deepEqual(master.takeLines(), []);
});

test("no truncation, report or reservation leads beyond 2^57 bytes", () => {
  const { master, mount, inode } = withFile();
  const { opened, update, reserve } = truncateFlags;
  const ask = (flags: number, length: bigint) =>
    master.ask(mount, truncate, { inode, flags: opened | flags, caller: root, length });
  for (const flags of [0, update, reserve, update | reserve]) {
    for (const length of tooLong) assert.equal(ask(flags, length), status.INDEXTOOBIG);
  }
  assert.deepEqual(master.takeLines(), []);
  assert.notEqual(ask(reserve, longest - 1n), status.INDEXTOOBIG);
  assert.equal(ask(reserve, 2n), status.INDEXTOOBIG, "one byte is left");
});
