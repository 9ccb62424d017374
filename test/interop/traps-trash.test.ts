// Trap of the trash: a file leaves it only when all three of its times are old, so that whoever touches it keeps it.
// The master's clocks are moved, days take no time. Spec: semantics-master.md 29 and 16.2.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  SetAttributes,
  SetAttributesAnswer,
  setAttributesBits,
} from "../../daemons/protocol/packets/client-attributes.ts";
import { ListTrash, ListTrashAnswer } from "../../daemons/protocol/packets/client-meta.ts";
import { FileTimes } from "../../daemons/protocol/packets/client-register.ts";
import { Unlink, UnlinkAnswer } from "../../daemons/protocol/packets/client-tree.ts";
import { Cluster } from "./cluster.ts";
import { JumpingMaster } from "./support/jumping-master.ts";
import { bytesOf, rootInode, superuser, WireSession } from "./support/wire-session.ts";
import { until } from "./until.ts";

const messageId = 7;
const hourSeconds = 3600;
const bucketCount = 4096;
/** Above the buckets of all files of this test, and less than a minute above. */
const bucketAbove = 20;

async function unlink(session: WireSession, name: string): Promise<void> {
  const request = { messageId, parent: rootInode, name: bytesOf(name), caller: superuser };
  assert.equal((await session.ask(Unlink, request, UnlinkAnswer)).variant, "full");
}

/** Gives a file a time of its own choice. */
async function setTime(
  session: WireSession,
  inode: number,
  times: { readonly accessTime?: number; readonly modificationTime?: number },
): Promise<void> {
  const { accessTime = 0, modificationTime = 0 } = times;
  const bits = setAttributesBits;
  const setMask = accessTime === 0 ? bits.modificationTime : bits.accessTime;
  const what = { setMask, mode: 0, uid: 0, gid: 0, windowsFlags: 0, sugidClearMode: 0 };
  const caller = { uid: 0, gid: 0, groups: [] };
  const request = { messageId, inode, opened: 0, caller, ...what, accessTime, modificationTime };
  const answer = await session.ask(SetAttributes, request, SetAttributesAnswer);
  assert.equal(answer.variant, "full");
}

async function trash(cluster: Cluster): Promise<readonly string[]> {
  using session = await WireSession.openMeta(cluster);
  const answer = await session.ask(ListTrash, { messageId, bucket: undefined }, ListTrashAnswer);
  assert.equal(answer.variant, "full");
  return answer.nodes.map(({ name }) => new TextDecoder().decode(name)).toSorted();
}

/** To the next moment after so many hours at which a minute of buckets that holds all files has passed. */
async function jumpToBuckets(time: JumpingMaster, cluster: Cluster, hours: number): Promise<void> {
  const now = await time.now(cluster);
  const earliest = now + hours * hourSeconds;
  const passed = (earliest - bucketAbove) % bucketCount;
  await time.jump(cluster, earliest - now + bucketCount - passed);
}

test(
  "spec 29: only what is old in all three times leaves the trash",
  { timeout: 90_000 },
  async () => {
    await using time = await JumpingMaster.create();
    await using cluster = await Cluster.start({ chunkservers: 0, master: time.master });
    const begun = await time.now(cluster);
    const later = begun + 12 * hourSeconds;
    let touched = 0;
    {
      using session = await WireSession.open(cluster);
      for (const name of ["changed", "old"]) await session.create(rootInode, name);
      const read = await session.create(rootInode, "read");
      const written = await session.create(rootInode, "written");
      touched = await session.create(rootInode, "touched");
      assert.ok(touched < bucketAbove);
      await setTime(session, read, { accessTime: later });
      await setTime(session, written, { modificationTime: later });
      for (const name of ["old", "read", "touched", "written"]) await unlink(session, name);
    }
    await time.jump(cluster, 12 * hourSeconds);
    {
      using session = await WireSession.open(cluster);
      session.tell(FileTimes, {
        files: [{ inode: touched, accessTime: later, modificationTime: 0 }],
      });
      // Its answer shows that the times before it have come in.
      await unlink(session, "changed");
    }
    const all = ["changed", "old", "read", "touched", "written"];
    assert.deepEqual(await trash(cluster), all);
    await jumpToBuckets(time, cluster, 12);
    await until("the oldest one is gone", async () => (await trash(cluster)).length < all.length);
    assert.deepEqual(await trash(cluster), ["changed", "read", "touched", "written"]);
    await jumpToBuckets(time, cluster, 24);
    await until("the others are gone", async () => (await trash(cluster)).length === 0);
  },
);
