// Lengths, chunks in slots, attributes, and the journal itself.
// Spec: changelog.md sections 1, 7.1.1, 7.2 and 7.3.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Journal } from "../../../../../daemons/master/core/journal.ts";
import { aclAbsent, aclType } from "../../../../../daemons/master/core/store/attribute-lists.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { emptyWorld } from "../../../../../daemons/master/core/store/world.ts";
import type { EntryOf } from "../../../../../daemons/metadata/changelog-entry.ts";
import { ChangingWorld, bytes, start } from "./changing-world.ts";
import { recount } from "./recount.ts";

const chunkBytes = 0x400_0000;

test("spec 1: a change gets the next version; one that is refused gets none", () => {
  const world = emptyWorld(start);
  const lines: [number, string][] = [];
  const journal = new Journal(
    world,
    (version, line) => lines.push([version, line]),
    () => start + 7,
  );
  assert.deepEqual(journal.commit<"ACCESS">({ op: "ACCESS", inode: 1 }), {});
  assert.equal(journal.commit<"ACCESS">({ op: "ACCESS", inode: 2 }), status.ENOENT);
  assert.deepEqual(journal.commit<"ACCESS">({ op: "ACCESS", inode: 1 }), {});
  const line = `${start + 7}|ACCESS(1)`;
  assert.deepEqual(lines, [
    [1, line],
    [2, line],
  ]);
  assert.equal(world.metaVersion, 3);
});

test("spec 7.3.1: a write makes a chunk, raises its version, and leaves a shared one alone", () => {
  const changing = new ChangingWorld();
  const { chunks, slots, nodes } = changing.world;
  const file = changing.file(1, "f");
  const write = { op: "WRITE", inode: file, index: 2, opflag: 1, touch: 1 } as const;
  assert.deepEqual(changing.commit(write), { chunk: 1 });
  assert.equal(nodes.length(file), BigInt(2 * chunkBytes));
  assert.equal(chunks.lockedToOf(chunks.find(1)), start + 120);
  assert.deepEqual(changing.commit(write), { chunk: 1 });
  assert.equal(chunks.versionOf(chunks.find(1)), 2);
  assert.deepEqual(changing.commit({ ...write, opflag: 0 }), { chunk: 1 });
  assert.equal(chunks.versionOf(chunks.find(1)), 2);
  const other = changing.file(1, "g");
  const append = { op: "APPEND", target: other, source: file, from: 0xffff_ffff, to: 0 } as const;
  changing.done<"LENGTH">({ op: "LENGTH", inode: file, length: 2n ** 27n + 5n, touch: 0 });
  changing.done<"APPEND">(append);
  assert.equal(chunks.referencesOf(chunks.find(1)), 2);
  assert.deepEqual(changing.commit(write), { chunk: 2 });
  assert.equal(slots.get(other, 2), 1);
  assert.equal(changing.commit({ ...write, inode: 99 }), status.ENOENT);
  assert.equal(changing.commit({ ...write, inode: 1 }), status.EPERM);
  assert.equal(changing.commit({ ...write, index: 0x8000_0000 }), status.INDEXTOOBIG);
  recount(changing.world);
});

test("spec 29: one byte just below the largest offset costs no table of holes", () => {
  const changing = new ChangingWorld();
  const file = changing.file(1, "f");
  const before = changing.world.slots.bytes;
  changing.write(file, 0x7fff_ffff);
  assert(changing.world.slots.bytes - before < 1 << 20);
  recount(changing.world);
});

test("spec 6 J: a shorter length drops the chunks beyond it", () => {
  const changing = new ChangingWorld();
  const file = changing.file(1, "f", 3);
  const { chunks } = changing.world;
  const cut = { op: "LENGTH", inode: file, touch: 1 } as const;
  changing.done<"LENGTH">({ ...cut, length: BigInt(chunkBytes + 1) });
  assert.deepEqual(
    [1, 2, 3].map((id) => chunks.referencesOf(chunks.find(id))),
    [1, 1, 0],
  );
  assert.equal(changing.commit({ ...cut, inode: 1, length: 0n }), status.EINVAL);
  recount(changing.world);
});

test("spec 7.1.1: APPEND takes slices by chunks and rounds the target up", () => {
  const changing = new ChangingWorld();
  const { nodes, slots } = changing.world;
  const source = changing.file(1, "source", 3);
  const target = changing.file(1, "target", 1);
  const append = { op: "APPEND", target, source } as const;
  changing.done<"APPEND">({ ...append, from: 1, to: 2 });
  assert.equal(nodes.length(target), BigInt(2 * chunkBytes + 1));
  assert.equal(slots.get(target, 1), slots.get(source, 1));
  changing.done<"APPEND">({ ...append, from: 0, to: 0 });
  assert.equal(nodes.length(target), BigInt(4 * chunkBytes));
  assert.equal(changing.commit({ ...append, from: 2, to: 1 }), status.EINVAL);
  assert.equal(changing.commit({ ...append, from: 0, to: 3 }), status.EINVAL);
  assert.equal(changing.commit({ ...append, source: target, from: 0, to: 0 }), status.EINVAL);
  assert.equal(changing.commit({ ...append, source: 1, from: 0, to: 0 }), status.EPERM);
  recount(changing.world);
});

test("spec 7.3: ROLLBACK puts the former chunk back, TRUNC needs one", () => {
  const changing = new ChangingWorld();
  const { chunks, slots } = changing.world;
  const file = changing.file(1, "f", 1);
  const truncate = { op: "TRUNC", inode: file } as const;
  assert.deepEqual(changing.commit({ ...truncate, index: 0 }), { chunk: 1 });
  assert.equal(changing.commit({ ...truncate, index: 1 }), status.EINVAL);
  const back = { op: "ROLLBACK", inode: file, previousChunk: 0, chunk: 1 } as const;
  changing.done<"ROLLBACK">({ ...back, index: 0 });
  assert.equal(slots.get(file, 0), 0);
  assert.equal(chunks.referencesOf(chunks.find(1)), 0);
  assert.equal(changing.commit({ ...back, index: 5 }), status.EINVAL);
  assert.equal(changing.commit({ ...truncate, index: 0 }), status.NOCHUNK);
  recount(changing.world);
});

function attributes(inode: number, mode: number, aclMode: number): EntryOf<"ATTR"> {
  const times = { atime: 5, mtime: 6 };
  return { op: "ATTR", inode, mode, uid: 7, gid: 8, ...times, winattr: 9, aclMode };
}

test("spec 7.2: ATTR sets all values and the bits of an access ACL", () => {
  const changing = new ChangingWorld();
  const { nodes, acls } = changing.world;
  const file = changing.file(1, "f");
  changing.done<"SETACL">({
    op: "SETACL",
    inode: file,
    mode: 0o640,
    touch: 1,
    type: aclType.access,
    owner: 6,
    group: 4,
    other: 0,
    mask: 4,
    namedUsers: 1,
    namedGroups: 0,
    acl: new Uint8Array([0, 0, 0, 5, 0, 6]),
  });
  changing.done<"ATTR">(attributes(file, 0o751, 0o10000 | 0o731));
  assert.equal(nodes.windowsFlags(file), 9);
  assert.equal(nodes.changeTime(file), start);
  const { owner, group, mask, other } = acls.get(file, aclType.access) ?? {};
  assert.deepEqual([owner, group, mask, other], [7, 4, 3, 1]);
  changing.done<"ATTR">(attributes(file, 0o604, 0));
  assert.deepEqual(acls.get(file, aclType.access)?.mask, 7);
  assert.equal(changing.commit(attributes(file, 0o10000, 0)), status.EINVAL);
  assert.equal(changing.commit(attributes(99, 0, 0)), status.ENOENT);
});

test("spec 7.2: ACLs are checked for their size, removed, or said by the mode alone", () => {
  const changing = new ChangingWorld();
  const { acls } = changing.world;
  const file = changing.file(1, "f");
  const none = { owner: aclAbsent, group: aclAbsent, other: aclAbsent, mask: aclAbsent };
  const set = { op: "SETACL", inode: file, mode: 0o600, touch: 0, type: 1 } as const;
  const empty = { namedUsers: 0, namedGroups: 0, acl: new Uint8Array(0) };
  const some = { owner: 6, group: 0, other: 0, mask: 5 };
  changing.done<"SETACL">({ ...set, ...some, ...empty });
  assert.notEqual(acls.get(file, aclType.access), undefined);
  changing.done<"SETACL">({ ...set, ...none, ...empty });
  assert.equal(acls.get(file, aclType.access), undefined);
  changing.done<"SETACL">({ ...set, ...some, mask: aclAbsent, ...empty });
  assert.equal(acls.get(file, aclType.access), undefined);
  assert.equal(changing.commit({ ...set, ...some, ...empty, namedUsers: 1 }), status.MISMATCH);
  assert.equal(changing.commit({ ...set, ...some, ...empty, type: 3 }), status.EINVAL);
});

test("spec 7.2: SETXATTR in its four modes", () => {
  const changing = new ChangingWorld();
  const set = { op: "SETXATTR", inode: 1, name: bytes("user.a"), value: bytes("v") } as const;
  assert.equal(changing.commit({ ...set, mode: 2 }), status.ENOATTR);
  assert.equal(changing.commit({ ...set, mode: 3 }), status.ENOATTR);
  changing.done<"SETXATTR">({ ...set, mode: 1 });
  assert.equal(changing.commit({ ...set, mode: 1 }), status.EEXIST);
  changing.done<"SETXATTR">({ ...set, value: bytes("w"), mode: 2 });
  assert.deepEqual(changing.world.xattrs.get(1, bytes("user.a")), bytes("w"));
  changing.done<"SETXATTR">({ ...set, mode: 3 });
  assert.equal(changing.commit({ ...set, name: bytes(""), mode: 0 }), status.EINVAL);
  assert.equal(changing.commit({ ...set, mode: 4 }), status.EINVAL);
  const large = new Uint8Array(65_537);
  assert.equal(changing.commit({ ...set, value: large, mode: 0 }), status.EINVAL);
});
