// An inode number that is given out again brings nothing along from the node before.
// Spec: semantics-master.md sections 16.6 and 18.3, wire-client-master-2.md section 4.

import assert from "node:assert/strict";
import { test } from "node:test";
import { StatFs } from "../../../../../daemons/protocol/packets/client-attributes.ts";
import { spokenVersion } from "../../../../../daemons/protocol/version.ts";
import { exportsOfRoles, roles } from "../../../../model/cast.ts";
import { LiveMaster } from "../../../../model/live-master.ts";
import { bytes } from "../../../../model/plain.ts";

const inodeReuseDelay = 300;
const node = { parent: 1, mode: 0o755, umask: 0, uid: 0, gid: 0, rdev: 0 };
const directory = 2;
const file = 1;

/** A master on which a directory of number 2 was made and removed, and its number is free again. */
function withFreedNumber(between: (master: LiveMaster) => void): LiveMaster {
  const settings = { exports: exportsOfRoles, inodeReuseDelay, sessionSustainSeconds: 600 };
  const master = new LiveMaster(1_795_000_000, settings);
  master.core.commit({ op: "CREATE", ...node, name: bytes("sub"), type: directory });
  between(master);
  master.core.commit({ op: "UNLINK", parent: 1, name: bytes("sub") });
  for (let second = 0; second < inodeReuseDelay + 61; second++) master.passSecond();
  return master;
}

test("spec 18.3: a session whose root is gone sees no room, whatever has its number now", () => {
  const peer = 100;
  const master = withFreedNumber((made) => {
    const rejoin = { variant: "none" } as const;
    const mount = { version: spokenVersion, info: bytes("/mnt\0"), path: bytes("/sub\0"), rejoin };
    made.register(peer, roles[0]?.address ?? 0, { variant: "newSession", ...mount });
  });
  master.core.commit({ op: "CREATE", ...node, name: bytes("f"), type: file });
  assert.ok(master.core.world.nodes.isFile(2));
  master.core.commit({ op: "LENGTH", inode: 2, length: 7n, touch: 0 });
  master.takeEvents();
  master.send(peer, StatFs, { messageId: 1 });
  const [answer] = master.takeEvents();
  const nothing = { totalBytes: 0, availableBytes: 0, freeBytes: 0, inodes: 0 };
  assert.deepEqual(answer?.value, { ...nothing, trashBytes: 0, sustainedBytes: 0 });
});

test("spec 4: room reserved in a file is forgotten before its number is free", () => {
  const master = withFreedNumber((made) => made.core.reservations.set(2, 1000n));
  assert.equal(master.core.reservations.size, 0);
});
