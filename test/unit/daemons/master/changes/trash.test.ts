// Files that lost their names. Spec: changelog.md section 7.1, semantics-master.md section 16.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  hasClosedSustained,
  hasExpiredTrash,
  hasWaitedInode,
} from "../../../../../daemons/master/core/changes/trash.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { extraAttribute, nodeType } from "../../../../../daemons/master/core/store/nodes.ts";
import { ChangingWorld, bytes, start } from "./changing-world.ts";
import { recount } from "./recount.ts";

const hour = 3600;
const allTrash = 4096;
const allSustained = 256;

/** A file in the trash that was called `directory/name`. */
function trashed(changing: ChangingWorld, directory = "d", name = "f"): number {
  const parent = changing.find(directory) || changing.directory(1, directory);
  const inode = changing.file(parent, name, 1);
  changing.unlink(parent, name);
  return inode;
}

function pathOf({ world }: ChangingWorld, inode: number): string {
  return new TextDecoder().decode(world.edges.name(world.nodes.firstName(inode)));
}

function setPath(changing: ChangingWorld, inode: number, path: string): void {
  changing.done<"SETPATH">({ op: "SETPATH", inode, path: bytes(path) });
}

test("spec 16.1: the last name of a file goes to the trash with its path and the time", () => {
  const changing = new ChangingWorld();
  changing.now += 10;
  const inode = trashed(changing);
  assert.equal(changing.world.nodes.type(inode), nodeType.trash);
  assert.equal(pathOf(changing, inode), "d/f");
  assert.equal(changing.world.nodes.changeTime(inode), start + 10);
  assert.equal(changing.world.edges.firstTrash(inode), changing.world.nodes.firstName(inode));
  recount(changing.world);
});

test("spec 16.1: a path longer than 1024 bytes is remembered by its end", () => {
  const changing = new ChangingWorld();
  let parent = 1;
  for (let depth = 0; depth < 6; depth++) parent = changing.directory(parent, "x".repeat(200));
  const inode = changing.file(parent, "end");
  changing.unlink(parent, "end");
  const path = pathOf(changing, inode);
  assert.equal(path.length, 1024);
  assert(path.endsWith("x/end"));
});

test("spec 16.1: a removed file without trash time stays while it is open, then it goes", () => {
  const changing = new ChangingWorld();
  changing.done<"SETTRASHTIME">({ op: "SETTRASHTIME", inode: 1, uid: 0, seconds: 0, mode: 0 });
  const inode = changing.file(1, "f");
  changing.done<"ACQUIRE">({ op: "ACQUIRE", session: 1, inode });
  changing.unlink(1, "f");
  assert.equal(changing.world.nodes.type(inode), nodeType.sustained);
  assert.equal(hasClosedSustained(changing.world, inode % 256), false);
  changing.done<"RELEASE">({ op: "RELEASE", session: 1, inode });
  assert.equal(hasClosedSustained(changing.world, inode % 256), true);
  const given = changing.done<"EMPTYSUSTAINED">({ op: "EMPTYSUSTAINED", bucket: inode % 256 });
  assert.deepEqual(given, { freed: 1, checksum: inode });
  assert.equal(changing.world.nodes.type(inode), 0);
});

test("spec 7.1 UNDEL: the file returns and missing directories are made for root", () => {
  const changing = new ChangingWorld();
  const inode = trashed(changing);
  setPath(changing, inode, "///new/deep/er");
  changing.now += 5;
  changing.done<"UNDEL">({ op: "UNDEL", inode });
  assert.equal(changing.find("new/deep/er"), inode);
  const { nodes } = changing.world;
  assert.equal(nodes.type(inode), nodeType.file);
  assert.equal(nodes.changeTime(inode), start + 5);
  assert.equal(nodes.mode(changing.find("new")), 0o755);
  recount(changing.world);
});

test("spec 7.1 UNDEL: paths that cannot be made are refused, and nothing is made", () => {
  for (const path of [
    "a//b",
    "./a",
    "a/..",
    "a/",
    "/",
    "x".repeat(256),
    "file/under",
    "ok/a/../b",
  ]) {
    const changing = new ChangingWorld();
    changing.file(1, "file");
    const inode = trashed(changing);
    setPath(changing, inode, path);
    assert.equal(changing.commit({ op: "UNDEL", inode }), status.CANTCREATEPATH, path);
    assert.deepEqual(changing.list(1), ["d", "file"]);
  }
});

test("spec 7.1 UNDEL: a name that is taken, a full quota and an immutable directory are in the way", () => {
  const changing = new ChangingWorld();
  const inode = trashed(changing);
  const directory = changing.find("d");
  changing.file(directory, "f");
  assert.equal(changing.commit({ op: "UNDEL", inode }), status.EEXIST);
  changing.unlink(directory, "f");
  const immutable = extraAttribute.immutable;
  const set = { op: "SETEATTR", inode: directory, uid: 0, eattr: immutable } as const;
  changing.done<"SETEATTR">({ ...set, mode: 0 });
  assert.equal(changing.commit({ op: "UNDEL", inode }), status.EPERM);
  changing.done<"SETEATTR">({ ...set, mode: 2 });
  const limits = { softInodes: 1, hardInodes: 0, softLength: 0n, hardLength: 0n } as const;
  const sizes = { softSize: 0n, hardSize: 0n, softRealSize: 0n, hardRealSize: 0n } as const;
  const quota = { op: "QUOTA", inode: directory, flags: 1, softTime: 1, gracePeriod: 1 } as const;
  changing.done<"QUOTA">({ ...quota, ...limits, ...sizes, exceeded: 1 });
  assert.equal(changing.commit({ op: "UNDEL", inode }), status.QUOTA);
  changing.done<"QUOTA">({ ...quota, ...limits, ...sizes, exceeded: 0 });
  changing.done<"UNDEL">({ op: "UNDEL", inode });
});

test("spec 7.1: only files in the trash are undeleted, purged or given a path", () => {
  const changing = new ChangingWorld();
  const inode = changing.file(1, "f");
  assert.equal(changing.commit({ op: "UNDEL", inode }), status.ENOENT);
  assert.equal(changing.commit({ op: "PURGE", inode }), status.ENOENT);
  assert.equal(changing.commit({ op: "SETPATH", inode, path: bytes("p") }), status.ENOENT);
  assert.equal(changing.commit({ op: "UNDEL", inode: 999 }), status.ENOENT);
});

test("spec 16.4: a trash path has 1 to 1024 bytes and no NUL", () => {
  const changing = new ChangingWorld();
  const inode = trashed(changing);
  for (const path of ["", "x".repeat(1025), "a\0b"]) {
    assert.equal(changing.commit({ op: "SETPATH", inode, path: bytes(path) }), status.EINVAL);
  }
  const before = changing.world.edges.nextEdgeId;
  const changed = changing.world.nodes.changeTime(inode);
  changing.now += 10;
  setPath(changing, inode, "x".repeat(1024));
  assert.equal(changing.world.edges.nextEdgeId, before - 1n);
  assert.equal(changing.world.nodes.changeTime(inode), changed);
});

test("spec 7.1 PURGE: chunks are dropped and the number waits; an open file is sustained", () => {
  const changing = new ChangingWorld();
  const inode = trashed(changing);
  const open = trashed(changing, "d", "open");
  changing.done<"ACQUIRE">({ op: "ACQUIRE", session: 1, inode: open });
  changing.done<"PURGE">({ op: "PURGE", inode });
  const { nextEdgeId } = changing.world.edges;
  changing.done<"PURGE">({ op: "PURGE", inode: open });
  assert.equal(changing.world.nodes.type(inode), 0);
  assert.equal(changing.world.chunks.referencesOf(changing.world.chunks.find(1)), 0);
  assert.equal(changing.world.numbers.waiting, 1);
  assert.equal(changing.world.nodes.type(open), nodeType.sustained);
  assert.equal(changing.world.edges.nextEdgeId, nextEdgeId);
  recount(changing.world);
});

test("spec 16.2: a file leaves the trash when all its times are older than its trash time", () => {
  const changing = new ChangingWorld();
  const inode = trashed(changing);
  const late = trashed(changing, "d", "late");
  const day = 24 * hour;
  changing.done<"AMTIME">({
    op: "AMTIME",
    inode: late,
    atime: start + 100,
    mtime: start,
    ctime: start,
  });
  changing.now = start + day;
  assert.equal(hasExpiredTrash(changing.world, changing.now, inode), false);
  changing.now++;
  assert.equal(hasExpiredTrash(changing.world, changing.now, inode), true);
  assert.equal(hasExpiredTrash(changing.world, changing.now, late), false);
  const given = changing.done<"EMPTYTRASH">({ op: "EMPTYTRASH", bucket: allTrash });
  assert.deepEqual(given, { freed: 1, sustained: 0, checksum: inode });
  assert.equal(changing.world.nodes.type(late), nodeType.trash);
});

test("spec 7.1 FREEINODES: numbers return after the delay; those still open wait again", () => {
  const changing = new ChangingWorld();
  const first = trashed(changing);
  const second = trashed(changing, "d", "g");
  changing.done<"PURGE">({ op: "PURGE", inode: first });
  changing.done<"PURGE">({ op: "PURGE", inode: second });
  changing.done<"ACQUIRE">({ op: "ACQUIRE", session: 1, inode: second });
  changing.now += 300;
  assert.equal(hasWaitedInode(changing.world, changing.now, 300), false);
  changing.now++;
  assert.equal(hasWaitedInode(changing.world, changing.now, 300), true);
  const given = changing.done<"FREEINODES">({ op: "FREEINODES", delay: 300 });
  assert.deepEqual(given, { freed: 1, sustained: 1, checksum: (first ^ second) >>> 0 });
  assert.equal(changing.file(1, "again"), first);
  changing.done<"RELEASE">({ op: "RELEASE", session: 1, inode: second });
  changing.now += 301;
  changing.done<"FREEINODES">({ op: "FREEINODES", delay: 300 });
  assert.equal(changing.file(1, "more"), second);
});

test("spec 7.1 EMPTYSUSTAINED: all buckets at once", () => {
  const changing = new ChangingWorld();
  assert.deepEqual(
    changing.done<"EMPTYSUSTAINED">({ op: "EMPTYSUSTAINED", bucket: allSustained }),
    {
      freed: 0,
      checksum: 0,
    },
  );
});
