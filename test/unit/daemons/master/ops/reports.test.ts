// What tools ask about nodes: copies, sums, contents, paths. Spec: wire-client-master-3.md sections 6.1, 6.5-6.7.

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkFile } from "../../../../../daemons/master/core/ops/check.ts";
import { getDirectoryStats } from "../../../../../daemons/master/core/ops/directory-info.ts";
import { nodeInfo } from "../../../../../daemons/master/core/ops/node-info.ts";
import { parents, paths } from "../../../../../daemons/master/core/ops/paths.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { copyState } from "../../../../../daemons/master/core/store/copies.ts";
import { bytes, TestMaster } from "./test-master.ts";

const chunkBytes = 1n << 26n;
const missing = 999;

test("spec 3 6.1: chunks are counted by their usable copies, holes last", () => {
  const master = new TestMaster();
  const tools = master.connect("tools");
  const [first, second] = [master.chunkserver(1), master.chunkserver(2)];
  const file = master.file(1, "f");
  const lost = master.write(file, 3, 3n * chunkBytes + 1n);
  const whole = master.write(file, 1, 3n * chunkBytes + 1n);
  master.addCopy(whole, first, copyState.valid);
  master.addCopy(whole, second, copyState.removalValid);
  master.addCopy(lost, first, copyState.invalid, 0);
  const counts = [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2];
  assert.deepEqual(master.ask(tools, checkFile, { variant: "file", inode: file }), {
    variant: "file",
    counts,
  });
});

test("spec 3 6.1: copies of one chunk are listed with what is wrong with them", () => {
  const master = new TestMaster();
  const tools = master.connect("tools");
  const file = master.file(1, "f");
  const chunkId = master.write(file, 1, chunkBytes + 1n);
  const states = [
    copyState.valid,
    copyState.removalBusy,
    copyState.wrongVersion,
    copyState.removalWrongVersion,
    copyState.invalid,
    copyState.deleting,
  ];
  states.forEach((state, at) => master.addCopy(chunkId, master.chunkserver(at + 1), state, at));
  const ask = (index: number, inode = file) =>
    master.ask(tools, checkFile, { variant: "chunk", inode, index });
  const { copies, ...rest } = ask(1) as { copies: { ip: number; port: number; kind: number }[] };
  assert.deepEqual(rest, { variant: "chunk", chunkId, version: 1 });
  assert.deepEqual(
    copies.toSorted((left, right) => left.ip - right.ip),
    [0, 1, 2, 3, 4].map((kind) => ({ ip: 0x0a00_0101 + kind, port: 9422, kind })),
  );
  const hole = { variant: "chunk", chunkId: 0, version: 0, copies: [] };
  assert.deepEqual(ask(0), hole);
  assert.deepEqual(ask(5), hole);
  assert.equal(ask(0x8000_0000), status.INDEXTOOBIG);
  assert.equal(ask(0, 1), status.EPERM);
  assert.equal(ask(0, missing), status.ENOENT);
});

test("spec 3 6.5: sums count the node itself, and the layout is that of the connection", () => {
  const master = new TestMaster();
  const [tools, mount] = [master.connect("tools"), master.connect("mount")];
  const directory = master.directory(1, "d");
  const file = master.file(directory, "f");
  master.link(file, directory, "g");
  master.write(file, 0, 100_000n);
  const size = 0x2_0000n + 0x2000n;
  const ask = (inode: number, client = tools) => master.ask(client, getDirectoryStats, { inode });
  const ofFile = { inodes: 1, directories: 0, files: 1, chunks: 1 };
  const bytesOfFile = { length: 100_000n, size, realSize: 2n * size };
  assert.deepEqual(ask(file), { variant: "tools", ...ofFile, ...bytesOfFile });
  assert.deepEqual(ask(directory), {
    variant: "tools",
    inodes: 3,
    directories: 1,
    files: 2,
    chunks: 2,
    length: 200_000n,
    size: 2n * size,
    realSize: 4n * size,
  });
  assert.deepEqual(ask(file, mount), {
    variant: "mount",
    ...ofFile,
    zeros: [0, 0],
    moreZeros: [0, 0],
    ...bytesOfFile,
  });
  assert.equal(ask(master.fifo(1, "p")), status.EPERM);
  assert.equal(ask(missing), status.ENOENT);
});

test("spec 3 6.5: a sparse file of 2^57 bytes is shown whole", () => {
  const master = new TestMaster();
  const file = master.file(1, "f");
  const length = 2n ** 57n - 1n;
  master.commit({ op: "LENGTH", inode: file, length, touch: 0 });
  const shown = master.ask(master.connect("tools"), getDirectoryStats, { inode: file });
  assert.equal((shown as { length: bigint }).length, length);
});

test("spec 3 6.6: a directory is listed piece by piece, whatever goes meanwhile", () => {
  const master = new TestMaster();
  const mount = master.connect();
  const directory = master.directory(1, "d");
  const files = [1, 2, 3, 4].map((number) => master.file(directory, `f${number}`));
  const newestFirst = files.toReversed();
  const ask = (entriesMax: number, continueId: bigint) =>
    master.ask(mount, nodeInfo, { variant: "numbered", inode: directory, entriesMax, continueId });
  const first = ask(2, 0n) as { node: { continueId: bigint; inodes: number[] } };
  assert.deepEqual(first.node.inodes, newestFirst.slice(0, 2));
  master.remove(directory, "f2");
  assert.deepEqual(ask(2, first.node.continueId), {
    variant: "numbered",
    node: { variant: "directory", continueId: 0n, inodes: newestFirst.slice(3) },
  });
});

test("spec 3 6.6: a file's chunks come with their sizes, and its last part ends the list", () => {
  const master = new TestMaster();
  const mount = master.connect();
  const slot = master.chunkserver(1);
  const file = master.file(1, "f");
  const length = 4n * chunkBytes + 65_537n;
  const ids = [0, 2, 4].map((index) => master.write(file, index, length));
  const [first = 0] = ids;
  master.addCopy(first, slot, copyState.invalid, 0);
  const ask = (entriesMax: number, continueId: bigint) =>
    master.ask(mount, nodeInfo, { variant: "plain", inode: file, entriesMax, continueId });
  const full = 0x400_2000;
  const size = [full, full, 0x2_0000 + 0x2000];
  const chunks = ids.map((chunkId, at) => ({ chunkId, size: size[at], copies: at === 0 ? 1 : 0 }));
  const answer = (continueId: bigint, from: number, to: number) => ({
    variant: "plain",
    node: { variant: "file", continueId, length, chunks: chunks.slice(from, to) },
  });
  assert.deepEqual(ask(2, 0n), answer(3n, 0, 2));
  assert.deepEqual(ask(2, 3n), answer(0n, 2, 3));
  master.commit({ op: "SETFILECHUNK", inode: file, index: 4, chunk: 0 });
  assert.deepEqual(ask(2, 0n), answer(0n, 0, 2), "a hole at the end is not a part");
});

test("spec 3 6.6: a chunk beyond the end of its file takes nothing", () => {
  const master = new TestMaster();
  const file = master.file(1, "f");
  const { chunk: chunkId } = master.commit({
    op: "WRITE",
    inode: file,
    index: 0,
    opflag: 1,
    touch: 0,
  });
  const request = { variant: "numbered", inode: file, entriesMax: 1, continueId: 0n };
  assert.deepEqual(master.ask(master.connect(), nodeInfo, request), {
    variant: "numbered",
    node: {
      variant: "file",
      continueId: 0n,
      length: 0n,
      chunks: [{ chunkId, size: 0, copies: 0 }],
    },
  });
});

test("spec 3 6.6: other nodes have no contents, and missing ones a status", () => {
  const master = new TestMaster();
  const mount = master.connect();
  const ask = (inode: number) =>
    master.ask(mount, nodeInfo, { variant: "numbered", inode, entriesMax: 1, continueId: 0n });
  const numbered = { variant: "numbered" };
  assert.deepEqual(ask(master.fifo(1, "p")), { ...numbered, node: { variant: "other" } });
  const node = { variant: "status", status: status.ENOENT };
  assert.deepEqual(ask(missing), { ...numbered, node });
});

test("spec 3 6.7: a node has a path for each of its names below the session's root", () => {
  const master = new TestMaster();
  const directory = master.directory(1, "d");
  const inner = master.directory(directory, "e");
  const file = master.file(inner, "f");
  master.link(file, 1, "outside");
  master.link(file, directory, "g");
  const [whole, part] = [master.connect(), master.connect("mount", { rootInode: directory })];
  const ask = (inode: number, client = whole) => {
    const answer = master.ask(client, paths, { inode });
    if (typeof answer === "number") return answer;
    return (answer as { paths: Uint8Array[] }).paths.map((path) => new TextDecoder().decode(path));
  };
  assert.deepEqual(ask(1), ["/"]);
  assert.deepEqual(ask(file), ["d/g", "outside", "d/e/f"]);
  assert.deepEqual(ask(1, part), ["/"]);
  assert.deepEqual(ask(file, part), ["g", "e/f"]);
  assert.equal(ask(missing), status.ENOENT);
  master.file(directory, "gone");
  const gone = master.world.edges.child(master.world.edges.find(directory, bytes("gone")));
  master.remove(directory, "gone");
  assert.deepEqual(ask(gone), ["./TRASH (d/gone)"]);
  const open = master.file(1, "open");
  master.commit({ op: "SETTRASHTIME", inode: open, uid: 0, seconds: 0, mode: 0 });
  master.commit({ op: "ACQUIRE", session: whole.session.id, inode: open });
  master.remove(1, "open");
  assert.deepEqual(ask(open), ["./SUSTAINED (open)"]);
});

test("spec 2 7: parents are shown as the session sees them", () => {
  const master = new TestMaster();
  const directory = master.directory(1, "d");
  const file = master.file(1, "outside");
  master.link(file, directory, "f");
  const [whole, part] = [master.connect(), master.connect("mount", { rootInode: directory })];
  const ask = (inode: number, client = whole) => master.ask(client, parents, { inode });
  const answer = (...found: number[]) => ({ variant: "full", parents: found });
  assert.deepEqual(ask(file), answer(directory, 1));
  assert.deepEqual(ask(file, part), answer(1));
  assert.deepEqual(ask(1), answer());
  assert.deepEqual(ask(1, part), answer());
  assert.equal(ask(missing), status.ENOENT);
});
