// Repair of files, and what it logs. Spec: wire-client-master-3.md section 6.8, semantics-master.md section 4.4.

import assert from "node:assert/strict";
import { test } from "node:test";
import { repair } from "../../../../../daemons/master/core/ops/repair.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { copyState } from "../../../../../daemons/master/core/store/copies.ts";
import { extraAttribute } from "../../../../../daemons/master/core/store/nodes.ts";
import { root, TestMaster, user } from "./test-master.ts";

const length = 5n << 26n;

test("spec 3 6.8: each slot is left, erased or repaired, in lines that the original can replay", () => {
  const master = new TestMaster();
  const tools = master.connect("tools");
  const [first, second] = [master.chunkserver(1), master.chunkserver(2)];
  const file = master.file(1, "f");
  const whole = master.write(file, 0, length);
  const lost = master.write(file, 2, length);
  const stale = master.write(file, 3, length);
  const locked = master.write(file, 4, length);
  const { chunks } = master.world;
  chunks.setLockedTo(chunks.find(locked), master.now);
  chunks.setVersion(chunks.find(stale), 9);
  master.addCopy(whole, first, copyState.valid);
  master.addCopy(lost, first, copyState.invalid, 0);
  master.addCopy(stale, first, copyState.wrongVersion, 6);
  master.addCopy(stale, second, copyState.removalWrongVersion, 7);
  master.takeLines();
  master.now++;
  const answer = master.ask(tools, repair, { inode: file, caller: root });
  assert.deepEqual(answer, { variant: "full", unchanged: 3, erased: 1, repaired: 1 });
  const { now } = master;
  const atime = master.world.nodes.accessTime(file);
  assert.deepEqual(master.takeLines(), [
    `SETFILECHUNK(${file},2,0)`,
    `SETVERSION(${stale},7)`,
    `AMTIME(${file},${atime},${now},${now})`,
  ]);
  assert.equal(chunks.referencesOf(chunks.find(lost)), 0);
  const repaired = chunks.find(stale);
  assert.equal(chunks.usableCopiesOf(repaired), 1);
  assert.ok(chunks.needsVersionOf(repaired));
  const again = master.ask(tools, repair, { inode: file, caller: root });
  assert.deepEqual(again, { variant: "full", unchanged: 5, erased: 0, repaired: 0 });
  assert.deepEqual(master.takeLines(), []);
});

test("spec 3 6.8: refusals come in order", () => {
  const master = new TestMaster();
  const tools = master.connect("tools");
  const file = master.file(1, "f");
  const ask = (inode: number, caller = root, client = tools) =>
    master.ask(client, repair, { inode, caller });
  assert.equal(ask(999, root, master.connect("tools", { sessionFlags: 1 })), status.EROFS);
  assert.equal(ask(999), status.ENOENT);
  assert.equal(ask(1), status.EPERM);
  assert.equal(ask(file, user), status.EACCES);
  master.mark(file, extraAttribute.immutable);
  assert.equal(ask(file, user), status.EPERM);
});
