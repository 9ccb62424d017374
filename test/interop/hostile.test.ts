// Hostile input on the three ports of a running master of ours: whoever breaks the protocol is cut off with
// one line in the log, memory stays flat, and a stock mount beside it notices nothing.
// Spec: wire-client-master-1.md sections 1.1, 1.4 and 1.6, wire-chunkserver.md 2.2, metalogger.md 1.

import assert from "node:assert/strict";
import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import * as fc from "fast-check";
import { Prng } from "../../daemons/base/prng.ts";
import { joinBlocks } from "../../daemons/protocol/packet.ts";
import type { Packet } from "../../daemons/protocol/packet.ts";
import { GetVersion, Version } from "../../daemons/protocol/packets/any.ts";
import {
  ChunkserverLabels,
  RegisterChunkserver,
} from "../../daemons/protocol/packets/chunkserver-register.ts";
import { fromChunkserver } from "../../daemons/protocol/packets/chunkserver-tables.ts";
import { Register, RegisterAnswer } from "../../daemons/protocol/packets/client-register.ts";
import { requestsOf } from "../../daemons/protocol/packets/client-requests.ts";
import { fromMetalogger } from "../../daemons/protocol/packets/metalogger.ts";
import { arbitrary } from "../unit/daemons/protocol/tables.ts";
import { Cluster } from "./cluster.ts";
import { ports } from "./settings.ts";
import { HostilePeer, rawFrame } from "./support/hostile-peer.ts";
import { logLines, ourMaster, residentBytes } from "./support/our-master.ts";
import { until } from "./until.ts";

const limitMs = 120_000;
/** Far beyond the noise of a collected heap, far below one kept frame of the barrage. */
const growthBytesMax = 40 * 1024 * 1024;
const spentInodes = 300;
const everyPort = [ports.metaloggers, ports.chunkservers, ports.clients] as const;
const rowsOf: Readonly<Record<number, readonly Packet<unknown>[]>> = {
  [ports.metaloggers]: [...fromMetalogger.values()],
  [ports.chunkservers]: [...fromChunkserver.values()],
  [ports.clients]: [...requestsOf.mount.values()].map(({ request }) => request),
};
/** Packets that are dropped unseen, whatever they hold. */
const ignored: ReadonlySet<number> = new Set([0, 1, 2]);

let cluster: Cluster;
let mount: string;
let stranger: string;

before(async () => {
  cluster = await Cluster.start({ chunkservers: 2, master: ourMaster });
  stranger = cluster.network.outside[1] ?? "";
  const lines = [
    `${stranger} / rw,alldirs,mapall=4321:4321`,
    "* / rw,alldirs,admin,maproot=0:0",
    "* . rw",
  ];
  await cluster.master.write("mfsexports.cfg", `${lines.join("\n")}\n`);
  cluster.master.reload();
  mount = await cluster.mount();
  // A registered mount is believed about files that it says it holds: fuzz draws small inodes, these are spent.
  for (let index = 0; index < spentInodes; index++)
    await writeFile(path.join(mount, `${index}`), "");
  await writeFile(path.join(mount, "before"), "written before");
});

after(async () => {
  await cluster.down();
});

async function open(port: number): Promise<HostilePeer> {
  return HostilePeer.open({ address: cluster.master.address, port, from: stranger });
}

/** Sends and expects to be cut off, with one line that says so. */
async function refused(port: number, ...pieces: readonly Uint8Array[]): Promise<void> {
  const logSize = cluster.master.logText().length;
  const peer = await open(port);
  peer.send(...pieces);
  await peer.cutOff();
  const seen = () => logLines(cluster.master, ` ${peer.name}: closed`, logSize);
  await until(`the log names ${peer.name}`, () => seen().length > 0);
  assert.equal(seen().length, 1, seen().join("\n"));
}

/** A registered mount of the stranger, who has no rights. */
async function registered(): Promise<HostilePeer> {
  const peer = await open(ports.clients);
  const text = (words: string) => new TextEncoder().encode(words);
  const [frame] = [
    Register.encode({
      variant: "newSession",
      version: 0x03_00_ea,
      info: text("hostile"),
      path: text("/\0"),
      rejoin: { variant: "none" },
    }),
  ];
  peer.send(...frame);
  await peer.frame(RegisterAnswer.id);
  return peer;
}

/** Valid frames of a packet, always the same for the same seed. */
function samples(row: Packet<unknown>, seed: number, count: number): readonly Uint8Array[] {
  const values = fc.sample(arbitrary(row.schema), { seed, numRuns: count });
  return values.flatMap((value) => {
    try {
      return [joinBlocks(row.encode(value))];
    } catch (error) {
      if (error instanceof RangeError) return []; // the schema knows no limit of the whole
      throw error;
    }
  });
}

async function otherClientsWork(name: string): Promise<void> {
  assert.equal(await readFile(path.join(mount, "before"), "utf8"), "written before");
  await writeFile(path.join(mount, name), name);
  assert.equal(await readFile(path.join(mount, name), "utf8"), name);
  assert.ok((await readdir(mount)).includes(name));
}

test(
  "unknown packets, and those of others, end the connection with one line",
  { timeout: limitMs },
  async () => {
    for (const port of everyPort) {
      for (const type of [3, 99, 4711, 0x7fff_ffff, 0xffff_ffff])
        await refused(port, rawFrame(type));
    }
    // A mount's requests before it registered, answers that only a master sends, chunkservers' words to clients.
    for (const type of [402, 406, 408, 428, 434, 700, 401, 511, 100]) {
      await refused(ports.clients, rawFrame(type, Buffer.alloc(20)));
    }
    for (const type of [110, 153, 251, 303, 500, 51]) {
      await refused(ports.chunkservers, rawFrame(type, Buffer.alloc(17)));
    }
    for (const type of [51, 61, 63, 100, 400]) {
      await refused(ports.metaloggers, rawFrame(type, Buffer.alloc(17)));
    }
    await otherClientsWork("unknown");
  },
);

test(
  "lengths beyond the limit end the connection before anything is kept",
  { timeout: limitMs },
  async () => {
    for (const port of everyPort) {
      for (const row of rowsOf[port] ?? []) {
        if (ignored.has(row.id) || row.maxBody >= 0xffff_fff0) continue;
        await refused(port, rawFrame(row.id, Buffer.alloc(4), row.maxBody + 1));
        await refused(port, rawFrame(row.id, Buffer.alloc(0), 0xffff_ffff));
      }
    }
    await otherClientsWork("oversized");
  },
);

test(
  "bodies cut short or with bytes too many end the connection",
  { timeout: limitMs },
  async () => {
    for (const row of requestsOf.unregistered.values()) {
      const [frame] = samples(row.request, 1, 1);
      if (frame === undefined || row.request.maxBody === 0) continue;
      await refused(
        ports.clients,
        rawFrame(row.request.id, frame.subarray(8, frame.length - 1)),
        rawFrame(3),
      );
    }
    for (const length of [0, 1, 63, 64, 66, 68, 72]) {
      await refused(ports.clients, rawFrame(Register.id, Buffer.alloc(length)));
    }
    await otherClientsWork("truncated");
  },
);

test("words out of order end the connection", { timeout: limitMs }, async () => {
  // Chunkservers: everything before the registration, and a second registration.
  await refused(ports.chunkservers, ...ChunkserverLabels.encode({ labelMask: 1 }));
  for (const type of [101, 105, 109, 121]) {
    const row = fromChunkserver.get(type);
    assert.ok(row);
    const [frame = rawFrame(3)] = samples(row, 7, 1);
    await refused(ports.chunkservers, frame, rawFrame(3));
  }
  const ending = RegisterChunkserver.encode({ variant: "end" });
  await refused(ports.chunkservers, ...ending);
  // Metaloggers: a piece of a file that nobody opened.
  await refused(ports.metaloggers, rawFrame(62, Buffer.alloc(12)));
  // Clients: a second registration, the end of a session that there is not.
  const twice = await registered();
  twice.send(...Register.encode({ variant: "getRandom" }));
  await twice.cutOff();
  await otherClientsWork("order");
});

/** Frames as they should be, and the same with bytes changed, on a connection that may send them. */
async function fuzz(row: Packet<unknown>, seed: number): Promise<void> {
  const prng = new Prng(seed);
  const logSize = cluster.master.logText().length;
  const peer = await registered();
  for (const frame of samples(row, seed, 4)) {
    peer.send(frame);
    const changed = Uint8Array.from(frame);
    if (changed.length === 8) continue;
    changed[8 + prng.below(changed.length - 8)] = prng.below(256);
    peer.send(changed);
  }
  peer.send(...GetVersion.encode({ variant: "plain" }));
  const isAlive = (await peer.frameOrEnd(Version.id)) !== undefined;
  const name = ` ${peer.name}: closed`;
  const closings = () => logLines(cluster.master, name, logSize).length;
  const said = () => `${row.name}, seed ${seed}`;
  if (!isAlive)
    await until(`the log says "${name}"`, () => closings() > 0, { seen: said, limitMs: 5000 });
  assert.equal(closings(), isAlive ? 0 : 1, said());
  peer.close();
}

async function barrage(seed: number): Promise<void> {
  for (const { request } of requestsOf.mount.values()) {
    if (request.id !== Register.id) await fuzz(request, seed);
  }
  const prng = new Prng(seed);
  for (const port of everyPort) {
    for (let count = 0; count < 20; count++) {
      const peer = await open(port);
      peer.send(prng.bytes(1 + prng.below(3000)));
      peer.end();
      await peer.cutOff();
    }
  }
}

/** Frames that announce millions of bytes and bring a few; the connections stay. */
async function halfFrames(count: number): Promise<readonly HostilePeer[]> {
  const peers = await Promise.all(Array.from({ length: count }, async () => registered()));
  const longest = [...requestsOf.mount.values()].toSorted(
    (one, other) => other.request.maxBody - one.request.maxBody,
  )[0]?.request;
  assert.ok(longest !== undefined && longest.maxBody > 10_000_000);
  for (const peer of peers) peer.send(rawFrame(longest.id, Buffer.alloc(1000), longest.maxBody));
  return peers;
}

test("fuzz of all requests leaves memory flat and others alone", { timeout: limitMs }, async () => {
  await barrage(1);
  const atFirst = residentBytes(cluster.master);
  const held = await halfFrames(50);
  await barrage(2);
  await barrage(3);
  await otherClientsWork("fuzzed");
  const grown = residentBytes(cluster.master) - atFirst;
  assert.ok(grown < growthBytesMax, `${grown} bytes more`);
  await Promise.all(held.map((peer) => peer.cutOff()));
  assert.ok(cluster.master.isRunning);
});
