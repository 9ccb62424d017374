// Traps of what monitors and administrators ask, mostly before any registration. Spec: wire-admin.md 10.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { parseIpv4 } from "../../daemons/protocol/address.ts";
import { MemoryInfo, MemoryInfoAnswer } from "../../daemons/protocol/packets/admin-settings.ts";
import {
  ChunkserverCommand,
  ChunkserverCommandAnswer,
  ChunkserverList,
  ChunkserverListAnswer,
  Info,
  InfoAnswer,
} from "../../daemons/protocol/packets/admin.ts";
import { ConfigValue, GetConfig } from "../../daemons/protocol/packets/any.ts";
import { Cluster } from "./cluster.ts";
import { ports } from "./settings.ts";
import { HostilePeer } from "./support/hostile-peer.ts";
import { ourMaster } from "./support/our-master.ts";
import { until } from "./until.ts";

const limitMs = 60_000;
const messageId = 7;

let cluster: Cluster;

before(async () => {
  const secret = { AUTH_CODE: "a word" };
  const options = { config: secret, chunkserverConfig: secret };
  cluster = await Cluster.start({ chunkservers: 1, master: ourMaster, ...options });
});

after(async () => {
  await cluster.down();
});

async function peerOn(port: number): Promise<HostilePeer> {
  return HostilePeer.open({ address: cluster.master.address, port });
}

test(
  "spec wire-admin 10.1: INFO has 149 bytes, four of them 0xFF",
  { timeout: limitMs },
  async () => {
    const peer = await peerOn(ports.clients);
    peer.send(...Info.encode({}));
    const body = await peer.frame(InfoAnswer.id);
    assert.equal(body.length, 149);
    const info = InfoAnswer.decode(body);
    assert.ok("nextState" in info);
    const { state, nextState, stable, synchronized } = info;
    assert.deepEqual([state, nextState, stable, synchronized], [255, 255, 255, 255]);
    peer.close();
  },
);

test(
  "spec wire-admin 10.12: options are told on every port before a registration, but not the chunkservers' word",
  { timeout: limitMs },
  async () => {
    const told = async (port: number, name: string): Promise<string> => {
      const peer = await peerOn(port);
      peer.send(...GetConfig.encode({ messageId, name }));
      const answer = ConfigValue.decode(await peer.frame(ConfigValue.id));
      peer.close();
      assert.equal(answer.messageId, messageId);
      return answer.value;
    };
    for (const port of [ports.metaloggers, ports.chunkservers, ports.clients]) {
      assert.equal(await told(port, "DATA_PATH"), cluster.dataDir);
      assert.equal(await told(port, "NICE_LEVEL"), "0");
      // Not in the file: neither a default nor a name that is none is told.
      for (const name of ["BACK_LOGS", "NOT_THERE", "__proto__", "AUTH_CODE"])
        assert.equal(await told(port, name), "", `${name} on ${port}`);
    }
  },
);

test("spec wire-admin 10.10: memory is never all zero", { timeout: limitMs }, async () => {
  const tables = await cluster.ask((client) => client.request(MemoryInfo, {}, MemoryInfoAnswer));
  const sum = Object.values(tables).reduce(
    (total, { allocatedBytes }) => total + allocatedBytes,
    0,
  );
  assert.ok(sum > 0);
});

async function knownChunkservers(): Promise<number> {
  const answer = await cluster.ask((client) =>
    client.request(ChunkserverList, {}, ChunkserverListAnswer),
  );
  return answer.chunkservers.length;
}

test(
  "spec wire-admin 10.6: a chunkserver command of 6 bytes removes, and is answered without a status",
  { timeout: limitMs },
  async () => {
    const ip = parseIpv4(cluster.chunkserver(0).address);
    assert.ok(ip !== undefined);
    const remove = async (): Promise<void> => {
      const request = { variant: "legacy", ip, port: ports.data } as const;
      const answer = await cluster.ask((client) =>
        client.request(ChunkserverCommand, request, ChunkserverCommandAnswer),
      );
      assert.deepEqual(answer, { variant: "legacy" });
    };
    // One that is connected stays; the answer does not say so.
    await remove();
    assert.equal(await knownChunkservers(), 1);
    await cluster.chunkserver(0).kill();
    await until("the chunkserver is removed", async () => {
      await remove();
      return (await knownChunkservers()) === 0;
    });
  },
);
