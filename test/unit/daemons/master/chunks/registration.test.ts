// Registration of chunkservers, their identities, and silence. Spec: wire-chunkserver.md 2.1, 2.3, 2.4.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import {
  listServers,
  commandServer,
} from "../../../../../daemons/master/core/chunks/server-list.ts";
import { remapAddress } from "../../../../../daemons/master/core/chunks/registration.ts";
import { defaultChunkSettings } from "../../../../../daemons/master/core/chunks/settings.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { parseIpv4 } from "../../../../../daemons/protocol/address.ts";
import { GetConfig, GetVersion } from "../../../../../daemons/protocol/packets/any.ts";
import { packChunks } from "../../../../../daemons/protocol/packets/chunkserver-chunk-list.ts";
import { RegisterChunkserver } from "../../../../../daemons/protocol/packets/chunkserver-register.ts";
import {
  ChunkserverLoad,
  ChunkserverSpace,
} from "../../../../../daemons/protocol/packets/chunkserver-reports.ts";
import { FakeCluster } from "./fake-cluster.ts";

const ack = "MATOCS_MASTER_ACK";

describe("registration of chunkservers", () => {
  it("spec 2.3.2: accepts, takes the list part by part, and ends", () => {
    const cluster = new FakeCluster();
    cluster.begin(1);
    assert.deepEqual(cluster.takeSent(), [
      {
        peer: 1,
        name: ack,
        value: {
          variant: "accepted",
          version: 0x0003_00ea,
          timeoutSeconds: 10,
          chunkserverId: 1,
          metaId: 77n,
        },
      },
    ]);
    assert.equal(cluster.core.countersInProgress, true);
    const entries = packChunks([
      { chunkId: 5, version: 3, markedForRemoval: false },
      { chunkId: 6, version: 1, markedForRemoval: true },
    ]);
    cluster.receive(1, RegisterChunkserver, { variant: "chunks", entries });
    assert.deepEqual(cluster.takeSent(), [{ peer: 1, name: ack, value: { variant: "nextPart" } }]);
    cluster.receive(1, RegisterChunkserver, { variant: "end" });
    assert.equal(cluster.invalidations, 1);
    assert.deepEqual(cluster.takeLog(), ["CSDBOP", "CSDBOP", "CHUNKADD", "CHUNKADD"]);
    assert.deepEqual([...cluster.copies(5), ...cluster.copies(6)], ["1:valid", "1:removalValid"]);
    assert.equal(cluster.chunks.nextChunkId, 7);
    cluster.keepAlive(12);
    assert.equal(cluster.core.isComplete, true);
  });

  it("spec 2.1: sends nothing before the acceptance and closes who stays silent", () => {
    const cluster = new FakeCluster();
    cluster.port.onConnected(1, 1);
    cluster.pass(9);
    assert.deepEqual(cluster.takeSent(), []);
    cluster.pass(2);
    assert.match(cluster.closed.get(1) ?? "", /silent/);
    assert.equal(cluster.port.connections, 0);
  });

  it("spec 2.1: sends NOP after a third of the timeout, and forgives its own pause", () => {
    const cluster = new FakeCluster();
    cluster.join(1, { timeoutSeconds: 30 });
    cluster.takeSent();
    cluster.pass(11);
    assert.deepEqual(
      cluster.takeSent().map(({ name }) => name),
      ["ANTOAN_NOP"],
    );
    cluster.jump(100);
    assert.equal(cluster.closed.size, 0);
    cluster.pass(31);
    assert.equal(cluster.closed.size, 1);
  });

  it("spec 2.3.5: challenges when a password is set, and closes on a wrong answer", () => {
    const cluster = new FakeCluster();
    const authCode = new TextEncoder().encode("secret");
    cluster.core.settings = { ...defaultChunkSettings, authCode };
    cluster.begin(1);
    const random = new Uint8Array(32).fill(7);
    assert.deepEqual(cluster.takeSent(), [
      { peer: 1, name: ack, value: { variant: "challenge", random } },
    ]);
    const digest = createHash("md5")
      .update(random.subarray(16))
      .update(authCode)
      .update(random.subarray(16))
      .digest();
    cluster.begin(2);
    cluster.receive(
      2,
      RegisterChunkserver,
      cluster.beginning({ variant: "beginWithPassword", digest: new Uint8Array(16) }),
    );
    assert.match(cluster.closed.get(2) ?? "", /password/);
    cluster.receive(
      1,
      RegisterChunkserver,
      cluster.beginning({ variant: "beginWithPassword", digest: new Uint8Array(digest) }),
    );
    assert.equal(cluster.core.servers.connected.length, 1);
    cluster.port.onConnected(3, 3);
    cluster.receive(3, RegisterChunkserver, {
      variant: "beginPlain",
      version: 1,
      ip: 0,
      port: 1,
      timeoutSeconds: 10,
    });
    assert.match(cluster.closed.get(3) ?? "", /password/);
  });

  it("refuses short timeouts, loopback addresses and registering twice", () => {
    const cluster = new FakeCluster();
    cluster.begin(1, { timeoutSeconds: 9 });
    assert.match(cluster.closed.get(1) ?? "", /timeout/);
    cluster.begin(2, { ip: 0x7f00_0001 });
    assert.match(cluster.closed.get(2) ?? "", /127\.0\.0\.1/);
    cluster.join(3);
    cluster.receive(3, RegisterChunkserver, cluster.beginning());
    assert.match(cluster.closed.get(3) ?? "", /twice/);
    cluster.port.onConnected(4, 4);
    cluster.receive(4, RegisterChunkserver, { variant: "end" });
    assert.match(cluster.closed.get(4) ?? "", /did not begin/);
    cluster.port.onConnected(5, 5);
    assert.throws(() => cluster.receive(5, ChunkserverLoad, { load: 1, status: 1 }), {
      code: "unknownPacket",
    });
    cluster.join(6);
    assert.throws(() => cluster.port.onPacket(6, 999, new Uint8Array(0)), {
      code: "unknownPacket",
    });
  });

  it("spec 2.4.1: refuses the address of a connected server; takes it after that one is gone", () => {
    const cluster = new FakeCluster();
    cluster.join(1, { ip: 0x0a00_0063 });
    cluster.begin(2, { ip: 0x0a00_0063, chunkserverId: 1 });
    assert.match(cluster.closed.get(2) ?? "", /10\.0\.0\.99:9422/);
    cluster.port.onClosed(1);
    cluster.takeLog();
    cluster.join(3, { ip: 0x0a00_0063 });
    assert.deepEqual(cluster.takeLog(), []);
    assert.equal(cluster.book.count, 1);
  });

  it("spec 2.4.1: a known id with another address moves, if its server is away", () => {
    const cluster = new FakeCluster();
    cluster.join(1);
    cluster.begin(2, { chunkserverId: 1 });
    assert.equal(cluster.book.find(0x0a00_0002, 9422)?.id, 2);
    cluster.port.onClosed(1);
    cluster.begin(3, { chunkserverId: 1 });
    assert.equal(cluster.book.count, 2);
    assert.equal(cluster.book.find(0x0a00_0003, 9422)?.id, 1);
    cluster.begin(4, { chunkserverId: 9 });
    assert.equal(cluster.book.find(0x0a00_0004, 9422)?.id, 9);
  });

  it("spec 2.4.2: an orderly stop is temporary maintenance, which ends with the return", () => {
    const cluster = FakeCluster.settled(2);
    cluster.receive(1, RegisterChunkserver, { variant: "disconnect" });
    assert.match(cluster.closed.get(1) ?? "", /goodbye/);
    const [entry] = [...cluster.book.entries()];
    assert.deepEqual([entry?.maintenance, entry?.maintenanceUntil], [2, cluster.now + 1800]);
    assert.equal(cluster.book.onlyMaintenanceAway, true);
    assert.equal(cluster.book.allConnected, false);
    cluster.join(3, { ip: 0x0a00_0001 });
    cluster.pass(2);
    assert.equal(entry?.maintenance, 0);
  });

  it("spec 6.6: forgets servers that have been away for days", () => {
    const cluster = FakeCluster.settled(2);
    cluster.port.onClosed(1);
    cluster.jump(6 * 86_400);
    cluster.receive(2, ChunkserverSpace, cluster.beginning() as never);
    assert.equal(cluster.book.count, 2);
    cluster.jump(86_401);
    assert.equal(cluster.book.count, 1);
  });

  it("answers questions for version and configuration before a registration", () => {
    const cluster = new FakeCluster();
    cluster.port.onConnected(1, 1);
    cluster.receive(1, GetVersion, { variant: "numbered", messageId: 4 });
    cluster.receive(1, GetConfig, { messageId: 5, name: "LABELS" });
    assert.deepEqual(
      cluster.takeSent().map(({ value }) => value),
      [
        { variant: "numbered", messageId: 4, version: 0x0003_00ea, text: "3.0.117-1" },
        { messageId: 5, value: "LABELS of the file" },
      ],
    );
  });

  it("remaps addresses of one network to another", () => {
    const ip = (text: string): number => parseIpv4(text) ?? 0;
    const remap = { bits: 24, source: ip("10.1.2.0"), destination: ip("192.168.7.0") };
    assert.equal(remapAddress(ip("10.1.2.9"), remap), ip("192.168.7.9"));
    assert.equal(remapAddress(ip("10.1.3.9"), remap), ip("10.1.3.9"));
    assert.equal(remapAddress(ip("10.1.3.9"), null), ip("10.1.3.9"));
  });

  it("lists servers and obeys administrators", () => {
    const cluster = FakeCluster.settled(2);
    cluster.port.onClosed(2);
    const server = { ip: 0x0a00_0002, port: 9422 };
    const [first, second] = listServers(cluster.core);
    assert.deepEqual([first?.flags, first?.version, first?.chunkserverId], [0, 0x0003_00ea, 1]);
    assert.deepEqual([second?.flags, second?.version, second?.chunkserverId], [1, 0, 2]);
    const run = (command: number): number => commandServer(cluster.core, { command, ...server });
    assert.equal(run(2), status.OK);
    assert.equal(listServers(cluster.core)[1]?.flags, 3);
    assert.equal(run(3), status.OK);
    assert.equal(listServers(cluster.core)[1]?.flags, 1);
    assert.equal(run(4), status.EINVAL);
    assert.equal(
      commandServer(cluster.core, { command: 0, ip: 0x0a00_0001, port: 9422 }),
      status.ACTIVE,
    );
    assert.equal(run(0), status.OK);
    assert.equal(run(0), status.NOTFOUND);
  });

  it("spec 6.2: heavy load gives a grace period", () => {
    const cluster = FakeCluster.settled(3);
    cluster.receive(1, ChunkserverLoad, { load: 200, status: 0 });
    cluster.pass(1);
    assert.equal(cluster.core.servers.connected[0]?.loadState, 4);
    assert.ok((listServers(cluster.core)[0]?.graceSeconds ?? 0) > 890);
    cluster.receive(1, ChunkserverLoad, { load: 1, status: 0 });
    cluster.keepAlive(901);
    assert.equal(cluster.core.servers.connected[0]?.loadState, 0);
    cluster.receive(1, ChunkserverLoad, { load: 1, status: 2 });
    assert.equal(listServers(cluster.core)[0]?.graceSeconds, 0xc000_0000);
  });
});
