// The cluster's state as run-books see it, read from the fake master.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ChunkserverCommand,
  ChunkserverCommandAnswer,
  chunkserverCommands,
} from "../../../daemons/protocol/packets/admin.ts";
import {
  GetVersion,
  ModuleInfo,
  ModuleInfoAnswer,
  Version,
} from "../../../daemons/protocol/packets/any.ts";
import { parseIpv4 } from "../../../daemons/protocol/address.ts";
import { MfsctlError } from "../../../src/errors.ts";
import { countChunks } from "../../../src/wire/chunk-counts.ts";
import { WireClient } from "../../../src/wire/client.ts";
import { readClusterState, readInfo } from "../../../src/wire/cluster-state.ts";
import { readDisks } from "../../../src/wire/disks.ts";
import { fakeCluster } from "../../support/fake-cluster.ts";
import type { FakeClusterModel } from "../../support/fake-cluster.ts";
import { fakeMasterStream } from "../../support/fake-master.ts";

function connect(model: FakeClusterModel): WireClient {
  return new WireClient(fakeMasterStream(model), { name: "meta01" });
}

test("a healthy cluster reads as one", async () => {
  const client = connect(fakeCluster());
  const state = await readClusterState(client);
  assert.equal(state.info.version, "3.0.117");
  assert.equal(state.info.metaVersion, 1000n);
  assert.deepStrictEqual(
    state.chunkservers.map((each) => [each.ip, each.port, each.connected, each.maintenance]),
    ["10.0.0.11", "10.0.0.12", "10.0.0.13"].map((ip) => [ip, 9422, true, "off"]),
  );
  assert.deepStrictEqual(state.metaloggers, [{ ip: "10.0.0.2", version: "3.0.117" }]);
  assert.equal(state.sessions[0]?.info, "/home/work/share");
  assert.equal(state.chunks.matrixExact, true);
  assert.equal(state.chunks.all.stable, 100);
  assert.deepStrictEqual(state.chunkLoop, { start: 1_795_345_000, end: 1_795_345_300 });
  client.close();
});

test("each answer is made from the model as it is at that moment", async () => {
  const model = fakeCluster();
  const client = connect(model);
  assert.equal((await readClusterState(client)).chunks.regular.missing, 0);
  model.chunks.push({ goal: 2, copies: 2, count: 7, regularCopies: 1 });
  model.chunkservers.splice(1, 1, { ip: "10.0.0.12", connected: false });
  model.matrixProgress = 2;
  const state = await readClusterState(client);
  assert.equal(state.chunks.all.endangered, 0);
  assert.equal(state.chunks.regular.endangered, 7);
  assert.equal(state.chunks.matrixExact, false);
  assert.deepStrictEqual(
    [state.chunkservers[1]?.connected, state.chunkservers[1]?.version],
    [false, ""],
  );
  client.close();
});

test("a removal status is ready only when the master says 2", async () => {
  const statuses = [0, 1, 2, 3, 255];
  const model = fakeCluster({
    chunkservers: statuses.map((removalStatus, index) => ({
      ip: `10.0.0.${index + 1}`,
      removalStatus,
      removalChunks: 5,
      labelMask: 1 + 2 ** 25,
    })),
  });
  const client = connect(model);
  const { chunkservers } = await readClusterState(client);
  assert.deepStrictEqual(
    chunkservers.map((each) => each.removal.status),
    ["unknown", "notReady", "ready", "unknown", "unknown"],
  );
  assert.deepStrictEqual(chunkservers[0]?.labels, ["A", "Z"]);
  client.close();
});

test("a session without a connection shows when it will be forgotten", async () => {
  const model = fakeCluster({ sessions: [{ id: 7, ip: "10.0.0.9", expireSeconds: 600 }] });
  const client = connect(model);
  const { sessions } = await readClusterState(client);
  assert.deepStrictEqual(
    [sessions[0]?.id, sessions[0]?.connected, sessions[0]?.expireSeconds],
    [7, false, 600],
  );
  client.close();
});

test("a master of the next generation is refused by name, not misread", async () => {
  const client = connect(fakeCluster({ version: 0x00_04_39_0a }));
  await assert.rejects(readInfo(client), (error) => {
    assert.ok(error instanceof MfsctlError && error.code === "refused");
    return error.message.includes("4.57.5") && error.host === "meta01";
  });
  client.close();
});

test("spec wire-admin 3.6: every cell of the matrix falls into its class", () => {
  const matrix = Array.from({ length: 11 }, () => Array.from({ length: 11 }, () => 1));
  assert.deepStrictEqual(countChunks(matrix), {
    toBeRemoved: 1,
    pendingDeletion: 10,
    missing: 10,
    endangered: 9,
    undergoal: 36,
    stable: 10,
    overgoal: 45,
  });
});

test("the disks of a chunkserver come in the order of its file", async () => {
  const model = fakeCluster({
    role: "chunkserver",
    disks: [
      { path: "/data/d1/", chunks: 10, errorTime: 1_795_345_000 },
      { path: "/data/d2/", markedForRemoval: true },
      { path: "/data/d3/", scanPercent: 42 },
      { path: "/data/d4/", invalid: true },
    ],
  });
  const client = connect(model);
  const disks = await readDisks(client);
  assert.deepStrictEqual(
    disks.map((disk) => disk.path),
    ["/data/d1/", "/data/d2/", "/data/d3/", "/data/d4/"],
  );
  assert.deepStrictEqual(disks[0]?.lastError, { chunkId: 1n, time: 1_795_345_000 });
  assert.deepStrictEqual(
    disks.map((disk) => [disk.markedForRemoval, disk.scanPercent, disk.invalid, disk.damaged]),
    [
      [false, undefined, false, false],
      [true, undefined, false, false],
      [false, 42, false, false],
      [false, undefined, true, true],
    ],
  );
  client.close();
});

test("the fake master answers identity and commands like a real one", async () => {
  const model = fakeCluster();
  const client = connect(model);
  const version = await client.request(GetVersion, { variant: "numbered", messageId: 7 }, Version, {
    variant: "numbered",
  });
  assert.partialDeepStrictEqual(version, { messageId: 7, text: "3.0.117-1" });
  const module = await client.request(ModuleInfo, { variant: "plain" }, ModuleInfoAnswer);
  assert.partialDeepStrictEqual(module, { moduleType: 1, metaId: model.metaId });
  const run = async (command: number, ip: string): Promise<number> => {
    const body = { variant: "command", command, ip: parseIpv4(ip) ?? 0, port: 9422 } as const;
    const answer = await client.request(ChunkserverCommand, body, ChunkserverCommandAnswer);
    assert.ok(answer.variant === "command");
    return answer.status;
  };
  assert.equal(await run(chunkserverCommands.remove, "10.0.0.12"), 42);
  assert.equal(await run(chunkserverCommands.remove, "10.9.9.9"), 41);
  assert.equal(await run(chunkserverCommands.maintenanceOn, "10.0.0.12"), 0);
  assert.equal(model.chunkservers[1]?.maintenance, true);
  Object.assign(model.chunkservers[1] ?? {}, { connected: false });
  assert.equal(await run(chunkserverCommands.remove, "10.0.0.12"), 0);
  assert.equal(model.chunkservers.length, 2);
  client.close();
});

test("the fake master hangs up on what it does not know", async () => {
  const client = connect(fakeCluster({ role: "chunkserver" }));
  await assert.rejects(readInfo(client), { code: "unreachable" });
});
