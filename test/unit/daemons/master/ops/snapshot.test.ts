// Snapshots: what is tested before one is made or removed. What a snapshot is, the change function's tests say.
// Spec: wire-client-master-3.md section 6.9, semantics-master.md section 17.1.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Caller } from "../../../../../daemons/protocol/caller.ts";
import { disabled } from "../../../../../daemons/master/core/client.ts";
import { snapshot } from "../../../../../daemons/master/core/ops/snapshot.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { extraAttribute } from "../../../../../daemons/master/core/store/nodes.ts";
import { bytes, root, TestMaster, user } from "./test-master.ts";

const remove = 0x80;
const force = 0x04;
const overwrite = 0x01;
const readOnly = { sessionFlags: 0x01 };

interface Asked {
  source: number;
  parent: number;
  name: string;
  mode: number;
  caller: Caller;
}

/** `source` with a directory `in`, in which is the file `f`; `target` is empty. */
function withTree() {
  const master = new TestMaster();
  const tools = master.connect("tools");
  const source = master.directory(1, "source");
  const inner = master.directory(source, "in");
  const file = master.file(inner, "f");
  const target = master.directory(1, "target");
  master.takeLines();
  const ask = (changes: Partial<Asked>, client = tools) => {
    const asked = { source, parent: target, name: "copy", mode: 0, caller: root, ...changes };
    return master.ask(client, snapshot, { ...asked, name: bytes(asked.name), umask: 0o22 });
  };
  const drop = (changes: Partial<Asked>, client = tools) =>
    ask({ source: 0, mode: remove, ...changes }, client);
  return { master, source, inner, file, target, ask, drop };
}

test("spec 3 6.9: a copy and its removal are one line each", () => {
  const { master, source, target, ask, drop } = withTree();
  const caller = { uid: 0, gid: 100, groups: [1001, 2002] };
  assert.equal(ask({ caller }), status.OK);
  const [made = ""] = master.takeLines();
  const groups = "[00,01001,02002]";
  assert.ok(made.startsWith(`SNAPSHOT(${source},${target},copy,0,72,0,${groups},18):`), made);
  assert.ok(made.endsWith(",0,0,0,0,3"), made);
  assert.equal(drop({}), status.OK);
  const [removed = ""] = master.takeLines();
  assert.ok(removed.startsWith(`SNAPSHOT(0,${target},copy,128,72,0,[00],18):`), removed);
  assert.ok(removed.endsWith(",3,0,0,0,0"), removed);
  assert.equal(master.world.nodes.firstEntry(target), 0);
});

test("spec 3 6.9: refusals of a copy come in order", () => {
  const { master, source, inner, file, target, ask } = withTree();
  const never = master.connect("tools", { ...readOnly, disables: disabled.snapshot });
  assert.equal(ask({ source: 0 }, never), status.EPERM);
  assert.equal(ask({ source: 0 }, master.connect("tools", readOnly)), status.EROFS);
  assert.equal(ask({ source: 0, parent: 999 }), status.EINVAL);
  assert.equal(ask({ source: 999 }), status.ENOENT);
  assert.equal(ask({ parent: 999 }), status.ENOENT);
  const secret = master.file(1, "secret", root, 0o600);
  const immutable = master.directory(1, "immutable");
  master.mark(immutable, extraAttribute.immutable);
  assert.equal(ask({ source: secret, parent: immutable, caller: user }), status.EPERM);
  assert.equal(ask({ source: secret, parent: file, caller: user }), status.EACCES);
  assert.equal(ask({ parent: file }), status.EPERM);
  assert.equal(ask({ parent: inner, caller: user }), status.EINVAL);
  assert.equal(ask({ parent: source, caller: user }), status.EINVAL);
  assert.equal(ask({ name: "..", caller: user }), status.EACCES);
  assert.equal(ask({ name: ".." }), status.EINVAL);
  assert.equal(master.world.nodes.firstEntry(target), 0);
});

test("spec 3 6.9: what stands in the way of a copy is looked at before anything changes", () => {
  const { master, source, target, ask } = withTree();
  const copy = master.directory(target, "copy");
  assert.equal(ask({ parent: 1, name: "source" }), status.EINVAL, "it is the source");
  const inside = master.directory(copy, "in");
  const file = master.file(inside, "f");
  assert.equal(ask({}), status.EEXIST);
  master.mark(file, extraAttribute.appendOnly);
  assert.equal(ask({ mode: overwrite }), status.EPERM);
  master.remove(inside, "f");
  master.directory(inside, "f");
  assert.equal(ask({ mode: overwrite }), status.EPERM, "another type");
  master.remove(inside, "f");
  master.takeLines();
  assert.equal(ask({}), status.OK, "directories are merged");
  assert.equal(master.takeLines().length, 1);
  assert.equal(ask({ mode: overwrite }), status.OK, "the same files stay");
  assert.equal(ask({ source, parent: target, name: "copy", mode: 0 }), status.EEXIST);
});

test("spec 3 6.9: quotas of merged directories and above see what is added", () => {
  const { master, target, ask } = withTree();
  const copy = master.directory(target, "copy");
  const inside = master.directory(copy, "in");
  const limit = (inode: number, hardInodes: number) =>
    master.world.quotas.set(inode, {
      exceeded: false,
      flags: 0x10,
      softTime: 0,
      softInodes: 0,
      hardInodes,
      softLength: 0n,
      hardLength: 0n,
      softSize: 0n,
      hardSize: 0n,
      softRealSize: 0n,
      hardRealSize: 0n,
      gracePeriod: 0,
    });
  limit(inside, 0);
  assert.equal(ask({}), status.QUOTA);
  limit(inside, 1);
  limit(target, 2);
  assert.equal(ask({}), status.QUOTA);
  limit(target, 3);
  assert.equal(ask({}), status.OK);
  assert.equal(ask({ name: "more" }), status.QUOTA);
});

test("spec 3 6.9: refusals of a removal come in order", () => {
  const { master, source, file, target, ask, drop } = withTree();
  const never = master.connect("tools", { ...readOnly, disables: disabled.rmdir });
  assert.equal(drop({ source }, never), status.EPERM);
  assert.equal(drop({ source }, master.connect("tools", readOnly)), status.EROFS);
  assert.equal(drop({ source, parent: 999 }), status.EINVAL);
  assert.equal(drop({ parent: 999 }), status.ENOENT);
  assert.equal(drop({ parent: file, caller: user }), status.EPERM);
  assert.equal(drop({ name: "..", caller: user }), status.EACCES);
  assert.equal(drop({ name: ".." }), status.EINVAL);
  assert.equal(drop({}), status.ENOENT);
  ask({});
  const sticky = master.directory(1, "sticky", root, 0o1777);
  ask({ parent: sticky });
  assert.equal(drop({ parent: sticky, caller: user }), status.EPERM);
  assert.equal(drop({ parent: 1, name: "source" }), status.EPERM, "it is no snapshot");
  master.mark(target, extraAttribute.appendOnly);
  assert.equal(drop({}), status.EPERM);
});

test("spec 3 6.9: a snapshot that was changed goes by force alone", () => {
  const { master, target, ask, drop } = withTree();
  const { edges } = master.world;
  ask({});
  const copy = edges.child(edges.find(target, bytes("copy")));
  master.file(copy, "added");
  assert.equal(drop({}), status.EPERM);
  assert.equal(drop({ mode: remove | force }), status.OK);
  assert.notEqual(edges.find(copy, bytes("added")), 0, "only what a snapshot made is removed");
  assert.equal(edges.find(copy, bytes("in")), 0);
});
