// Names: made, linked, moved, removed. Spec: changelog.md sections 6 and 7.1.

import assert from "node:assert/strict";
import { test } from "node:test";
import { aclAbsent, aclType } from "../../../../../daemons/master/core/store/attribute-lists.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { extraAttribute, nodeType } from "../../../../../daemons/master/core/store/nodes.ts";
import { replayLine } from "../../../../../daemons/master/core/replay.ts";
import type { EntryOf } from "../../../../../daemons/metadata/changelog-entry.ts";
import { ChangingWorld, bytes, start } from "./changing-world.ts";
import { recount } from "./recount.ts";

function setDefaultAcl(changing: ChangingWorld, inode: number, named: boolean): void {
  const acl = named ? new Uint8Array([0, 0, 3, 232, 0, 6]) : new Uint8Array(0);
  changing.done<"SETACL">({
    op: "SETACL",
    inode,
    mode: 0o755,
    touch: 0,
    type: aclType.default,
    owner: 7,
    group: 5,
    other: 0,
    mask: named ? 7 : aclAbsent,
    namedUsers: named ? 1 : 0,
    namedGroups: 0,
    acl,
  });
}

function move(from: [number, string], to: [number, string]): EntryOf<"MOVE"> {
  const [sourceParent, sourceName] = from;
  const [targetParent, targetName] = to;
  const names = { sourceName: bytes(sourceName), targetName: bytes(targetName) };
  return { op: "MOVE", sourceParent, targetParent, ...names };
}

test("spec 6 A to E: the lowest number, falling edge ids, attributes of the parent", () => {
  const changing = new ChangingWorld();
  const { nodes, edges } = changing.world;
  const { nextEdgeId } = edges;
  changing.done<"SETSCLASS">({
    op: "SETSCLASS",
    inode: 1,
    uid: 0,
    sourceClass: 3,
    targetClass: 3,
    mode: 0,
  });
  changing.done<"SETEATTR">({ op: "SETEATTR", inode: 1, uid: 0, eattr: 0x1f, mode: 0 });
  changing.now += 5;
  const directory = changing.directory(1, "d");
  const file = changing.file(1, "f");
  assert.deepEqual([directory, file], [2, 3]);
  assert.equal(edges.nextEdgeId, nextEdgeId - 2n);
  assert.equal(nodes.storageClass(file), 3);
  assert.equal(nodes.extra(directory), 0x0f);
  assert.equal(nodes.extra(file), 0x0b);
  assert.equal(nodes.extra(1), 0x0f);
  assert.equal(nodes.links(1), 3);
  assert.equal(nodes.modificationTime(1), start + 5);
  assert.deepEqual(changing.list(1), ["f", "d"]);
});

test("spec 6 E: below a directory with set-group-id its group counts", () => {
  const changing = new ChangingWorld();
  const directory = changing.directory(1, "d", { mode: 0o2775 });
  changing.world.nodes.setGid(directory, 77);
  const file = changing.make(directory, "f", nodeType.file, { gid: 5 });
  assert.equal(changing.world.nodes.gid(file), 77);
});

test("spec 6 F: a minimal default ACL cuts the mode, another one is inherited", () => {
  const changing = new ChangingWorld();
  const { nodes, acls } = changing.world;
  setDefaultAcl(changing, 1, false);
  const plain = changing.make(1, "plain", nodeType.file, { mode: 0o4777 });
  assert.equal(nodes.mode(plain), 0o4750);
  assert.equal(acls.get(plain, aclType.access), undefined);
  setDefaultAcl(changing, 1, true);
  const file = changing.make(1, "file", nodeType.file, { mode: 0o640 });
  assert.equal(nodes.mode(file), 0o650);
  assert.equal(acls.get(file, aclType.access)?.mask, 4);
  const directory = changing.directory(1, "directory");
  assert.equal(acls.get(directory, aclType.default)?.users.length, 1);
  const symlink = { target: bytes("t"), uid: 0, gid: 0 };
  changing.done<"SYMLINK">({ op: "SYMLINK", parent: 1, name: bytes("link"), ...symlink });
  const link = changing.find("link");
  assert.equal(nodes.mode(link), 0o750);
  assert.equal(acls.get(link, aclType.access)?.mask, 7);
});

test("spec 7.1: CREATE, SYMLINK, LINK refuse what the structure forbids", () => {
  const changing = new ChangingWorld();
  const file = changing.file(1, "f");
  const make = { op: "CREATE", mode: 0, umask: 0, uid: 0, gid: 0, rdev: 0, type: 1 } as const;
  const name = bytes("n");
  assert.equal(changing.commit({ ...make, parent: 99, name }), status.ENOENT);
  assert.equal(changing.commit({ ...make, parent: file, name }), status.ENOTDIR);
  assert.equal(changing.commit({ ...make, parent: 1, name: bytes("a/b") }), status.EINVAL);
  assert.equal(changing.commit({ ...make, parent: 1, name: bytes("f") }), status.EEXIST);
  assert.equal(changing.commit({ ...make, parent: 1, name, type: 3 }), status.EINVAL);
  const symlink = { op: "SYMLINK", parent: 1, name, uid: 0, gid: 0 } as const;
  assert.equal(changing.commit({ ...symlink, target: bytes("") }), status.EINVAL);
  assert.equal(changing.commit({ ...symlink, target: bytes("x".repeat(4097)) }), status.EINVAL);
  assert.equal(changing.commit({ op: "LINK", inode: 1, parent: 1, name }), status.EPERM);
  assert.equal(changing.commit({ op: "LINK", inode: 9, parent: 1, name }), status.ENOENT);
  changing.unlink(1, "f");
  assert.equal(changing.commit({ op: "LINK", inode: file, parent: 1, name }), status.ENOENT);
});

test("spec 7.1: UNLINK keeps a file with other names and directories with entries", () => {
  const changing = new ChangingWorld();
  const directory = changing.directory(1, "d");
  const file = changing.file(directory, "f");
  changing.done<"LINK">({ op: "LINK", inode: file, parent: 1, name: bytes("g") });
  const unlink = { op: "UNLINK", parent: 1 } as const;
  assert.equal(changing.commit({ ...unlink, name: bytes("d") }), status.ENOTEMPTY);
  changing.unlink(directory, "f");
  assert.equal(changing.world.nodes.type(file), nodeType.file);
  changing.unlink(1, "d");
  assert.equal(changing.world.nodes.type(directory), 0);
  assert.equal(changing.commit({ ...unlink, name: bytes("d") }), status.ENOENT);
  recount(changing.world);
});

test("spec 7.1: MOVE replaces what can be replaced and never moves a directory below itself", () => {
  const changing = new ChangingWorld();
  const a = changing.directory(1, "a");
  const b = changing.directory(a, "b");
  const file = changing.file(1, "f", 1);
  const other = changing.file(b, "g");
  assert.equal(changing.commit(move([1, "a"], [b, "x"])), status.EINVAL);
  assert.equal(changing.commit(move([1, "a"], [a, "x"])), status.EINVAL);
  assert.equal(changing.commit(move([1, "x"], [a, "x"])), status.ENOENT);
  assert.equal(changing.commit(move([1, "f"], [a, "b"])), status.ENOTEMPTY);
  assert.equal(changing.commit(move([1, "f"], [a, ""])), status.EINVAL);
  assert.deepEqual(changing.commit(move([1, "f"], [b, "g"])), { inode: file });
  assert.equal(changing.world.nodes.type(other), nodeType.trash);
  assert.equal(changing.world.statistics.of(a).chunks, 1);
  recount(changing.world);
});

test("a name moved onto itself stays", () => {
  const changing = new ChangingWorld();
  const file = changing.file(1, "f", 1);
  assert.deepEqual(changing.commit(move([1, "f"], [1, "f"])), { inode: file });
  assert.equal(changing.find("f"), file);
  recount(changing.world);
});

test("spec 7.1: two names of one file moved onto each other lose one", () => {
  const changing = new ChangingWorld();
  const file = changing.file(1, "f");
  changing.done<"LINK">({ op: "LINK", inode: file, parent: 1, name: bytes("g") });
  changing.done<"MOVE">(move([1, "f"], [1, "g"]));
  assert.deepEqual(changing.list(1), ["g"]);
  assert.equal(changing.world.nodes.links(file), 1);
  recount(changing.world);
});

test("the mark of a snapshot goes from a directory whose entries change", () => {
  const changing = new ChangingWorld();
  const directory = changing.directory(1, "d");
  changing.file(directory, "f");
  const mark = extraAttribute.snapshot;
  const set = { op: "SETEATTR", inode: directory, uid: 0, eattr: mark, mode: 0 } as const;
  changing.done<"SETEATTR">(set);
  changing.unlink(directory, "f");
  assert.equal(changing.world.nodes.extra(directory), 0);
});

test("a removed inode's number is used again only after the queue", () => {
  const changing = new ChangingWorld();
  changing.directory(1, "d");
  changing.unlink(1, "d");
  assert.equal(changing.directory(1, "e"), 3);
  assert.equal(replayLine(changing.world, "1795100000|FREEINODES(300):1,0,2"), undefined);
  assert.equal(changing.directory(1, "f"), 2);
});
