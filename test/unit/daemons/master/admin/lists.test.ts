// Lists for monitors: servers, sessions, exports, quotas, classes, open files, locks, paths; and commands.
// Spec: wire-admin.md sections 3.2 to 3.5 and 3.10 to 3.17.

import assert from "node:assert/strict";
import { test } from "node:test";
import { noSources } from "../../../../../daemons/master/core/admin/providers.ts";
import type { ExportsRow } from "../../../../../daemons/master/core/sessions/exports-choice.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { copyState } from "../../../../../daemons/master/core/store/copies.ts";
import {
  ListAcquiredLocks,
  ListAcquiredLocksAnswer,
  QuotaInfo,
  QuotaInfoAnswer,
} from "../../../../../daemons/protocol/packets/admin-figures.ts";
import {
  ExportsInfoByMode,
  SessionListByMode,
} from "../../../../../daemons/protocol/packets/admin-modes.ts";
import {
  ExportsInfo,
  ExportsInfoAnswer,
  ListOpenFiles,
  ListOpenFilesAnswer,
  StorageClassInfo,
  StorageClassInfoAnswer,
} from "../../../../../daemons/protocol/packets/admin-settings.ts";
import {
  ChunkserverCommand,
  ChunkserverCommandAnswer,
  ChunkserverList,
  ChunkserverListAnswer,
  MassResolvePaths,
  MassResolvePathsAnswer,
  MetaloggerList,
  MetaloggerListAnswer,
  SessionCommand,
  SessionCommandAnswer,
  SessionList,
  SessionListAnswer,
} from "../../../../../daemons/protocol/packets/admin.ts";
import {
  NodeInfo,
  NodeInfoAnswer,
} from "../../../../../daemons/protocol/packets/client-reports.ts";
import { ProtocolError } from "../../../../../daemons/protocol/protocol-error.ts";
import { WatchedMaster } from "./monitor.ts";

const root = 1;
const port = 9422;
const firstServer = 0x0a00_0101;

const row: ExportsRow = {
  fromAddress: 1,
  toAddress: 2,
  minVersion: 0x03000a,
  meta: false,
  path: new TextEncoder().encode("some/where"),
  allDirs: true,
  passwordDigest: new Uint8Array(16),
  rootRedefined: false,
  sessionFlags: 9,
  umask: 0o22,
  rootUid: 3,
  rootGid: 4,
  mapAllUid: 5,
  mapAllGid: 6,
  goalMin: 1,
  goalMax: 9,
  trashTimeMin: 7,
  trashTimeMax: 8,
  disables: 0x180,
};

test("spec 3.2: chunkservers have 69 bytes each, those that are away too", () => {
  const master = new WatchedMaster();
  master.chunkserver(1);
  master.world.servers.add(firstServer + 1, port, 2);
  const body = master.askBytes(ChunkserverList, {}, ChunkserverListAnswer);
  assert.equal(body.length, 2 * 69);
  const listed = ChunkserverListAnswer.decode(body).chunkservers;
  assert.deepEqual(
    listed.map(({ flags, chunkserverId }) => [flags, chunkserverId]),
    [
      [0, 1],
      [1, 2],
    ],
  );
});

test("spec 3.5: a chunkserver that is away is forgotten, one that is connected is not", () => {
  const master = new WatchedMaster();
  master.chunkserver(1);
  master.world.servers.add(firstServer + 1, port, 2);
  const run = (command: number, ip: number) => {
    const asked = { variant: "command", command, ip, port } as const;
    const answer = master.watch(ChunkserverCommand, asked, ChunkserverCommandAnswer, "command");
    return answer.variant === "command" ? answer.status : undefined;
  };
  assert.equal(run(0, firstServer), status.ACTIVE);
  assert.equal(run(0, firstServer + 9), status.NOTFOUND);
  assert.equal(run(4, firstServer), status.EINVAL);
  assert.equal(run(0, firstServer + 1), status.OK);
  assert.equal(run(0, firstServer + 1), status.NOTFOUND);
  master.takeLines();
  assert.equal(run(2, firstServer), status.OK);
  assert.equal(run(3, firstServer), status.OK);
  assert.deepEqual(master.takeLines(), [
    `CSDBOP(4,${firstServer},${port},0)`,
    `CSDBOP(5,${firstServer},${port},0)`,
  ]);
});

test("spec 3.5: the form of six bytes removes and is answered with an empty body", () => {
  const master = new WatchedMaster();
  master.world.servers.add(firstServer, port, 1);
  const asked = { variant: "legacy", ip: firstServer, port } as const;
  assert.equal(master.askBytes(ChunkserverCommand, asked, ChunkserverCommandAnswer).length, 0);
  assert.equal(master.world.servers.count, 0);
  assert.equal(master.askBytes(ChunkserverCommand, asked, ChunkserverCommandAnswer).length, 0);
});

test("spec 3.12: metaloggers are those that the sources know", () => {
  const master = new WatchedMaster();
  const metaloggers = [{ version: 0x0300ea, ip: 7 }];
  master.monitor = { ...noSources, metaloggers: () => metaloggers };
  assert.deepEqual(master.watch(MetaloggerList, {}, MetaloggerListAnswer), { metaloggers });
});

test("spec 3.3: each mode has its own length of a session, and low ones list connected sessions only", () => {
  const master = new WatchedMaster();
  const here = master.connect().session;
  here.connections = 300;
  const away = master.connect().session;
  away.disconnected = master.now - 400;
  const texts = "/mnt".length + "/".length;
  const fixed = [37, 47, 56, 58, 62].map((bytes) => bytes + 128 + texts);
  for (const mode of [undefined, 0, 1, 2, 3, 4, 255]) {
    const place = Math.min(mode ?? 0, 4);
    const body = master.askBytes(SessionList, { mode }, SessionListAnswer);
    const shown = place < 2 ? 1 : 2;
    assert.equal(body.length, 2 + shown * (fixed[place] ?? 0), `mode ${mode}`);
    const decoded = SessionListByMode.decode(body, `mode${place}`);
    assert.equal(decoded.sessions.length, shown);
  }
  const { sessions } = master.watch(SessionList, { mode: 4 }, SessionListAnswer);
  assert.deepEqual(
    sessions.map((session) => [session.sockets, session.expireSeconds]),
    [
      [255, 0xffff_ffff],
      [0, 86_000],
    ],
  );
});

test("spec 3.3: a session's path is its directory's, a dot, or why there is none", () => {
  const master = new WatchedMaster();
  const directory = master.directory(master.directory(root, "a"), "b");
  const file = master.file(root, "f");
  for (const rootInode of [root, directory, file, 999, 0]) master.connect("mount", { rootInode });
  const { sessions } = master.watch(SessionList, { mode: 4 }, SessionListAnswer);
  assert.deepEqual(
    sessions.map(({ path }) => path),
    ["/", "/a/b", "(not directory)", "(not found)", "."],
  );
});

test("spec 3.4: only a session without a connection is removed", () => {
  const master = new WatchedMaster();
  const { session } = master.connect();
  session.connections = 1;
  const inode = master.file(root, "a");
  master.service.acquire(session.id, inode);
  master.commit({ op: "FLOCK", inode, session: session.id, owner: 5n, lock: "W" });
  const run = (command: number, sessionId: number) =>
    master.watch(SessionCommand, { command, sessionId }, SessionCommandAnswer).status;
  assert.equal(run(0, session.id), status.ACTIVE);
  assert.equal(run(0, 99), status.NOTFOUND);
  assert.equal(run(1, session.id), status.EINVAL);
  session.connections = 0;
  master.takeLines();
  assert.equal(run(0, session.id), status.OK);
  const unlocked = `FLOCK(${inode},${session.id},5,U)`;
  assert.deepEqual(master.takeLines(), [unlocked, `SESDEL(${session.id})`]);
  assert.equal(master.world.openFiles.size, 0);
});

test("spec 3.11: exports have their own length in each mode", () => {
  const master = new WatchedMaster();
  const meta = { ...row, meta: true, allDirs: false, passwordDigest: null };
  master.settings = { exports: [row, meta] };
  for (const [mode, fixed] of [34, 44, 46, 50, 50].entries()) {
    const body = master.askBytes(ExportsInfo, { mode }, ExportsInfoAnswer);
    assert.equal(body.length, 2 * fixed + "/some/where".length + ".".length, `mode ${mode}`);
    const variant = `mode${Math.min(mode, 3)}`;
    assert.equal(ExportsInfoByMode.decode(body, variant).exports.length, 2);
  }
  const { exports } = master.watch(ExportsInfo, { mode: 3 }, ExportsInfoAnswer);
  assert.deepEqual(
    exports.map(({ path, extraFlags, minVersion }) => [path, extraFlags, minVersion]),
    [
      ["/some/where", 3, 0x03000a],
      [".", 0, 0x03000a],
    ],
  );
});

const quota = {
  exceeded: false,
  flags: 0x11,
  softTime: 0,
  softInodes: 5,
  hardInodes: 6,
  softLength: 0n,
  hardLength: 0n,
  softSize: 0n,
  hardSize: 0n,
  softRealSize: 0n,
  hardRealSize: 0n,
  gracePeriod: 100,
};

test("spec 3.13: a quota shows its limits, its use, and when it blocks", () => {
  const master = new WatchedMaster();
  assert.equal(master.askBytes(QuotaInfo, {}, QuotaInfoAnswer).length, 0);
  const inode = master.directory(root, "q");
  master.file(inode, "a");
  const blocked = (softTime: number) => {
    master.world.quotas.set(inode, { ...quota, softTime });
    return master.watch(QuotaInfo, {}, QuotaInfoAnswer).quotas[0]?.secondsToBlock;
  };
  assert.equal(blocked(0), 0xffff_ffff);
  assert.equal(blocked(master.now - 40), 60);
  assert.equal(blocked(master.now - 400), 0);
  const [shown] = master.watch(QuotaInfo, {}, QuotaInfoAnswer).quotas;
  assert.equal(shown?.path, "/q");
  assert.equal(shown.current.inodes, 1);
  assert.equal(shown.hard.inodes, 6);
});

test("spec 3.14: the nine predefined classes have 3053 bytes", () => {
  const master = new WatchedMaster();
  const body = master.askBytes(StorageClassInfo, {}, StorageClassInfoAnswer);
  assert.equal(body.length, 3053);
});

test("spec 3.14: a class shows its chunks by copies, and whether servers can serve it", () => {
  const master = new WatchedMaster();
  const slots = [1, 2].map((id) => master.chunkserver(id));
  for (const server of master.chunkCore.servers.connected) {
    const totalBytes = 2 ** 40;
    server.space = { ...server.space, totalBytes };
  }
  const chunk = master.write(master.file(root, "a"), 0, 10n);
  master.write(master.file(root, "b"), 0, 10n);
  for (const slot of slots) master.addCopy(chunk, slot, copyState.valid);
  const shown = () => master.watch(StorageClassInfo, {}, StorageClassInfoAnswer);
  const { classes, usableServers } = shown();
  assert.equal(usableServers, 2);
  const [, two, three] = classes;
  assert.deepEqual([two?.keepUnder, two?.keepExact, two?.keepOver], [1, 1, 0]);
  assert.deepEqual([two?.files, two?.directories], [2, 1]);
  assert.deepEqual([two?.keepFulfilled, three?.keepFulfilled], [3, 0]);
  assert.deepEqual(two?.keepLabels[0], { masks: [0, 0, 0, 0], matchingServers: 2 });
  const [server] = master.chunkCore.servers.connected;
  assert(server !== undefined);
  server.loadState = 2;
  assert.equal(shown().classes[1]?.keepFulfilled, 2);
  server.space = { ...server.space, usedBytes: server.space.totalBytes };
  assert.equal(shown().classes[1]?.keepFulfilled, 1);
});

test("spec 3.15: open files of all sessions, or of one", () => {
  const master = new WatchedMaster();
  const inodes = ["a", "b"].map((name) => master.file(root, name));
  const [one, two] = [master.connect().session.id, master.connect().session.id];
  master.service.acquire(one, inodes[0] ?? 0);
  master.service.acquire(one, inodes[1] ?? 0);
  master.service.acquire(two, inodes[1] ?? 0);
  const ask = (sessionId: number, variant: "all" | "session") =>
    master.watch(ListOpenFiles, { variant: "plain", sessionId }, ListOpenFilesAnswer, variant);
  const all = ask(0, "all");
  assert(all.variant === "all");
  assert.deepEqual(
    all.files.map(({ sessionId, inode }) => [sessionId, inode]),
    [
      [one, inodes[0]],
      [one, inodes[1]],
      [two, inodes[1]],
    ],
  );
  assert.deepEqual(ask(one, "session"), { variant: "session", inodes });
  assert.deepEqual(ask(77, "session"), { variant: "session", inodes: [] });
  const numbered = { variant: "numbered", messageId: 1, sessionId: 0 } as const;
  assert.equal(master.askBytes(ListOpenFiles, numbered, ListOpenFilesAnswer).length, 4 + 24);
});

test("spec 3.16: locks of ranges come first, then locks of whole files without process and range", () => {
  const master = new WatchedMaster();
  const inode = master.file(root, "a");
  master.world.posixLocks.change(inode, {
    session: 1,
    owner: 2n,
    start: 1000n,
    end: 1050n,
    pid: 33,
    exclusive: true,
  });
  master.world.flocks.hold(inode, { session: 4, owner: 5n, exclusive: false });
  const asked = { variant: "plain", inode: 0 } as const;
  assert.equal(master.askBytes(ListAcquiredLocks, asked, ListAcquiredLocksAnswer).length, 2 * 37);
  const all = master.watch(ListAcquiredLocks, asked, ListAcquiredLocksAnswer, "all");
  assert.deepEqual(all, {
    variant: "all",
    locks: [
      { inode, sessionId: 1, owner: 2n, pid: 33, start: 1000n, end: 1050n, type: 2 },
      { inode, sessionId: 4, owner: 5n, pid: 0, start: 0n, end: 0n, type: 1 },
    ],
  });
  const ofOne = { variant: "numbered", messageId: 6, inode } as const;
  assert.equal(
    master.askBytes(ListAcquiredLocks, ofOne, ListAcquiredLocksAnswer).length,
    4 + 2 * 33,
  );
});

test("spec 3.10: each name of an inode is a path; trash, sustained and unknown inodes say so", () => {
  const master = new WatchedMaster();
  const directory = master.directory(root, "t");
  const file = master.file(directory, "a.bin");
  master.link(file, root, "other");
  const trashed = master.file(directory, "gone");
  master.remove(directory, "gone");
  const held = master.file(directory, "held");
  master.commit({ op: "SETTRASHTIME", inode: held, uid: 0, seconds: 0, mode: 0 });
  master.service.acquire(1, held);
  master.remove(directory, "held");
  const inodes = [file, 0, root, trashed, held, 9999];
  const { nodes } = master.watch(MassResolvePaths, { inodes }, MassResolvePathsAnswer);
  assert.deepEqual(
    nodes.map(({ inode, paths }) => [inode, [...paths].toSorted()]),
    [
      [file, ["other", "t/a.bin"]],
      [root, ["/"]],
      [trashed, ["./TRASH (t/gone)"]],
      [held, ["./SUSTAINED (t/held)"]],
      [9999, ["(deleted)"]],
    ],
  );
});

test("paths that would need more than any answer may have end the connection", () => {
  const master = new WatchedMaster();
  const inodes = Array.from({ length: 3_000_000 }, () => 9999);
  const ask = () => master.watch(MassResolvePaths, { inodes }, MassResolvePathsAnswer);
  assert.throws(ask, (error) => error instanceof ProtocolError && error.code === "countTooLarge");
});

test("spec 3.17: without a session the contents of the true root are shown, where the original crashes", () => {
  const master = new WatchedMaster();
  const child = master.directory(root, "d");
  const asked = { variant: "plain", inode: root, entriesMax: 5, continueId: 0n } as const;
  assert.deepEqual(master.watch(NodeInfo, asked, NodeInfoAnswer, "plain"), {
    variant: "plain",
    node: { variant: "directory", continueId: 0n, inodes: [child] },
  });
  const unknown = { ...asked, inode: 0xffff_ffff };
  assert.equal(master.askBytes(NodeInfo, unknown, NodeInfoAnswer).length, 1);
});
