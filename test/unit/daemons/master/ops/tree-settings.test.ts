// Trash time, extra attributes and the archive flag, of nodes and of trees.
// Spec: wire-client-master-3.md sections 6.2, 6.4 and 6.12.

import assert from "node:assert/strict";
import { test } from "node:test";
import { disabled } from "../../../../../daemons/master/core/client.ts";
import { archiveControl } from "../../../../../daemons/master/core/ops/archive.ts";
import {
  getExtraAttributes,
  setExtraAttributes,
} from "../../../../../daemons/master/core/ops/extra-attributes.ts";
import { getTrashTime, setTrashTime } from "../../../../../daemons/master/core/ops/trash-time.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { extraAttribute } from "../../../../../daemons/master/core/store/nodes.ts";
import { root, TestMaster, user } from "./test-master.ts";

const missing = 999;
const readOnly = { sessionFlags: 0x01 };

/** `d` with a file of the root, a file of the user and a fifo. */
function withTree() {
  const master = new TestMaster();
  const tools = master.connect("tools");
  const directory = master.directory(1, "d");
  const mine = master.file(directory, "mine", root);
  const theirs = master.file(directory, "theirs", user);
  const fifo = master.fifo(directory, "p");
  master.takeLines();
  return { master, tools, directory, mine, theirs, fifo };
}

function counts(changed: number, unchanged: number, notPermitted: number) {
  return { variant: "full", changed, unchanged, notPermitted };
}

test("spec 3 6.2: trash times are counted in rising order, for files and for directories", () => {
  const { master, tools, directory, mine, fifo } = withTree();
  master.commit({ op: "SETTRASHTIME", inode: mine, uid: 0, seconds: 3600, mode: 0 });
  const ask = (inode: number, recursive: number) =>
    master.ask(tools, getTrashTime, { inode, recursive });
  assert.deepEqual(ask(directory, 1), {
    variant: "full",
    files: [
      { seconds: 3600, count: 1 },
      { seconds: 86_400, count: 1 },
    ],
    directories: [{ seconds: 86_400, count: 1 }],
  });
  assert.deepEqual(ask(directory, 0), {
    variant: "full",
    files: [],
    directories: [{ seconds: 86_400, count: 1 }],
  });
  assert.equal(ask(directory, 2), status.EINVAL);
  assert.equal(ask(missing, 0), status.ENOENT);
  assert.equal(ask(fifo, 0), status.EPERM);
});

test("spec 3 6.2: a trash time is set where the caller may", () => {
  const { master, tools, directory, mine, theirs, fifo } = withTree();
  const ask = (inode: number, mode: number, uid = 0) =>
    master.ask(tools, setTrashTime, { inode, uid, seconds: 5000, mode });
  assert.deepEqual(ask(directory, 4, user.uid), counts(1, 0, 2));
  assert.equal(master.world.nodes.trashHours(theirs), 2);
  assert.deepEqual(ask(directory, 4), counts(2, 1, 0));
  assert.deepEqual(ask(mine, 1), counts(0, 1, 0));
  assert.equal(ask(mine, 0, user.uid), status.EPERM);
  assert.equal(ask(mine, 8), status.EINVAL);
  assert.equal(ask(missing, 0), status.ENOENT);
  assert.equal(ask(fifo, 0), status.EPERM);
  assert.deepEqual(master.takeLines(), [
    `SETTRASHTIME(${directory},1000,5000,4):1,0,2`,
    `SETTRASHTIME(${directory},0,5000,4):2,1,0`,
    `SETTRASHTIME(${mine},0,5000,1):0,1,0`,
  ]);
});

test("a trash time of more than 16 bits of hours is the longest there is", () => {
  const { master, tools, mine } = withTree();
  const request = { inode: mine, uid: 0, seconds: 0xffff_ffff, mode: 0 };
  assert.deepEqual(master.ask(tools, setTrashTime, request), counts(1, 0, 0));
  assert.equal(master.world.nodes.trashHours(mine), 0xffff);
  assert.deepEqual(master.takeLines(), [`SETTRASHTIME(${mine},0,${0xffff * 3600},0):1,0,0`]);
});

test("logged trash times wrap around as in the original", () => {
  const { master, mine } = withTree();
  const hours = (seconds: number) => {
    master.commit({ op: "SETTRASHTIME", inode: mine, uid: 0, seconds, mode: 0 });
    return master.world.nodes.trashHours(mine);
  };
  assert.equal(hours(235_926_000), 0xffff);
  assert.equal(hours(235_929_600), 0);
  assert.equal(hours(4_294_963_696), 48_232_800 / 3600);
  assert.equal(hours(4_294_963_697), 0);
});

test("spec 3 6.2: a session's limits of trash time come before all but the right to set one", () => {
  const { master, mine } = withTree();
  const tools = master.connect("tools", { ...readOnly, trashTimeMin: 3600, trashTimeMax: 7200 });
  const ask = (seconds: number, mode: number) =>
    master.ask(tools, setTrashTime, { inode: mine, uid: 0, seconds, mode });
  assert.equal(ask(7201, 0), status.EPERM);
  assert.equal(ask(3599, 0), status.EPERM);
  assert.equal(ask(3599, 1), status.EROFS);
  assert.equal(ask(7201, 1), status.EPERM);
  assert.equal(ask(7201, 2), status.EROFS);
  assert.equal(ask(3599, 2), status.EPERM);
  assert.equal(ask(3600, 9), status.EINVAL);
  const never = master.connect("tools", { ...readOnly, disables: disabled.setTrashTime });
  const request = { inode: mine, uid: 0, seconds: 3600, mode: 9 };
  assert.equal(master.ask(never, setTrashTime, request), status.EPERM);
});

test("spec 3 6.4: extra attributes are counted by value, folded for old clients", () => {
  const { master, tools, directory, mine } = withTree();
  master.mark(directory, extraAttribute.noEntryCache);
  master.mark(mine, extraAttribute.immutable | extraAttribute.noOwner);
  const ask = (recursive: number, client = tools) =>
    master.ask(client, getExtraAttributes, { inode: directory, recursive });
  assert.deepEqual(ask(1), {
    variant: "full",
    files: [
      { extraAttributes: 0, count: 2 },
      { extraAttributes: 0x81, count: 1 },
    ],
    directories: [{ extraAttributes: 0x04, count: 1 }],
  });
  assert.deepEqual(ask(0), {
    variant: "full",
    files: [],
    directories: [{ extraAttributes: 0x04, count: 1 }],
  });
  assert.equal(ask(2), status.EINVAL);
  const old = Object.assign(Object.create(tools) as typeof tools, { version: 0x0003_0050 });
  assert.deepEqual((ask(1, old) as { files: unknown }).files, [
    { extraAttributes: 0, count: 2 },
    { extraAttributes: 1, count: 1 },
  ]);
});

test("spec 3 6.4: protection is for administrators, entry caching for directories", () => {
  const { master, tools, directory, mine } = withTree();
  const plain = master.connect("tools", { sessionFlags: 0 });
  const ask = (client: typeof tools, eattr: number, mode: number, inode = directory) =>
    master.ask(client, setExtraAttributes, { inode, uid: 0, extraAttributes: eattr, mode });
  assert.deepEqual(ask(tools, extraAttribute.noEntryCache, 5), counts(1, 3, 0));
  assert.equal(ask(plain, extraAttribute.undeletable, 1, missing), status.EPERM);
  assert.deepEqual(ask(tools, extraAttribute.immutable, 1, mine), counts(1, 0, 0));
  assert.equal(ask(tools, extraAttribute.noOwner, 1, mine), status.EPERM);
  assert.deepEqual(ask(plain, 0, 0, mine), counts(1, 0, 0), "what is not named is not looked at");
  assert.equal(ask(plain, 0, 8, missing), status.EINVAL);
  assert.equal(ask(plain, 0, 0, missing), status.ENOENT);
  assert.equal(ask(master.connect("tools", readOnly), 0xff, 0, missing), status.EROFS);
});

test("spec 3 6.12: archived chunks are counted, set and cleared by file", () => {
  const { master, tools, directory, mine, theirs, fifo } = withTree();
  master.write(mine, 0, 1n);
  master.write(mine, 1, (1n << 26n) + 1n);
  master.write(theirs, 0, 1n);
  const get = (inode = directory) =>
    master.ask(tools, archiveControl, { variant: "get", inode, command: 2 });
  const change = (inode: number, command: number, uid = 0) =>
    master.ask(tools, archiveControl, { variant: "change", inode, command, uid });
  const sums = (...[archivedChunks, otherChunks, archivedFiles, otherFiles]: number[]) => ({
    variant: "get",
    archivedChunks,
    otherChunks,
    archivedFiles,
    partlyArchivedFiles: 0,
    otherFiles,
  });
  assert.deepEqual(get(), sums(0, 3, 0, 2));
  const changed = { variant: "change", changed: 1, unchanged: 0, notPermittedFiles: 1 };
  assert.deepEqual(change(directory, 1, user.uid), changed);
  assert.deepEqual(get(), sums(1, 2, 1, 1));
  assert.equal(change(mine, 1, user.uid), status.EPERM);
  assert.deepEqual(change(directory, 0), {
    variant: "change",
    changed: 1,
    unchanged: 2,
    notPermittedFiles: 0,
  });
  const empty = master.file(1, "empty");
  assert.deepEqual(get(empty), sums(0, 0, 0, 0), "a file without chunks is in no state");
  assert.equal(get(missing), status.ENOENT);
  assert.equal(get(fifo), status.EPERM);
  assert.equal(change(fifo, 0), status.EPERM);
});

test("spec 3 6.12: a file with some chunks archived is partly archived", () => {
  const { master, tools, mine } = withTree();
  const chunkId = master.write(mine, 0, 1n);
  master.write(mine, 1, (1n << 26n) + 1n);
  master.world.chunks.setArchived(master.world.chunks.find(chunkId), true);
  assert.deepEqual(master.ask(tools, archiveControl, { variant: "get", inode: mine, command: 2 }), {
    variant: "get",
    archivedChunks: 1,
    otherChunks: 1,
    archivedFiles: 0,
    partlyArchivedFiles: 1,
    otherFiles: 0,
  });
});
