// Who the master is, its general figures, tables of chunks and what the loops found.
// Spec: wire-admin.md sections 3.1, 3.6 to 3.9, 3.18 and 4.1 to 4.3.

import assert from "node:assert/strict";
import { test } from "node:test";
import { noFileLoop, noSources } from "../../../../../daemons/master/core/admin/providers.ts";
import { monitorRequests } from "../../../../../daemons/master/core/admin/table.ts";
import { copyState } from "../../../../../daemons/master/core/store/copies.ts";
import { requestsOf } from "../../../../../daemons/protocol/packets/client-requests.ts";
import { Register } from "../../../../../daemons/protocol/packets/client-register.ts";
import {
  MemoryInfo,
  MemoryInfoAnswer,
} from "../../../../../daemons/protocol/packets/admin-settings.ts";
import {
  ChunksMatrix,
  ChunksMatrixAnswer,
  ChunksTestInfo,
  ChunksTestInfoAnswer,
  FilesTestInfo,
  FilesTestInfoAnswer,
  Info,
  InfoAnswer,
  MissingChunks,
  MissingChunksAnswer,
} from "../../../../../daemons/protocol/packets/admin.ts";
import {
  ConfigValue,
  GetConfig,
  GetVersion,
  ModuleInfo,
  ModuleInfoAnswer,
  Version,
} from "../../../../../daemons/protocol/packets/any.ts";
import { spokenVersion } from "../../../../../daemons/protocol/version.ts";
import { WatchedMaster } from "./monitor.ts";

const root = 1;

test("every request that an unregistered connection may send is served", () => {
  const asked = [...requestsOf.unregistered.keys()].filter((id) => id !== Register.id);
  assert.deepEqual(
    asked.filter((id) => !monitorRequests.has(id)),
    [],
  );
});

test("spec 4.1: the version comes with the message id of the request, if it has one", () => {
  const master = new WatchedMaster();
  const text = "3.0.117-1";
  assert.deepEqual(master.watch(GetVersion, { variant: "plain" }, Version), {
    variant: "plain",
    version: spokenVersion,
    text,
  });
  const numbered = { variant: "numbered", messageId: 77 } as const;
  assert.deepEqual(master.watch(GetVersion, numbered, Version, "numbered"), {
    ...numbered,
    version: spokenVersion,
    text,
  });
});

test("spec 4.2: a configuration value is the one that the settings show", () => {
  const master = new WatchedMaster();
  master.settings = { option: (name) => (name === "NICE_LEVEL" ? "-19" : "") };
  const ask = (name: string) => master.watch(GetConfig, { messageId: 5, name }, ConfigValue);
  assert.deepEqual(ask("NICE_LEVEL"), { messageId: 5, value: "-19" });
  assert.deepEqual(ask("NOT_THERE"), { messageId: 5, value: "" });
});

test("spec 4.3: the module is a master that follows nobody", () => {
  const master = new WatchedMaster();
  master.world.metaId = 0x1234_5678_9abc_def0n;
  const body = master.askBytes(ModuleInfo, { variant: "plain" }, ModuleInfoAnswer);
  assert.equal(body.length, 21);
  assert.deepEqual(ModuleInfoAnswer.decode(body), {
    variant: "plain",
    moduleType: 1,
    version: spokenVersion,
    moduleId: 0,
    metaId: 0x1234_5678_9abc_def0n,
    leaderIp: 0,
    leaderPort: 0,
  });
  const numbered = { variant: "numbered", messageId: 3 } as const;
  assert.equal(master.askBytes(ModuleInfo, numbered, ModuleInfoAnswer).length, 25);
});

test("spec 3.1: the figures have 149 bytes, and four that say that there is one master", () => {
  const master = new WatchedMaster();
  const file = master.file(root, "a");
  master.directory(root, "d");
  master.write(file, 0, 1000n);
  master.monitor = {
    ...noSources,
    process: () => ({ residentBytes: 5, virtualBytes: 6, systemCpu: 7, userCpu: 8 }),
    lastSave: () => ({ time: 9, durationMs: 10, status: 2 }),
  };
  master.settings = { exportsChecksum: 0xffcc_fd8a_defb_e2den };
  const body = master.askBytes(Info, {}, InfoAnswer);
  assert.equal(body.length, 149);
  const answer = InfoAnswer.decode(body);
  assert(answer.variant === "current");
  assert.deepEqual(
    [answer.state, answer.nextState, answer.stable, answer.synchronized],
    [255, 255, 255, 255],
  );
  assert.deepEqual(
    [answer.memoryBytes, answer.systemCpu, answer.userCpu, answer.lastSaveTime],
    [5, 7, 8, 9],
  );
  assert.deepEqual([answer.lastSaveDurationMs, answer.lastSaveStatus], [10, 2]);
  assert.deepEqual([answer.nodes, answer.directories, answer.files, answer.chunks], [3, 2, 1, 1]);
  assert.equal(answer.exportsChecksum, 0xffcc_fd8a_defb_e2den);
  assert.equal(answer.metaVersion, BigInt(master.world.metaVersion));
});

test("sums that no answer can carry are shown as the largest that it can", () => {
  const master = new WatchedMaster();
  for (const name of ["a", "b"]) {
    const inode = master.file(root, name);
    master.commit({ op: "LENGTH", inode, length: 2n ** 56n, touch: 0 });
    master.remove(root, name);
  }
  const answer = master.watch(Info, {}, InfoAnswer);
  assert(answer.variant === "current");
  assert.equal(answer.trashBytes, Number.MAX_SAFE_INTEGER);
  assert.equal(answer.trashFiles, 2);
});

test("spec 3.18: the weights of tables have 176 bytes and are never all zero", () => {
  const master = new WatchedMaster();
  const body = master.askBytes(MemoryInfo, {}, MemoryInfoAnswer);
  assert.equal(body.length, 176);
  const rows = Object.entries(MemoryInfoAnswer.decode(body));
  assert(rows.some(([, { allocatedBytes }]) => allocatedBytes > 0));
  for (const [name, { allocatedBytes, usedBytes }] of rows) {
    assert(usedBytes <= allocatedBytes, `${name} uses ${usedBytes} of ${allocatedBytes}`);
  }
});

test("spec 3.6: chunks by goal and copies, all and those on disks that stay", () => {
  const master = new WatchedMaster();
  const slots = [1, 2].map((id) => master.chunkserver(id));
  const chunk = master.write(master.file(root, "a"), 0, 10n);
  master.addCopy(chunk, slots[0] ?? 0, copyState.valid);
  master.addCopy(chunk, slots[1] ?? 0, copyState.removalValid);
  const body = master.askBytes(ChunksMatrix, { matrixId: undefined }, ChunksMatrixAnswer);
  assert.equal(body.length, 969);
  const both = ChunksMatrixAnswer.decode(body);
  assert(both.variant === "both");
  assert.equal(both.all[2]?.[2], 1);
  assert.equal(both.regular[2]?.[1], 1);
  const one = (matrixId: number) => {
    const answer = master.watch(ChunksMatrix, { matrixId }, ChunksMatrixAnswer);
    return answer.variant === "one" ? answer.matrix : [];
  };
  assert.deepEqual(one(0), both.all);
  assert.deepEqual(one(1), both.regular);
  assert(
    one(2)
      .flat()
      .every((count) => count === 0),
  );
});

test("spec 3.7: before the first loop over chunks all 18 numbers are zero", () => {
  const body = new WatchedMaster().askBytes(ChunksTestInfo, {}, ChunksTestInfoAnswer);
  assert.deepEqual(body, new Uint8Array(72));
});

test("spec 3.8: what the file loop found comes with or without trash and sustained files", () => {
  const master = new WatchedMaster();
  const loop = { ...noFileLoop, files: 3, missingTrashFiles: 4, messages: "unknown chunks: 1\n" };
  master.monitor = { ...noSources, fileLoop: () => loop };
  const full = master.askBytes(FilesTestInfo, { mode: 0 }, FilesTestInfoAnswer);
  assert.equal(full.length, 44 + loop.messages.length);
  const answer = FilesTestInfoAnswer.decode(full);
  assert(answer.variant === "full");
  assert.equal(answer.missingTrashFiles, 4);
  assert.equal(answer.messages, loop.messages);
  const legacy = master.askBytes(FilesTestInfo, { mode: undefined }, FilesTestInfoAnswer);
  assert.equal(legacy.length, 36 + loop.messages.length);
});

test("spec 3.9: missing chunks are listed with their reason in every mode but 0", () => {
  const master = new WatchedMaster();
  const missing = [{ chunkId: 0x10n, inode: 7, index: 2, reason: 1 }];
  master.monitor = { ...noSources, fileLoop: () => ({ ...noFileLoop, missing }) };
  const length = (mode: number | undefined) =>
    master.askBytes(MissingChunks, { mode }, MissingChunksAnswer).length;
  assert.deepEqual([length(undefined), length(0), length(1), length(9)], [16, 16, 17, 17]);
  const answer = master.watch(MissingChunks, { mode: 1 }, MissingChunksAnswer, "typed");
  assert.deepEqual(answer, { variant: "typed", chunks: missing });
});
