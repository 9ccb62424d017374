// Requests that wait for a chunk are served when it is free, by the whole core.
// Spec: wire-client-master-2.md section 5.3.

import assert from "node:assert/strict";
import { test } from "node:test";
import { WriteChunk, WriteChunkEnd } from "../../../../../daemons/protocol/packets/client-data.ts";
import { Create } from "../../../../../daemons/protocol/packets/client-tree.ts";
import { spokenVersion } from "../../../../../daemons/protocol/version.ts";
import { exportsOfRoles, roles } from "../../../../model/cast.ts";
import { LiveMaster } from "../../../../model/live-master.ts";
import { bytes } from "../../../../model/plain.ts";

const peers = [100, 101] as const;
const caller = { uid: 0, gid: 0, groups: [] };
const answerOfWrite = "MATOCL_FUSE_WRITE_CHUNK";

test("spec 5.3: a writer that waits for a locked chunk gets it with the end of the first write", () => {
  const inodeReuseDelay = 300;
  const settings = { exports: exportsOfRoles, inodeReuseDelay, sessionSustainSeconds: 600 };
  const master = new LiveMaster(1_795_000_000, settings);
  for (let second = 0; second < 12; second++) master.passSecond();
  for (const [index, peer] of peers.entries()) {
    const rejoin = { variant: "none" } as const;
    const mount = { version: spokenVersion, info: bytes("/mnt\0"), path: bytes("/\0"), rejoin };
    master.register(peer, roles[index]?.address ?? 0, { variant: "newSession", ...mount });
  }
  const [first, second] = peers;
  const made = { messageId: 1, parent: 1, name: bytes("f"), mode: 0o666, umask: 0, caller };
  master.send(first, Create, made);
  const write = { inode: 2, index: 0, flags: 0 };
  master.send(first, WriteChunk, { messageId: 2, ...write });
  master.answerCommands();
  master.takeEvents();
  master.send(second, WriteChunk, { messageId: 3, ...write });
  assert.deepEqual(master.takeEvents(), []);
  const end = { chunkId: 1, inode: 2, index: 0, length: 100n, flags: 0 };
  master.send(first, WriteChunkEnd, { messageId: 4, ...end });
  const answered = master.takeEvents().filter(({ packet }) => packet === answerOfWrite);
  const value = { chunkId: 1, version: 1, copies: 2, length: 100 };
  assert.deepEqual(answered, [{ peer: second, packet: answerOfWrite, messageId: 3, value }]);
});
