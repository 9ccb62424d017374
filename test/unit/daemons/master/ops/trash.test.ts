// What a meta mount asks. Spec: wire-client-master-3.md section 1.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as trash from "../../../../../daemons/master/core/ops/trash.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { nodeType } from "../../../../../daemons/master/core/store/nodes.ts";
import { bytes, TestMaster } from "./test-master.ts";

const all = 0xffff_ffff;

/** A master with one trash file (`d/gone`) and one sustained file (`open`), and a meta session. */
function withRemoved() {
  const master = new TestMaster();
  const mount = master.connect();
  const meta = master.connect("mount", { rootInode: 0 });
  const directory = master.directory(1, "d");
  const gone = master.file(directory, "gone");
  const open = master.file(1, "open");
  master.commit({ op: "SETTRASHTIME", inode: open, uid: 0, seconds: 0, mode: 0 });
  master.commit({ op: "ACQUIRE", session: mount.session.id, inode: open });
  master.remove(directory, "gone");
  master.remove(1, "open");
  master.takeLines();
  return { master, mount, meta, directory, gone, open };
}

test("spec 3 1: trash and sustained files are listed by their paths with bars", () => {
  const { master, meta, gone, open } = withRemoved();
  const listed = { variant: "full", nodes: [{ name: bytes("d|gone"), inode: gone }] };
  assert.deepEqual(master.ask(meta, trash.listTrash, { bucket: all }), listed);
  assert.deepEqual(master.ask(meta, trash.listTrash, {}), listed);
  assert.deepEqual(master.ask(meta, trash.listTrash, { bucket: gone }), listed);
  assert.deepEqual(master.ask(meta, trash.listTrash, { bucket: gone + 1 }), {
    variant: "full",
    nodes: [],
  });
  assert.deepEqual(master.ask(meta, trash.listSustained, {}), {
    variant: "full",
    nodes: [{ name: bytes("open"), inode: open }],
  });
});

test("spec 3 1: a long path is listed by its last 235 bytes", () => {
  const path = bytes(`${"a".repeat(10)}/${"b".repeat(229)}`);
  assert.equal(path.length, 240);
  assert.deepEqual(trash.listedName(path), bytes(`${"a".repeat(10)}|${"b".repeat(229)}`));
  const longer = bytes(`${"a".repeat(10)}/${"b".repeat(230)}`);
  assert.deepEqual(trash.listedName(longer), bytes(`(...)${"a".repeat(4)}|${"b".repeat(230)}`));
});

test("spec 3 1: every request needs a meta session, whatever else is wrong", () => {
  const { master, gone } = withRemoved();
  const mount = master.connect("mount", { sessionFlags: 0x01 });
  const path = bytes("");
  for (const operation of Object.values(trash)) {
    if (typeof operation === "function") continue;
    const answer = master.ask(mount, operation, { inode: gone, path });
    assert.equal(answer, status.EPERM, operation.request.name);
  }
});

test("spec 3 1: attributes of removed files depend on the kind that is asked for", () => {
  const { master, meta, gone, open, directory } = withRemoved();
  const ask = (inode: number, kind?: number) =>
    master.ask(meta, trash.getDetachedAttributes, { inode, kind });
  assert.equal(ask(gone, 3), status.EINVAL);
  assert.equal(ask(gone, 2), status.ENOENT);
  assert.equal(ask(open, 1), status.ENOENT);
  assert.equal(ask(directory), status.ENOENT);
  const shown = ask(gone, 1) as { attributes: { typeAndMode: number; links: number } };
  assert.equal(shown.attributes.typeAndMode, (nodeType.file << 12) | 0o644);
  assert.equal(shown.attributes.links, 0);
  assert.equal(typeof ask(open), "object");
});

test("spec 3 1: a trash path is shown with a NUL and can be changed", () => {
  const { master, meta, gone, open } = withRemoved();
  const shown = () => master.ask(meta, trash.getTrashPath, { inode: gone });
  const set = (path: string, inode = gone) =>
    master.ask(meta, trash.setTrashPath, { inode, path: bytes(path) });
  assert.deepEqual(shown(), { variant: "full", path: bytes("d/gone\0") });
  assert.equal(master.ask(meta, trash.getTrashPath, { inode: open }), status.ENOENT);
  assert.equal(set(""), status.EINVAL);
  assert.equal(set("\0\0"), status.EINVAL);
  assert.equal(set("a\0b"), status.EINVAL);
  assert.equal(set("a".repeat(1025)), status.EINVAL);
  assert.equal(set("other", open), status.ENOENT);
  assert.equal(set("new/place\0\0"), status.OK);
  assert.deepEqual(shown(), { variant: "full", path: bytes("new/place\0") });
  assert.deepEqual(master.takeLines(), [`SETPATH(${gone},new/place)`]);
});

test("spec 3 1: an undelete puts the file back and makes its directories", () => {
  const { master, meta, gone, directory } = withRemoved();
  const { world } = master;
  const undelete = () => master.ask(meta, trash.undelete, { inode: gone });
  master.ask(meta, trash.setTrashPath, { inode: gone, path: bytes("d/./gone") });
  assert.equal(undelete(), status.CANTCREATEPATH);
  master.ask(meta, trash.setTrashPath, { inode: gone, path: bytes("d/e/gone") });
  master.takeLines();
  assert.equal(undelete(), status.OK);
  assert.deepEqual(master.takeLines(), [`UNDEL(${gone})`]);
  const made = world.edges.child(world.edges.find(directory, bytes("e")));
  assert.equal(world.nodes.mode(made), 0o755);
  assert.equal(world.edges.child(world.edges.find(made, bytes("gone"))), gone);
  assert.equal(world.nodes.type(gone), nodeType.file);
  assert.equal(undelete(), status.ENOENT);
});

test("spec 3 1: a purge removes a file, or leaves it to those who have it open", () => {
  const { master, mount, meta, gone } = withRemoved();
  const kept = master.file(1, "kept");
  master.commit({ op: "ACQUIRE", session: mount.session.id, inode: kept });
  master.remove(1, "kept");
  assert.equal(master.ask(meta, trash.purge, { inode: gone }), status.OK);
  assert.equal(master.world.nodes.type(gone), 0);
  assert.equal(master.ask(meta, trash.purge, { inode: kept }), status.OK);
  assert.equal(master.world.nodes.type(kept), nodeType.sustained);
  assert.equal(master.ask(meta, trash.purge, { inode: kept }), status.ENOENT);
});

test("spec 3 1: a read-only meta session changes nothing", () => {
  const { master, gone } = withRemoved();
  const meta = master.connect("mount", { rootInode: 0, sessionFlags: 0x01 });
  const request = { inode: gone, path: bytes("") };
  for (const operation of [trash.setTrashPath, trash.undelete, trash.purge]) {
    assert.equal(master.ask(meta, operation, request), status.EROFS);
  }
});
