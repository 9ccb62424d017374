// The whole core: requests that wait for chunkservers while others change the same file.
// Spec: semantics-master.md sections 4 and 15, changelog.md section 7.2.

import assert from "node:assert/strict";
import { test } from "node:test";
import { WriteChunk, WriteChunkAnswer } from "../../../../daemons/protocol/packets/client-data.ts";
import { CreateChunkAnswer } from "../../../../daemons/protocol/packets/chunkserver-commands.ts";
import type { Register } from "../../../../daemons/protocol/packets/client-register.ts";
import { spokenVersion } from "../../../../daemons/protocol/version.ts";
import { status } from "../../../../daemons/master/core/status.ts";
import { LiveMaster } from "../../../model/live-master.ts";
import { openRow } from "./sessions/session-host.ts";

const servers = [1, 2, 3];
const mounts = [10, 11] as const;
const text = new TextEncoder();

/** Two mounts and a file, and a master that is settled. */
function withFile(): { live: LiveMaster; inode: number } {
  const live = new LiveMaster(1_795_000_000, {
    exports: [openRow],
    inodeReuseDelay: 86_400,
    sessionSustainSeconds: 86_400,
  });
  for (let second = 0; second < 12; second++) live.passSecond();
  for (const peer of mounts) {
    const asked: Register = {
      variant: "newSession",
      version: spokenVersion,
      info: text.encode("/mnt"),
      path: text.encode("/\0"),
      rejoin: { variant: "none" },
    };
    assert.equal(typeof live.register(peer, 0x0a00_0001, asked), "object");
  }
  const made = live.core.commit({
    op: "CREATE",
    parent: 1,
    name: text.encode("file"),
    type: 1,
    mode: 0o644,
    umask: 0,
    uid: 0,
    gid: 0,
    rdev: 0,
  });
  assert(typeof made !== "number");
  live.takeEvents();
  return { live, inode: made.inode };
}

function write(live: LiveMaster, peer: number, inode: number): void {
  live.send(peer, WriteChunk, { messageId: peer, inode, index: 0, flags: 0 });
}

function answerCreate(live: LiveMaster, chunkId: number, code: number): void {
  for (const peer of servers) live.send(peer, CreateChunkAnswer, { chunkId, status: code });
}

test("a write that fails does not undo what others wrote into its slot meanwhile", () => {
  const { live, inode } = withFile();
  const { slots } = live.core.world;
  write(live, mounts[0], inode);
  const first = slots.get(inode, 0);
  live.core.commit({ op: "LENGTH", inode, length: 0n, touch: 0 });
  write(live, mounts[1], inode);
  const second = slots.get(inode, 0);
  assert.notEqual(second, first);
  answerCreate(live, second, status.OK);
  answerCreate(live, first, status.NOSPACE);
  assert.equal(slots.get(inode, 0), second);
  const answers = live.takeEvents().filter(({ packet }) => packet === WriteChunkAnswer.name);
  assert.deepEqual(
    answers.map(({ peer, value }) => [peer, typeof value === "number" ? value : "granted"]),
    [
      [mounts[1], "granted"],
      [mounts[0], status.NOSPACE],
    ],
  );
});

test("who waited for a chunk goes on when the operation of one who left has ended", () => {
  const { live, inode } = withFile();
  write(live, mounts[0], inode);
  const chunkId = live.core.world.slots.get(inode, 0);
  write(live, mounts[1], inode);
  live.disconnect(mounts[0]);
  live.takeEvents();
  answerCreate(live, chunkId, status.OK);
  live.answerCommands();
  const answers = live.takeEvents().filter(({ packet }) => packet === WriteChunkAnswer.name);
  assert.deepEqual(
    answers.map(({ peer }) => peer),
    [mounts[1]],
  );
  assert.notEqual(live.core.world.slots.get(inode, 0), 0);
});
