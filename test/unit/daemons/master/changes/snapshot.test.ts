// Snapshots made and removed. Spec: changelog.md sections 6 K and 7.1.2, semantics-master.md 17.1.

import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "../../../../../daemons/master/core/status.ts";
import { extraAttribute, nodeType } from "../../../../../daemons/master/core/store/nodes.ts";
import type { EntryOf, ResultOf } from "../../../../../daemons/metadata/changelog-entry.ts";
import { ChangingWorld, bytes, start } from "./changing-world.ts";
import { recount } from "./recount.ts";

const mode = { overwrite: 1, likeCp: 2, force: 4, hardLinks: 8, remove: 0x80 } as const;
const nothing = { checksum: 0, removed: 0, same: 0, existing: 0, hardLinks: 0, created: 0 };

type Options = Partial<Omit<EntryOf<"SNAPSHOT">, "op" | "name">>;

function entryOf(source: number, name: string, options: Options = {}): EntryOf<"SNAPSHOT"> {
  const user = { uid: 0, groups: [0], umask: 0o22, sessionFlags: 0x40 };
  return { op: "SNAPSHOT", source, parent: 1, name: bytes(name), mode: 0, ...user, ...options };
}

/** Takes a snapshot; the counts without the checksum. */
function snap(
  changing: ChangingWorld,
  source: number,
  name: string,
  options: Options = {},
): Omit<ResultOf<"SNAPSHOT">, "checksum"> {
  const { checksum: _, ...counts } = changing.done<"SNAPSHOT">(entryOf(source, name, options));
  return counts;
}

function counts(some: Partial<ResultOf<"SNAPSHOT">>): Omit<ResultOf<"SNAPSHOT">, "checksum"> {
  const { checksum: _, ...all } = { ...nothing, ...some };
  return all;
}

/** A directory with a file of three chunks, a symlink, a device and an empty directory. */
function tree(changing: ChangingWorld): number {
  const top = changing.directory(1, "top", { mode: 0o750, uid: 1000 });
  changing.file(top, "file", 3, { mode: 0o4711, uid: 1000 });
  const symlink = { target: bytes("there"), uid: 0, gid: 0 };
  changing.done<"SYMLINK">({ op: "SYMLINK", parent: top, name: bytes("link"), ...symlink });
  changing.make(top, "device", nodeType.blockDevice, { rdev: 2049 });
  changing.directory(top, "empty");
  return top;
}

test("spec 7.1.2: a copy shares all chunks, carries the mark and all attributes", () => {
  const changing = new ChangingWorld();
  const top = tree(changing);
  const { nodes, chunks, slots, xattrs } = changing.world;
  const file = changing.find("top/file");
  changing.done<"SETXATTR">({
    op: "SETXATTR",
    inode: file,
    name: bytes("user.a"),
    value: bytes("1"),
    mode: 0,
  });
  changing.done<"SETTRASHTIME">({
    op: "SETTRASHTIME",
    inode: file,
    uid: 0,
    seconds: 7200,
    mode: 0,
  });
  changing.now += 50;
  const result = changing.done<"SNAPSHOT">(entryOf(top, "copy"));
  const made = ["copy", "copy/file", "copy/link", "copy/device", "copy/empty"].map((path) =>
    changing.find(path),
  );
  const checksum = made.reduce((sum, inode) => sum ^ inode, 0);
  assert.deepEqual(result, { ...nothing, checksum, created: 5 });
  const copy = changing.find("copy/file");
  for (let index = 0; index < 3; index++) {
    assert.equal(slots.get(copy, index), slots.get(file, index));
    assert.equal(chunks.referencesOf(chunks.find(slots.get(copy, index))), 2);
  }
  assert.equal(nodes.mode(copy), 0o4711);
  assert.equal(nodes.uid(copy), 1000);
  assert.equal(nodes.trashHours(copy), 2);
  assert.equal(nodes.changeTime(copy), start);
  assert.equal(nodes.extra(copy), extraAttribute.snapshot);
  assert.equal(nodes.extra(changing.find("copy")), extraAttribute.snapshot);
  assert.deepEqual(xattrs.get(copy, bytes("user.a")), bytes("1"));
  assert.equal(nodes.device(changing.find("copy/device")), 2049);
  assert.equal(nodes.targetLength(changing.find("copy/link")), 5);
  assert.deepEqual(changing.list(changing.find("copy")), changing.list(top).toReversed());
  recount(changing.world);
});

test("spec 7.1.2: like cp, the copy belongs to the caller and is new", () => {
  const changing = new ChangingWorld();
  tree(changing);
  changing.now += 50;
  const user = { uid: 5, groups: [6, 7], umask: 0o27 };
  snap(changing, changing.find("top/file"), "copy", { mode: mode.likeCp, ...user, uid: 0 });
  const { nodes } = changing.world;
  const copy = changing.find("copy");
  assert.equal(nodes.mode(copy), 0o4711 & ~0o27);
  assert.deepEqual([nodes.uid(copy), nodes.gid(copy)], [0, 6]);
  assert.equal(nodes.modificationTime(copy), start + 50);
});

test("spec 7.1.2 rule M: a stranger's copy is his own and loses set-user-id", () => {
  const changing = new ChangingWorld();
  tree(changing);
  const file = changing.find("top/file");
  changing.done<"ATTR">({
    op: "ATTR",
    inode: file,
    mode: 0o6755,
    uid: 1000,
    gid: 1000,
    atime: start,
    mtime: start,
    winattr: 0,
    aclMode: 0,
  });
  snap(changing, file, "copy", { uid: 5, groups: [6] });
  const { nodes } = changing.world;
  const copy = changing.find("copy");
  assert.equal(nodes.mode(copy), 0o755);
  assert.deepEqual([nodes.uid(copy), nodes.gid(copy)], [5, 6]);
});

test("spec 7.1.2: what the caller cannot read is left out, directories stay empty", () => {
  const changing = new ChangingWorld();
  const top = changing.directory(1, "top");
  changing.file(top, "secret", 1, { mode: 0o600 });
  changing.file(top, "open", 1);
  const closed = changing.directory(top, "closed", { mode: 0o744 });
  changing.file(closed, "in");
  const result = snap(changing, top, "copy", { uid: 5, groups: [6] });
  assert.deepEqual(result, counts({ created: 3 }));
  assert.deepEqual(changing.list(changing.find("copy")).toSorted(), ["closed", "open"]);
  assert.deepEqual(changing.list(changing.find("copy/closed")), []);
});

test("spec 7.1.2: over an existing copy the same files are left, others replaced", () => {
  const changing = new ChangingWorld();
  const top = tree(changing);
  snap(changing, top, "copy");
  const before = changing.find("copy/file");
  const again = snap(changing, top, "copy", { mode: mode.overwrite });
  assert.deepEqual(again, counts({ same: 1, existing: 4 }));
  assert.equal(changing.find("copy/file"), before);
  changing.write(changing.find("top/file"), 1);
  const result = changing.done<"SNAPSHOT">(entryOf(top, "copy", { mode: mode.overwrite }));
  const after = changing.find("copy/file");
  assert.deepEqual(result, { ...nothing, checksum: before ^ after, existing: 5 });
  assert.equal(changing.world.nodes.type(before), nodeType.trash);
  recount(changing.world);
});

test("spec 7.1.2: hard links are separate files unless they are to be kept", () => {
  const changing = new ChangingWorld();
  const top = changing.directory(1, "top");
  const inode = changing.file(top, "one", 1);
  changing.done<"LINK">({ op: "LINK", inode, parent: top, name: bytes("two") });
  assert.deepEqual(snap(changing, top, "apart"), counts({ created: 3 }));
  const kept = snap(changing, top, "kept", { mode: mode.hardLinks });
  assert.deepEqual(kept, counts({ created: 2, hardLinks: 1 }));
  assert.equal(changing.find("kept/one"), changing.find("kept/two"));
  assert.notEqual(changing.find("apart/one"), changing.find("apart/two"));
  recount(changing.world);
});

test("spec 7.1.2: what stands in the way refuses the whole snapshot", () => {
  const changing = new ChangingWorld();
  const top = tree(changing);
  const refused = (source: number, name: string, options: Options = {}) =>
    changing.commit(entryOf(source, name, options));
  assert.equal(refused(999, "x"), status.ENOENT);
  assert.equal(refused(top, "x", { parent: 999 }), status.ENOENT);
  assert.equal(refused(top, "x", { parent: changing.find("top/file") }), status.EPERM);
  assert.equal(refused(top, "x", { parent: changing.find("top/empty") }), status.EINVAL);
  assert.equal(refused(top, ".."), status.EINVAL);
  assert.equal(refused(top, "top"), status.EINVAL);
  changing.file(1, "file");
  assert.equal(refused(top, "file"), status.EPERM);
  assert.equal(refused(changing.find("top/file"), "file"), status.EEXIST);
  snap(changing, top, "copy");
  assert.equal(refused(top, "copy"), status.EEXIST);
  const eattr = extraAttribute.undeletable;
  const protect = { op: "SETEATTR", uid: 0, mode: 0, eattr } as const;
  changing.done<"SETEATTR">({ ...protect, inode: changing.find("copy/empty") });
  assert.equal(refused(top, "copy", { mode: mode.overwrite }), status.EPERM);
});

test("spec 7.1.2: a snapshot is removed past the trash, and its parent's mark goes", () => {
  const changing = new ChangingWorld();
  const top = tree(changing);
  snap(changing, top, "copy");
  const file = changing.find("copy/file");
  assert.deepEqual(snap(changing, 0, "copy", { mode: mode.remove }), counts({ removed: 5 }));
  assert.equal(changing.find("copy"), 0);
  assert.equal(changing.world.nodes.type(file), 0);
  recount(changing.world);
});

test("spec 7.1.2: what was changed or protected stays, with the directories above", () => {
  const changing = new ChangingWorld();
  const top = tree(changing);
  snap(changing, top, "copy");
  changing.write(changing.find("copy/file"), 0);
  const eattr = extraAttribute.undeletable;
  const inode = changing.find("copy/empty");
  changing.done<"SETEATTR">({ op: "SETEATTR", inode, uid: 0, mode: 1, eattr });
  assert.deepEqual(snap(changing, 0, "copy", { mode: mode.remove }), counts({ removed: 2 }));
  assert.deepEqual(changing.list(changing.find("copy")).toSorted(), ["empty", "file"]);
  // A directory that keeps entries loses its mark with the first one that goes, as in the original.
  assert.equal(changing.world.nodes.extra(changing.find("copy")), 0);
});

test("spec 7.1.2: removing refuses a source, a missing name and a parent that is no directory", () => {
  const changing = new ChangingWorld();
  const file = changing.file(1, "file");
  const refused = (source: number, name: string, options: Options = {}) =>
    changing.commit(entryOf(source, name, { mode: mode.remove, ...options }));
  assert.equal(refused(1, "file"), status.EINVAL);
  assert.equal(refused(0, "none"), status.ENOENT);
  assert.equal(refused(0, "file", { parent: 999 }), status.ENOENT);
  assert.equal(refused(0, "file", { parent: file }), status.EPERM);
  assert.equal(refused(0, "."), status.EINVAL);
  assert.deepEqual(changing.commit(entryOf(0, "file", { mode: mode.remove })), nothing);
});

test("a chain of 3,000 directories is copied and removed", () => {
  const changing = new ChangingWorld();
  const top = changing.directory(1, "top");
  let parent = top;
  for (let depth = 1; depth < 3000; depth++) parent = changing.directory(parent, "d");
  assert.deepEqual(snap(changing, top, "copy"), counts({ created: 3000 }));
  assert.deepEqual(snap(changing, top, "copy", { mode: 1 }), counts({ existing: 3000 }));
  const removed = snap(changing, 0, "copy", { mode: mode.remove });
  assert.deepEqual(removed, counts({ removed: 3000 }));
});

const chunkBytes = 0x400_0000n;

/** What happens to a file of one whole chunk after its snapshot, and what a second one onto that counts. */
const afterSnapshot: Readonly<
  Record<string, readonly [(changing: ChangingWorld, file: number) => void, "same" | "existing"]>
> = {
  "cut back to its length after it had grown": [
    (changing, inode) => {
      for (const length of [5n * chunkBytes, chunkBytes]) {
        changing.done<"LENGTH">({ op: "LENGTH", inode, length, touch: 0 });
      }
    },
    "same",
  ],
  "cut back after a chunk had been written behind a hole": [
    (changing, inode) => {
      changing.write(inode, 2);
      for (const length of [2n * chunkBytes, chunkBytes]) {
        changing.done<"LENGTH">({ op: "LENGTH", inode, length, touch: 0 });
      }
    },
    "same",
  ],
  "with an empty slot where a write was rolled back": [
    (changing, inode) => {
      const slot = { inode, index: 1 };
      const { chunk } = changing.done<"WRITE">({ op: "WRITE", ...slot, opflag: 1, touch: 1 });
      changing.done<"ROLLBACK">({ op: "ROLLBACK", ...slot, previousChunk: 0, chunk });
    },
    "existing",
  ],
  "with an empty slot where a chunk was lost": [
    (changing, inode) => {
      const slot = { inode, index: 1 };
      changing.done<"WRITE">({ op: "WRITE", ...slot, opflag: 1, touch: 1 });
      changing.done<"SETFILECHUNK">({ op: "SETFILECHUNK", ...slot, chunk: 0 });
    },
    "existing",
  ],
};

for (const [what, [change, counted]] of Object.entries(afterSnapshot)) {
  test(`spec 7.1.2: tables are compared with their empty slots, as seen on a stock master: a file ${what}`, () => {
    const changing = new ChangingWorld();
    const file = changing.file(1, "file", 1);
    changing.done<"LENGTH">({ op: "LENGTH", inode: file, length: chunkBytes, touch: 0 });
    snap(changing, file, "copy");
    const copy = changing.find("copy");
    change(changing, file);
    assert.deepEqual(
      snap(changing, file, "copy", { mode: mode.overwrite }),
      counts({ [counted]: 1 }),
    );
    assert.equal(changing.find("copy") === copy, counted === "same");
    recount(changing.world);
  });
}
