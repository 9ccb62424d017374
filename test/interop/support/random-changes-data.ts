// Random requests about the content of files, about what mounts hold, and about the trash.
// Spec: wire-client-master-2.md 3 to 5, 8 to 10; -3.md section 1.

import * as data from "../../../daemons/protocol/packets/client-data.ts";
import * as locks from "../../../daemons/protocol/packets/client-locks.ts";
import * as meta from "../../../daemons/protocol/packets/client-meta.ts";
import { FileTimes, SustainedInodes } from "../../../daemons/protocol/packets/client-register.ts";
import { AppendSlice, AppendSliceAnswer } from "../../../daemons/protocol/packets/client-tools.ts";
import { ask } from "./random-changes-peer.ts";
import type { Ask, WithoutId } from "./random-changes-peer.ts";
import type { Pool } from "./random-changes-pool.ts";
import type { Drawers } from "./random-changes-tree.ts";

const chunkBytes = 0x400_0000;
const heldMax = 60;
const wholeFile = 2n ** 64n - 1n;

function open(pool: Pool): Ask {
  const inode = pool.file();
  const { read, write, truncate } = data.openFlags;
  const flags = read | write | (pool.once(10) ? truncate : 0);
  return ask(data.Open, { inode, caller: pool.caller(), flags }, data.OpenAnswer, {
    learn: (answer) => answer.variant !== "status" && pool.opened.add(inode),
  });
}

/** A chunk is written: granted, then ended with a new length. */
export function writeChunk(pool: Pool, isEnded = true): Ask | undefined {
  const inode = pool.writtenFile();
  if (inode === undefined) return undefined;
  const index = pool.once(10) ? pool.below(12) : pool.below(2);
  const flags = pool.below(2);
  const length = BigInt(index * chunkBytes + pool.below(100_000));
  return ask(data.WriteChunk, { inode, index, flags }, data.WriteChunkAnswer, {
    next(answer) {
      if (answer.variant === "status" || !isEnded) return undefined;
      return endWrite({ chunkId: answer.chunkId, inode, index, length, flags });
    },
  });
}

/** A length that a quota refuses leaves the chunk locked: no length ends the write in any case. */
function endWrite(body: WithoutId<data.WriteChunkEnd>): Ask {
  return ask(data.WriteChunkEnd, body, data.WriteChunkEndAnswer, {
    next: ({ status }) =>
      status === 0 || body.length === 0n ? undefined : endWrite({ ...body, length: 0n }),
  });
}

function truncate(pool: Pool): Ask | undefined {
  const inode = pool.writtenFile();
  if (inode === undefined) return undefined;
  const whole = BigInt(pool.below(3) * chunkBytes);
  const length = pool.once(3) ? whole : BigInt(pool.below(2 * chunkBytes));
  const { opened, update, timeFix, reserve } = data.truncateFlags;
  const flags = pool.pick([0, 0, opened, timeFix, opened | update, opened | update | reserve], 0);
  const body = { inode, flags, caller: pool.caller(), length };
  return ask(data.Truncate, body, data.TruncateAnswer);
}

function append(pool: Pool): Ask {
  const slice = pool.once(2)
    ? { flags: 0, from: 0, to: 0 }
    : { flags: pool.below(4), from: 0, to: 1 };
  // A real master frees the groups of a caller without a list twice here.
  const { uid, gid, groups = [] } = pool.caller();
  const body = { ...slice, target: pool.file(), source: pool.file(), caller: { uid, gid, groups } };
  return ask(AppendSlice, body, AppendSliceAnswer);
}

function times(pool: Pool): Ask {
  const now = Math.floor(Date.now() / 1000);
  const files = Array.from({ length: 1 + pool.below(3) }, () => ({
    inode: pool.file(),
    accessTime: pool.once(3) ? 0 : now - pool.below(5),
    modificationTime: pool.once(2) ? 0 : now + pool.below(5),
  }));
  return ask(FileTimes, { files }, undefined);
}

/** The complete list of held files: some are closed by it, one more is held. */
function hold(pool: Pool): Ask {
  for (const inode of pool.opened) {
    if (pool.opened.size > heldMax ? pool.once(2) : pool.once(6)) pool.opened.delete(inode);
  }
  pool.opened.add(pool.file());
  return ask(SustainedInodes, { inodes: [...pool.opened] }, undefined);
}

function lockFile(pool: Pool): Ask {
  const { unlock, tryShared, lockShared, tryExclusive, lockExclusive } = locks.fileLockCommands;
  const command = pool.pick(
    [unlock, unlock, unlock, tryShared, tryShared, tryExclusive, lockShared, lockExclusive],
    unlock,
  );
  const isPatient = command === lockShared || command === lockExclusive;
  const owner = BigInt(pool.below(3) + 1);
  const body = { inode: pool.openFile(), requestId: 1 + pool.below(1 << 30), owner, command };
  return ask(locks.FileLock, body, locks.FileLockAnswer, { isPatient });
}

function lockRange(pool: Pool): Ask {
  const start = pool.once(4) ? 0n : BigInt(pool.below(50) * 10);
  const end = pool.once(4) ? wholeFile : start + BigInt(10 + pool.below(10) * 10);
  const { set } = locks.rangeLockCommands;
  const command = pool.once(6) ? set : locks.rangeLockCommands.try;
  const owner = BigInt(pool.below(3) + 1);
  const holder = { inode: pool.openFile(), requestId: 1 + pool.below(1 << 30), owner, pid: 77 };
  const body = { ...holder, command, type: pool.below(3), start, end };
  return ask(locks.RangeLock, body, locks.RangeLockAnswer, { isPatient: command === set });
}

/** Requests about files. */
export const dataDrawers: Drawers = [
  [4, open],
  [10, (pool) => writeChunk(pool)],
  [4, truncate],
  [4, append],
  [3, times],
  [2, hold],
  [4, lockFile],
  [4, lockRange],
];

/** What the other requests of a meta mount need to know. */
export function listTrash(pool: Pool): Ask {
  return ask(meta.ListTrash, { bucket: undefined }, meta.ListTrashAnswer, {
    learn(answer) {
      if (answer.variant === "status") return;
      pool.trash.length = 0;
      for (const { inode } of answer.nodes) pool.trash.push(inode);
    },
  });
}

function setTrashPath(pool: Pool): Ask {
  const paths = ["n1", "n2/n3", "new/n4/n5", "//n6", "a/../b", "", "odd(,)%/n7", "/n8"];
  const path = Buffer.from(pool.pick(paths, "n1"));
  return ask(meta.SetTrashPath, { inode: pool.takeTrash(), path }, meta.SetTrashPathAnswer);
}

/** Requests of a meta mount. */
export const metaDrawers: Drawers = [
  [1, listTrash],
  [3, setTrashPath],
  [4, (pool) => ask(meta.Undelete, { inode: pool.takeTrash() }, meta.UndeleteAnswer)],
  [3, (pool) => ask(meta.Purge, { inode: pool.takeTrash() }, meta.PurgeAnswer)],
];
