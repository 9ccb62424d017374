// What crashes, misleads or bloats the real 3.0.117 master, one test each that ours does not share it: requests
// that stock programs never send or seldom. Sessions, starts and chunks stand in files of their own (traps-*).
// Spec: wire-client-master.md "Traps", semantics-master.md 29, config-and-cli.md 16.

import assert from "node:assert/strict";
import { open, stat, unlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { GetVersion, Version } from "../../daemons/protocol/packets/any.ts";
import {
  SetExtendedAttribute,
  SetExtendedAttributeAnswer,
} from "../../daemons/protocol/packets/client-attributes.ts";
import { Register, RegisterAnswer } from "../../daemons/protocol/packets/client-register.ts";
import { NodeInfo, NodeInfoAnswer } from "../../daemons/protocol/packets/client-reports.ts";
import { Rename, RenameAnswer } from "../../daemons/protocol/packets/client-tree.ts";
import { statusCode } from "../../daemons/protocol/status.ts";
import { Cluster } from "./cluster.ts";
import { ports } from "./settings.ts";
import { HostilePeer, rawFrame } from "./support/hostile-peer.ts";
import { ourMaster, residentBytes } from "./support/our-master.ts";
import { bytesOf, newSession, rootInode, superuser, WireSession } from "./support/wire-session.ts";

const limitMs = 90_000;
const mebibyte = 1024 * 1024;
/** What stat counts in. */
const blockBytes = 512;

let cluster: Cluster;
let mount: string;

before(async () => {
  cluster = await Cluster.start({ chunkservers: 2, master: ourMaster });
  mount = await cluster.mount({ options: ["mfscachemode=NEVER"] });
});

after(async () => {
  await cluster.down();
});

async function peerOn(port: number): Promise<HostilePeer> {
  return HostilePeer.open({ address: cluster.master.address, port });
}

async function assertServes(): Promise<void> {
  await cluster.ask((client) => client.request(GetVersion, { variant: "plain" }, Version));
  assert.ok(cluster.master.isRunning);
}

test(
  "spec wire-admin 3.17: NODE_INFO before a registration does not crash",
  { timeout: limitMs },
  async () => {
    const inodes = [rootInode, 2, 0, 0xffff_ffff];
    for (const inode of inodes) {
      const peer = await peerOn(ports.clients);
      const request = { variant: "plain", inode, entriesMax: 100, continueId: 0n } as const;
      peer.send(...NodeInfo.encode(request));
      await peer.frameOrEnd(NodeInfoAnswer.id);
      peer.close();
    }
    await assertServes();
  },
);

test(
  "spec wire-admin 3.17: NODE_INFO of a file that ends in a hole comes to its end",
  { timeout: limitMs },
  async () => {
    const file = path.join(mount, "hole");
    await writeFile(file, "data");
    const handle = await open(file, "r+");
    await handle.truncate(100 * 64 * mebibyte);
    await handle.close();
    const { ino } = await stat(file);
    let continueId = 0n;
    for (let asked = 0; asked === 0 || continueId !== 0n; asked++) {
      assert.ok(asked < 110, "it goes on for ever");
      const request = { variant: "plain", inode: ino, entriesMax: 1, continueId } as const;
      const { node } = await cluster.ask((client) =>
        client.request(NodeInfo, request, NodeInfoAnswer, { variant: "plain" }),
      );
      assert.equal(node.variant, "file");
      continueId = node.continueId;
    }
  },
);

test(
  "spec 2.10: a directory is not moved into itself, and an entry moved onto itself stays",
  { timeout: limitMs },
  async () => {
    using session = await WireSession.open(cluster);
    const directory = await session.makeDirectory(rootInode, "self");
    const inner = await session.makeDirectory(directory, "inner");
    const move = async (
      sourceParent: number,
      source: string,
      targetParent: number,
      target: string,
    ) =>
      session.ask(
        Rename,
        {
          messageId: 7,
          sourceParent,
          sourceName: bytesOf(source),
          targetParent,
          targetName: bytesOf(target),
          caller: superuser,
        },
        RenameAnswer,
      );
    const refused = { variant: "status", messageId: 7, status: statusCode("EINVAL") };
    for (const target of [directory, inner]) {
      assert.deepEqual(await move(rootInode, "self", target, "again"), refused);
    }
    const onto = await move(rootInode, "self", rootInode, "self");
    assert.ok(onto.variant === "full" || onto.status === 0);
    assert.equal(await session.lookup(rootInode, "self"), directory);
    assert.equal(await session.lookup(directory, "inner"), inner);
    await assertServes();
  },
);

test("spec 5.2: a list of no groups is malformed, not a crash", { timeout: limitMs }, async () => {
  const numbered = (...numbers: readonly number[]) => {
    const body = Buffer.alloc(4 * numbers.length);
    for (const [index, number] of numbers.entries()) body.writeUInt32BE(number, 4 * index);
    return body;
  };
  const access = Buffer.concat([numbered(7, rootInode, 0, 0), Buffer.from([0, 4])]);
  const attributes = Buffer.concat([
    numbered(7, rootInode),
    Buffer.from([0]),
    numbered(0, 0),
    Buffer.alloc(21),
  ]);
  for (const frame of [rawFrame(404, access), rawFrame(410, attributes)]) {
    const peer = await peerOn(ports.clients);
    peer.send(...Register.encode(newSession("no groups")));
    await peer.frame(RegisterAnswer.id);
    peer.send(frame);
    await peer.cutOff();
  }
  await assertServes();
});

test(
  "spec wire-chunkserver 10.1: nothing is sent to a chunkserver before it is acknowledged",
  { timeout: limitMs },
  async () => {
    const peer = await peerOn(ports.chunkservers);
    // Three seconds of the master's own clock: a mount's keep-alive would have come by then.
    const other = await peerOn(ports.clients);
    other.send(...Register.encode(newSession("clock")));
    await other.frame(RegisterAnswer.id);
    for (let count = 0; count < 3; count++) await other.frame(0);
    assert.equal(peer.received.length, 0);
    other.close();
    peer.close();
  },
);

test(
  "spec changelog 9.8: an extended attribute without a name is refused",
  { timeout: limitMs },
  async () => {
    using session = await WireSession.open(cluster);
    const inode = await session.create(rootInode, "no-name");
    const what = { messageId: 3, inode, name: new Uint8Array(0), value: bytesOf("x"), mode: 0 };
    const body = { ...what, opened: 0, caller: superuser };
    const answer = await session.ask(SetExtendedAttribute, body, SetExtendedAttributeAnswer);
    assert.equal(answer.status, statusCode("EINVAL"));
  },
);

async function writeAt(name: string, offset: string): Promise<void> {
  const where = [`of=${path.join(mount, name)}`, `seek=${offset}`, "bs=1", "oflag=seek_bytes"];
  const answer = await cluster.tool("dd", ["if=/dev/zero", "count=1", "conv=notrunc", ...where]);
  assert.equal(answer.code, 0, answer.stderr);
}

test(
  "spec 29: a write just below 2^57 costs less than 1 MiB, in memory and in the image",
  { timeout: limitMs },
  async () => {
    const end = 2n ** 57n - 2n;
    // The first ones make the master's own code and tables ready.
    for (let count = 0; count < 30; count++) await writeAt(`warm-${count}`, `${count * 1000}`);
    const before = residentBytes(cluster.master);
    const files = 4;
    for (let count = 0; count < files; count++) await writeAt(`far-${count}`, `${end}`);
    const each = (residentBytes(cluster.master) - before) / files;
    assert.ok(each < mebibyte, `${each} bytes each`);
    assert.equal(await cluster.master.stop(), 0);
    // The format has every slot: what is stored of them must be holes.
    const image = await stat(path.join(cluster.dataDir, "metadata.mfs"));
    const storedBytes = image.blocks * blockBytes;
    assert.ok(storedBytes < mebibyte, `${storedBytes} bytes of image`);
    await cluster.master.start();
    await cluster.ready();
    const { size } = await stat(path.join(mount, "far-0"), { bigint: true });
    assert.equal(size, end + 1n);
    for (let count = 0; count < files; count++) await unlink(path.join(mount, `far-${count}`));
  },
);
