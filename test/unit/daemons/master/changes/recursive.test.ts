// Setters that go over trees, and the archive flags. Spec: changelog.md sections 7.2.1 and 7.2.2, defects 5
// and 7 of section 9.

import assert from "node:assert/strict";
import { test } from "node:test";
import { countClassChanges } from "../../../../../daemons/master/core/changes/recursive.ts";
import { replayLine } from "../../../../../daemons/master/core/replay.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { extraAttribute, nodeType } from "../../../../../daemons/master/core/store/nodes.ts";
import type { EntryOf } from "../../../../../daemons/metadata/changelog-entry.ts";
import { ChangingWorld, bytes, start } from "./changing-world.ts";
import { recount } from "./recount.ts";

const recursive = 4;
const adminClass = 10;

/** A directory with a file of two names, a file of somebody else, a symlink and a directory below. */
function tree(changing: ChangingWorld): {
  top: number;
  file: number;
  other: number;
  below: number;
} {
  const top = changing.directory(1, "top", { uid: 1000 });
  const file = changing.file(top, "file", 2, { uid: 1000 });
  const other = changing.file(top, "other", 1);
  const below = changing.directory(top, "below", { uid: 1000 });
  changing.done<"LINK">({ op: "LINK", inode: file, parent: below, name: bytes("again") });
  const symlink = { target: bytes("x"), uid: 0, gid: 0 };
  changing.done<"SYMLINK">({ op: "SYMLINK", parent: below, name: bytes("link"), ...symlink });
  return { top, file, other, below };
}

function setClass(inode: number, targetClass: number, mode: number, uid = 0): EntryOf<"SETSCLASS"> {
  return { op: "SETSCLASS", inode, uid, sourceClass: targetClass, targetClass, mode };
}

/** Class 10, for administrators only. */
function makeAdminClass(changing: ChangingWorld): void {
  changing.done<"SCSET">({
    op: "SCSET",
    name: bytes("admins"),
    isNew: 1,
    create: 1,
    keep: 1,
    archive: 1,
    mode: 1,
    archiveDelay: 0,
    adminOnly: 1,
    masks: [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0],
  });
}

test("spec 7.2.1: a class is set over a tree, once for a file of two names", () => {
  const changing = new ChangingWorld();
  const { top, file } = tree(changing);
  changing.now += 10;
  const counts = changing.done<"SETSCLASS">(setClass(top, 3, recursive));
  assert.deepEqual(counts, { changed: 4, unchanged: 1, denied: 0 });
  const { nodes, statistics, chunks } = changing.world;
  assert.equal(nodes.storageClass(file), 3);
  assert.equal(nodes.changeTime(file), start + 10);
  assert.equal(chunks.classOf(chunks.find(1)), 3);
  const below = statistics.of(top);
  assert.equal(below.realSize, below.size * 3n);
  recount(changing.world);
});

test("spec 7.2.1: increase, decrease and exchange change what is below, above or the same", () => {
  const changing = new ChangingWorld();
  const { top, file, other } = tree(changing);
  changing.done<"SETSCLASS">(setClass(file, 4, 0));
  assert.equal(changing.done<"SETSCLASS">(setClass(top, 3, 1 + recursive)).changed, 3);
  assert.equal(changing.world.nodes.storageClass(file), 4);
  assert.equal(changing.done<"SETSCLASS">(setClass(top, 3, 2 + recursive)).changed, 1);
  assert.equal(changing.world.nodes.storageClass(file), 3);
  changing.done<"SETSCLASS">(setClass(other, 5, 0));
  const exchange = { ...setClass(top, 7, 3 + recursive), sourceClass: 3 };
  assert.deepEqual(changing.done<"SETSCLASS">(exchange), { changed: 3, unchanged: 2, denied: 0 });
  recount(changing.world);
});

test("spec 7.2.1: strangers and immutable nodes are denied; alone that is EPERM", () => {
  const changing = new ChangingWorld();
  const { top, file, other } = tree(changing);
  const eattr = { op: "SETEATTR", uid: 0, mode: 1 } as const;
  changing.done<"SETEATTR">({ ...eattr, inode: file, eattr: extraAttribute.immutable });
  const counts = changing.done<"SETSCLASS">(setClass(top, 3, recursive, 1000));
  assert.deepEqual(counts, { changed: 2, unchanged: 0, denied: 3 });
  assert.equal(changing.commit(setClass(other, 4, 0, 1000)), status.EPERM);
  changing.done<"SETEATTR">({ ...eattr, inode: other, eattr: extraAttribute.noOwner });
  changing.done<"SETSCLASS">(setClass(other, 4, 0, 1000));
});

test("spec 7.2.1: bad classes, modes and nodes are refused", () => {
  const changing = new ChangingWorld();
  const { top, below } = tree(changing);
  makeAdminClass(changing);
  assert.equal(changing.commit(setClass(top, 0, 0)), status.EINVAL);
  assert.equal(changing.commit(setClass(top, 200, 0)), status.EINVAL);
  assert.equal(changing.commit(setClass(top, adminClass, 1)), status.EINVAL);
  assert.equal(changing.commit(setClass(top, 1, 8)), status.EINVAL);
  assert.equal(changing.commit(setClass(999, 1, 0)), status.ENOENT);
  const link = changing.world.edges.child(changing.world.edges.find(below, bytes("link")));
  assert.equal(changing.world.nodes.type(link), nodeType.symlink);
  assert.equal(changing.commit(setClass(link, 1, 0)), status.EPERM);
});

test("defect 5: a log that denied what is for administrators is replayed as it was meant", () => {
  const changing = new ChangingWorld();
  const { top, file } = tree(changing);
  makeAdminClass(changing);
  changing.done<"SETSCLASS">(setClass(file, adminClass, 0));
  const entry = setClass(top, 3, recursive);
  const counts = countClassChanges(changing.world, entry, false);
  assert.deepEqual(counts, { changed: 3, unchanged: 0, denied: 2 });
  assert.equal(replayLine(changing.world, `1795000010|SETSCLASS(${top},0,3,3,4):3,0,2`), undefined);
  assert.equal(changing.world.nodes.storageClass(file), adminClass);
  assert.equal(changing.world.nodes.storageClass(top), 3);
  // An administrator's line says so by its counts.
  assert.equal(replayLine(changing.world, `1795000011|SETSCLASS(${top},0,4,4,4):4,1,0`), undefined);
  assert.equal(changing.world.nodes.storageClass(file), 4);
});

test("a dry count gives what the change then gives", () => {
  const changing = new ChangingWorld();
  const { top } = tree(changing);
  for (const mode of [0, 1, 2, 3]) {
    const entry = { ...setClass(top, 3, mode + recursive), sourceClass: 2 };
    const dry = countClassChanges(changing.world, entry, true);
    assert.deepEqual(changing.done<"SETSCLASS">(entry), dry);
  }
});

test("spec 7.2.1: trash times are kept as hours, rounded up", () => {
  const changing = new ChangingWorld();
  const { top, file } = tree(changing);
  const set = { op: "SETTRASHTIME", inode: top, uid: 0 } as const;
  changing.done<"SETTRASHTIME">({ ...set, seconds: 3601, mode: recursive });
  assert.equal(changing.world.nodes.trashHours(file), 2);
  const raised = changing.done<"SETTRASHTIME">({ ...set, seconds: 3600, mode: 1 + recursive });
  assert.deepEqual(raised, { changed: 0, unchanged: 5, denied: 0 });
  const lowered = changing.done<"SETTRASHTIME">({ ...set, seconds: 0, mode: 2 + recursive });
  assert.deepEqual(lowered, { changed: 4, unchanged: 1, denied: 0 });
  // What does not fit wraps around, as in the original.
  changing.done<"SETTRASHTIME">({ ...set, seconds: 65_537 * 3600, mode: 0 });
  assert.equal(changing.world.nodes.trashHours(top), 1);
  assert.equal(changing.commit({ ...set, seconds: 0, mode: 3 }), status.EINVAL);
});

test("spec 7.2.1: extra attributes count every type; only directories cache no entries", () => {
  const changing = new ChangingWorld();
  const { top, file } = tree(changing);
  const set = { op: "SETEATTR", inode: top, uid: 0 } as const;
  const eattr = extraAttribute.noEntryCache | extraAttribute.noDataCache;
  const counts = changing.done<"SETEATTR">({ ...set, eattr, mode: 1 + recursive });
  assert.deepEqual(counts, { changed: 5, unchanged: 1, denied: 0 });
  assert.equal(changing.world.nodes.extra(file), extraAttribute.noDataCache);
  assert.equal(changing.world.nodes.extra(top), eattr);
  changing.done<"SETEATTR">({ ...set, eattr: extraAttribute.immutable, mode: 0 });
  const owner = { ...set, eattr: extraAttribute.noOwner } as const;
  assert.equal(changing.commit({ ...owner, mode: 1 }), status.EPERM);
});

test("spec 7.2.2: archive flags of all chunks below a directory", () => {
  const changing = new ChangingWorld();
  const { top, file } = tree(changing);
  const set = { op: "ARCHCHG", uid: 0 } as const;
  assert.deepEqual(changing.done<"ARCHCHG">({ ...set, inode: top, command: 1 }), {
    changed: 3,
    unchanged: 2,
    denied: 0,
  });
  changing.now += 7;
  assert.deepEqual(changing.done<"ARCHCHG">({ ...set, inode: file, command: 0 }), {
    changed: 2,
    unchanged: 0,
    denied: 0,
  });
  assert.equal(changing.world.nodes.changeTime(file), start + 7);
  assert.equal(changing.commit({ ...set, inode: 999, command: 0 }), status.ENOENT);
  assert.equal(changing.commit({ ...set, uid: 5, inode: file, command: 1 }), status.EPERM);
});

test("defect 7: what the file loop says of an immutable file stands", () => {
  const changing = new ChangingWorld();
  const { file } = tree(changing);
  const eattr = extraAttribute.immutable;
  changing.done<"SETEATTR">({ op: "SETEATTR", inode: file, uid: 0, eattr, mode: 1 });
  assert.equal(replayLine(changing.world, `1795000000|ARCHCHG(${file},0,1):1,1,0`), undefined);
  const { chunks } = changing.world;
  assert(chunks.archivedOf(chunks.find(1)) && chunks.archivedOf(chunks.find(2)));
});

test("a setter goes over a tree of 20,000 directories, one in another", () => {
  const changing = new ChangingWorld();
  const top = changing.directory(1, "top");
  let parent = top;
  // Statistics are spread to all ancestors with each new directory: so the tree is built from below.
  for (let depth = 1; depth < 20_000; depth++) {
    const above = changing.directory(1, "above");
    changing.done<"MOVE">({
      op: "MOVE",
      sourceParent: 1,
      sourceName: bytes("top"),
      targetParent: above,
      targetName: bytes("below"),
    });
    changing.done<"MOVE">({
      op: "MOVE",
      sourceParent: 1,
      sourceName: bytes("above"),
      targetParent: 1,
      targetName: bytes("top"),
    });
    parent = above;
  }
  const counts = changing.done<"SETSCLASS">(setClass(parent, 3, recursive));
  assert.deepEqual(counts, { changed: 20_000, unchanged: 0, denied: 0 });
});
