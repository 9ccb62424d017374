// Chunks of one file appended to another. Spec: wire-client-master-3.md section 6.10, semantics-master.md 17.2.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller } from "../../../../../daemons/protocol/caller.ts";
import { disabled } from "../../../../../daemons/master/core/client.ts";
import { appendSlice } from "../../../../../daemons/master/core/ops/append.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { extraAttribute } from "../../../../../daemons/master/core/store/nodes.ts";
import { root, TestMaster, user } from "./test-master.ts";

const chunkBytes = 1n << 26n;
const whole = { flags: 0, from: 0, to: 0x8000_0000 };
const sourceLength = 2n * chunkBytes + 100_000n;

/** `source` of three chunks (the second a hole) and `target` of one. */
function withFiles() {
  const master = new TestMaster();
  const mount = master.connect();
  const source = master.file(1, "source");
  const target = master.file(1, "target");
  const ids = [0, 2].map((index) => master.write(source, index, sourceLength));
  master.write(target, 0, 100_000n);
  master.takeLines();
  const ask = (
    slice: { flags: number; from: number; to: number },
    changes: { source?: number; target?: number; caller?: Caller } = {},
    client = mount,
  ) => master.ask(client, appendSlice, { target, source, caller: root, ...slice, ...changes });
  return { master, mount, source, target, ids, ask };
}

test("spec 3 6.10: chunks are shared from the next whole chunk on, and everybody hears of the length", () => {
  const { master, mount, source, target, ids, ask } = withFiles();
  const other = master.connect();
  for (const { session } of [mount, other]) {
    master.commit({ op: "ACQUIRE", session: session.id, inode: target });
  }
  master.takeLines();
  assert.equal(ask(whole), status.OK);
  assert.deepEqual(master.takeLines(), [`APPEND(${target},${source},0,2)`]);
  const { slots, nodes, chunks } = master.world;
  const length = 3n * chunkBytes + 100_000n;
  assert.equal(nodes.length(target), length);
  assert.deepEqual(
    [1, 2, 3].map((index) => slots.get(target, index)),
    [ids[0], 0, ids[1]],
  );
  for (const id of ids) assert.equal(chunks.referencesOf(chunks.find(id)), 2);
  const news = master.sent.filter(({ name }) => name === "MATOCL_FUSE_FLENG_HAS_CHANGED");
  assert.deepEqual(new Set(news.map(({ peer }) => peer)), new Set([mount.peer, other.peer]));
  assert.equal(news.length, 2);
  for (const { value } of news) assert.deepEqual(value, { inode: target, length });
});

test("spec 3 6.10: ends of a slice can be counted from the end", () => {
  const { master, ask, source, target } = withFiles();
  const logged = (slice: typeof whole) => {
    assert.equal(ask(slice), status.OK);
    return master.takeLines();
  };
  const line = (from: number, to: number) => [`APPEND(${target},${source},${from},${to})`];
  assert.deepEqual(logged({ flags: 1, from: 1, to: 0x8000_0000 }), line(2, 2));
  assert.deepEqual(logged({ flags: 2, from: 0, to: 1 }), line(0, 1));
  assert.deepEqual(logged({ flags: 1, from: 9, to: 1 }), line(0, 0));
  assert.deepEqual(logged({ flags: 2, from: 0, to: 9 }), [], "nothing is before the start");
  assert.deepEqual(logged({ flags: 0, from: 5, to: 9 }), []);
  assert.deepEqual(logged({ flags: 0, from: 2, to: 2 }), []);
});

test("spec 3 6.10: refusals come in order", () => {
  const { master, ask, source, target } = withFiles();
  const readOnly = { sessionFlags: 0x01 };
  const never = master.connect("mount", { ...readOnly, disables: disabled.appendChunks });
  assert.equal(ask(whole, { source: target }, never), status.EPERM);
  const locked = master.connect("mount", readOnly);
  assert.equal(ask(whole, { source: target }, locked), status.EINVAL);
  assert.equal(ask(whole, {}, locked), status.EROFS);
  assert.equal(ask(whole, { source: 999, target: 1 }), status.ENOENT);
  assert.equal(ask(whole, { source: 1 }), status.EPERM);
  const secret = master.file(1, "secret", root, 0o600);
  assert.equal(ask(whole, { source: secret, target: 1, caller: user }), status.EACCES);
  assert.equal(ask(whole, { target: 1 }), status.EPERM);
  assert.equal(ask(whole, { caller: user }), status.EACCES);
  master.mark(target, extraAttribute.immutable);
  assert.equal(ask(whole, { caller: user }), status.EPERM);
  const other = master.file(1, "other");
  const length = 2n ** 57n;
  master.commit({ op: "LENGTH", inode: other, length, touch: 0 });
  master.mark(other, extraAttribute.appendOnly);
  master.takeLines();
  assert.equal(ask(whole, { target: other }), status.INDEXTOOBIG);
  assert.equal(ask({ ...whole, from: 3 }, { target: other }), status.OK);
  assert.equal(master.world.nodes.length(other), length);
  assert.equal(master.world.nodes.length(source), sourceLength);
  assert.deepEqual(master.takeLines(), []);
});

test("spec 3 6.10: quotas see what the target counts more", () => {
  const { master, ask, target } = withFiles();
  const before = master.world.statistics.of(1);
  const full = chunkBytes + 0x2000n;
  // Its own chunk becomes a full one; then a full one and 128 KiB come.
  const size = full - (0x2_0000n + 0x2000n) + full + 0x2_0000n + 0x2000n;
  const limit = (hardSize: bigint) =>
    master.world.quotas.set(1, {
      exceeded: false,
      flags: 0x40,
      softTime: 0,
      softInodes: 0,
      hardInodes: 0,
      softLength: 0n,
      hardLength: 0n,
      softSize: 0n,
      hardSize,
      softRealSize: 0n,
      hardRealSize: 0n,
      gracePeriod: 0,
    });
  limit(before.size + size - 1n);
  assert.equal(ask(whole), status.QUOTA);
  limit(before.size + size);
  assert.equal(ask(whole), status.OK);
  assert.equal(master.world.statistics.of(1).size, before.size + size);
  assert.equal(master.world.nodes.length(target), 3n * chunkBytes + 100_000n);
});
