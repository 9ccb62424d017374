// Requests that wait for a chunk are served when it is free, by the whole core.
// Spec: wire-client-master-2.md section 5.3.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Truncate,
  WriteChunk,
  WriteChunkEnd,
} from "../../../../../daemons/protocol/packets/client-data.ts";
import { Create } from "../../../../../daemons/protocol/packets/client-tree.ts";
import { spokenVersion } from "../../../../../daemons/protocol/version.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { exportsOfRoles, roles } from "../../../../model/cast.ts";
import { LiveMaster } from "../../../../model/live-master.ts";
import { bytes } from "../../../../model/plain.ts";

const peers = [100, 101] as const;
const caller = { uid: 0, gid: 0, groups: [] };

const write = { inode: 2, index: 0, flags: 0 };

/** A master with two mounts; the first one has made file 2 and holds the lock of its chunk. */
function withLockedChunk(): LiveMaster {
  const settings = { exports: exportsOfRoles, inodeReuseDelay: 300, sessionSustainSeconds: 600 };
  const master = new LiveMaster(1_795_000_000, settings);
  for (let second = 0; second < 12; second++) master.passSecond();
  for (const [index, peer] of peers.entries()) {
    const rejoin = { variant: "none" } as const;
    const mount = { version: spokenVersion, info: bytes("/mnt\0"), path: bytes("/\0"), rejoin };
    master.register(peer, roles[index]?.address ?? 0, { variant: "newSession", ...mount });
  }
  const made = { messageId: 1, parent: 1, name: bytes("f"), mode: 0o666, umask: 0, caller };
  master.send(peers[0], Create, made);
  master.send(peers[0], WriteChunk, { messageId: 2, ...write });
  master.answerCommands();
  master.takeEvents();
  return master;
}

/** The first writer is done; what is answered to the second mount then. */
function endOfWrite(master: LiveMaster) {
  const end = { chunkId: 1, inode: 2, index: 0, length: 100n, flags: 0 };
  master.send(peers[0], WriteChunkEnd, { messageId: 4, ...end });
  return master.takeEvents().filter(({ peer, messageId }) => peer === peers[1] && messageId !== 0);
}

test("spec 5.3: a writer that waits for a locked chunk gets it with the end of the first write", () => {
  const master = withLockedChunk();
  master.send(peers[1], WriteChunk, { messageId: 3, ...write });
  assert.deepEqual(master.takeEvents(), []);
  const packet = "MATOCL_FUSE_WRITE_CHUNK";
  const value = { chunkId: 1, version: 1, copies: 2, length: 100 };
  assert.deepEqual(endOfWrite(master), [{ peer: peers[1], packet, messageId: 3, value }]);
});

test("spec 5.3: rights that went while a truncation waited are gone when its turn comes", () => {
  const master = withLockedChunk();
  master.core.commit({ op: "LENGTH", inode: 2, length: 200n, touch: 0 });
  const cut = { inode: 2, flags: 0, caller: { ...caller, uid: 1000 }, length: 50n };
  master.send(peers[1], Truncate, { messageId: 3, ...cut });
  const immutable = { inode: 2, uid: 0, eattr: 0x80, mode: 1 };
  master.core.commit({ op: "SETEATTR", ...immutable });
  assert.deepEqual(master.takeEvents(), []);
  const packet = "MATOCL_FUSE_TRUNCATE";
  const answered = [{ peer: peers[1], packet, messageId: 3, value: status.EPERM }];
  assert.deepEqual(endOfWrite(master), answered);
});
