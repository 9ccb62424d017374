// Locks between processes: flock(2), and fcntl(2) records of processes and of open files.

import type { Actor } from "../actor.ts";
import type { LockType, RecordLock } from "../calls/processes.ts";
import { LOCK, O } from "../constants.ts";
import { equal, refused } from "../expect.ts";
import type { Context, Topic } from "../suite.ts";

interface Pair {
  readonly root: Actor;
  readonly other: Actor;
  readonly mine: number;
  readonly its: number;
  readonly name: string;
}

/** Two processes with a file that both have open. */
async function pair({ root, at, fresh }: Context): Promise<Pair> {
  const name = at("file");
  const other = await fresh();
  await root.create(name, "0123456789");
  const [mine, its] = [await root.open(name, O.RDWR), await other.open(name, O.RDWR)];
  return { root, other, mine, its, name };
}

function range(type: LockType, start: number, length: number): RecordLock {
  return { type, start, length };
}

const whole = (type: LockType) => range(type, 0, 0);
const waiting = (type: LockType): RecordLock => ({ ...whole(type), wait: true });
const ofDescription = (type: LockType): RecordLock => ({ ...whole(type), owner: "description" });

/** fcntl(2) may answer either. */
const taken = ["EAGAIN", "EACCES"];

export const locks: Topic = {
  topic: "locks",
  cases: {
    "flock: one holder excludes all others": async (context) => {
      const { root, other, mine, its } = await pair(context);
      await root.flock(mine, LOCK.EX);
      await refused("EAGAIN", other.flock(its, LOCK.EX | LOCK.NB), "exclusive");
      await refused("EAGAIN", other.flock(its, LOCK.SH | LOCK.NB), "shared");
      await root.flock(mine, LOCK.UN);
      await other.flock(its, LOCK.EX | LOCK.NB);
    },
    "flock: many share, none may be alone meanwhile": async (context) => {
      const { root, other, mine, its } = await pair(context);
      await root.flock(mine, LOCK.SH);
      await other.flock(its, LOCK.SH | LOCK.NB);
      await refused("EAGAIN", root.flock(mine, LOCK.EX | LOCK.NB), "exclusive");
    },
    "flock: a lock can change its kind": async (context) => {
      const { root, other, mine, its } = await pair(context);
      await root.flock(mine, LOCK.EX);
      await root.flock(mine, LOCK.SH);
      await other.flock(its, LOCK.SH | LOCK.NB);
      await other.flock(its, LOCK.UN);
      await root.flock(mine, LOCK.EX | LOCK.NB);
      await refused("EAGAIN", other.flock(its, LOCK.SH | LOCK.NB), "shared");
    },
    "flock: two descriptors of one process exclude each other": async ({ root, at }) => {
      await root.create(at("file"));
      const [first, second] = [await root.open(at("file")), await root.open(at("file"))];
      await root.flock(first, LOCK.EX);
      await refused("EAGAIN", root.flock(second, LOCK.EX | LOCK.NB), "second");
    },
    "flock: a copy of a descriptor holds the same lock": async (context) => {
      const { root, other, mine, its } = await pair(context);
      const copy = await root.dup(mine);
      await root.flock(mine, LOCK.EX);
      await root.flock(copy, LOCK.EX | LOCK.NB);
      await root.close(mine);
      await refused("EAGAIN", other.flock(its, LOCK.EX | LOCK.NB), "while the copy is open");
      await root.flock(copy, LOCK.UN);
      await other.flock(its, LOCK.EX | LOCK.NB);
    },
    "flock: close frees the lock": async (context) => {
      const { root, other, mine, its } = await pair(context);
      await root.flock(mine, LOCK.EX);
      await root.close(mine);
      await other.flock(its, LOCK.EX);
    },
    "flock: the end of a process frees its lock": async (context) => {
      const { root, other, mine, its } = await pair(context);
      await other.flock(its, LOCK.EX);
      await refused("EAGAIN", root.flock(mine, LOCK.EX | LOCK.NB), "while it lives");
      await other.kill();
      await root.flock(mine, LOCK.EX);
    },
    "flock: who waits gets the lock when it is freed": async (context) => {
      const { root, other, mine, its, name } = await pair(context);
      await root.flock(mine, LOCK.EX);
      const got = other.flock(its, LOCK.EX);
      await other.untilBlocked();
      await root.append(name, "!");
      await root.flock(mine, LOCK.UN);
      await got;
      equal(await other.content(name), "0123456789!", "content seen with the lock");
      await refused("EAGAIN", root.flock(mine, LOCK.EX | LOCK.NB), "the first one");
    },
    "flock: who waits and is killed never gets the lock": async (context) => {
      const { root, other, mine, its, name } = await pair(context);
      const third = await context.fresh();
      await root.flock(mine, LOCK.EX);
      other.flock(its, LOCK.EX).catch(() => undefined);
      await other.untilBlocked();
      await other.kill();
      await root.flock(mine, LOCK.UN);
      await third.flock(await third.open(name), LOCK.EX);
    },
    "flock: a file open for reading can be locked alone": async (context) => {
      const { root, other, its, name } = await pair(context);
      await root.flock(await root.open(name, O.RDONLY), LOCK.EX);
      await refused("EAGAIN", other.flock(its, LOCK.EX | LOCK.NB), "exclusive");
    },
    "flock and fcntl do not see each other": async (context) => {
      const { root, other, mine, its } = await pair(context);
      await root.flock(mine, LOCK.EX);
      await other.lock(its, whole("write"));
    },
    "fcntl: a writer excludes all others": async (context) => {
      const { root, other, mine, its } = await pair(context);
      await root.lock(mine, whole("write"));
      await refused(taken, other.lock(its, whole("write")), "write");
      await refused(taken, other.lock(its, whole("read")), "read");
      await root.lock(mine, whole("unlock"));
      await other.lock(its, whole("write"));
    },
    "fcntl: readers share": async (context) => {
      const { root, other, mine, its } = await pair(context);
      await root.lock(mine, whole("read"));
      await other.lock(its, whole("read"));
      await refused(taken, root.lock(mine, whole("write")), "write");
    },
    "fcntl: ranges that do not meet are free": async (context) => {
      const { root, other, mine, its } = await pair(context);
      await root.lock(mine, range("write", 10, 10));
      await other.lock(its, range("write", 0, 10));
      await other.lock(its, range("write", 20, 10));
      await refused(taken, other.lock(its, range("write", 19, 1)), "last byte");
      await refused(taken, other.lock(its, range("write", 0, 11)), "first byte");
    },
    "fcntl: length zero reaches to any later end": async (context) => {
      const { root, other, mine, its, name } = await pair(context);
      await root.lock(mine, range("write", 100, 0));
      await other.lock(its, range("write", 0, 100));
      await refused(taken, other.lock(its, range("write", 2 ** 40, 1)), "far behind");
      await root.truncate(name, 10);
      await refused(taken, other.lock(its, range("read", 2 ** 40, 1)), "far behind, after a cut");
    },
    "fcntl: a range can be freed in the middle": async (context) => {
      const { root, other, mine, its } = await pair(context);
      await root.lock(mine, range("write", 0, 30));
      await root.lock(mine, range("unlock", 10, 10));
      await other.lock(its, range("write", 10, 10));
      await refused(taken, other.lock(its, range("write", 9, 1)), "before");
      await refused(taken, other.lock(its, range("write", 20, 1)), "behind");
    },
    "fcntl: a range can change its kind in the middle": async (context) => {
      const { root, other, mine, its } = await pair(context);
      await root.lock(mine, range("write", 0, 30));
      await root.lock(mine, range("read", 10, 10));
      await other.lock(its, range("read", 10, 10));
      await refused(taken, other.lock(its, range("read", 9, 2)), "over the border");
      await refused(taken, other.lock(its, range("read", 19, 2)), "over the other border");
    },
    "fcntl: neighbouring ranges become one": async (context) => {
      const { root, other, mine, its } = await pair(context);
      await root.lock(mine, range("write", 0, 10));
      await root.lock(mine, range("write", 20, 10));
      await root.lock(mine, range("write", 10, 10));
      const { type, start, length } = await other.conflict(its, whole("read"));
      equal({ type, start, length }, { type: "write", start: 0, length: 30 }, "conflict");
    },
    "fcntl: who asks is told of the lock in the way": async (context) => {
      const { root, other, mine, its } = await pair(context);
      await root.lock(mine, range("write", 5, 6));
      const found = await other.conflict(its, whole("write"));
      equal(found, { type: "write", start: 5, length: 6, pid: root.pid }, "conflict");
      equal((await other.conflict(its, range("write", 0, 5))).type, "unlock", "free range");
      equal((await root.conflict(mine, whole("write"))).type, "unlock", "one's own");
    },
    "fcntl: a process does not exclude itself": async ({ root, at }) => {
      await root.create(at("file"));
      const [first, second] = [
        await root.open(at("file"), O.RDWR),
        await root.open(at("file"), O.RDWR),
      ];
      await root.lock(first, whole("write"));
      await root.lock(second, whole("write"));
    },
    "fcntl: close of the descriptor frees the lock": async (context) => {
      const { root, other, mine, its } = await pair(context);
      await root.lock(mine, whole("write"));
      await root.close(mine);
      await other.lock(its, waiting("write"));
    },
    "fcntl: close of any descriptor of the file frees the lock": async (context) => {
      const { root, other, mine, its, name } = await pair(context);
      await root.lock(mine, whole("write"));
      await root.close(await root.open(name));
      await other.lock(its, whole("write"));
    },
    "fcntl: the end of a process frees its locks": async (context) => {
      const { root, other, mine, its } = await pair(context);
      await other.lock(its, whole("write"));
      await refused(taken, root.lock(mine, whole("read")), "while it lives");
      await other.kill();
      await root.lock(mine, waiting("write"));
    },
    "fcntl: who waits gets the lock when it is freed": async (context) => {
      const { root, other, mine, its, name } = await pair(context);
      await root.lock(mine, whole("write"));
      const got = other.lock(its, waiting("write"));
      await other.untilBlocked();
      await root.append(name, "!");
      await root.lock(mine, whole("unlock"));
      await got;
      equal((await other.stat(name)).size, 11, "size seen with the lock");
      await refused(taken, root.lock(mine, whole("read")), "the first one");
    },
    "fcntl: who waits for a part gets it when that part is freed": async (context) => {
      const { root, other, mine, its } = await pair(context);
      await root.lock(mine, range("write", 0, 20));
      const got = other.lock(its, { ...range("write", 10, 10), wait: true });
      await other.untilBlocked();
      await root.lock(mine, range("unlock", 10, 10));
      await got;
      await refused(taken, other.lock(its, range("write", 0, 10)), "the other part");
    },
    "fcntl: who waits and is killed never gets the lock": async (context) => {
      const { root, other, mine, its, name } = await pair(context);
      const third = await context.fresh();
      await root.lock(mine, whole("write"));
      other.lock(its, waiting("write")).catch(() => undefined);
      await other.untilBlocked();
      await other.kill();
      await root.lock(mine, whole("unlock"));
      await third.lock(await third.open(name, O.RDWR), waiting("write"));
    },
    "fcntl: the kind of lock needs the descriptor's right": async ({ root, at }) => {
      await root.create(at("file"));
      const reader = await root.open(at("file"), O.RDONLY);
      const writer = await root.open(at("file"), O.WRONLY);
      await refused("EBADF", root.lock(reader, whole("write")), "write lock by a reader");
      await refused("EBADF", root.lock(writer, whole("read")), "read lock by a writer");
    },
    "fcntl: a range before the start is refused": async ({ root, at }) => {
      const fd = await root.open(at("file"), O.CREAT | O.RDWR);
      await refused("EINVAL", root.lock(fd, range("write", -5, 2)), "lock");
    },
    "fcntl: locks of open files exclude two descriptors of one process": async (context) => {
      const { root, other, mine, its, name } = await pair(context);
      const second = await root.open(name, O.RDWR);
      await root.lock(mine, ofDescription("write"));
      await refused(taken, root.lock(second, ofDescription("write")), "the second descriptor");
      await refused(taken, other.lock(its, whole("write")), "another process");
      await root.close(mine);
      await root.lock(second, { ...ofDescription("write"), wait: true });
    },
    "a file without a name can be locked": async (context) => {
      const { root, other, mine, its, name } = await pair(context);
      await root.unlink(name);
      await root.flock(mine, LOCK.EX);
      await refused("EAGAIN", other.flock(its, LOCK.EX | LOCK.NB), "flock");
      await root.lock(mine, whole("write"));
      await refused(taken, other.lock(its, whole("read")), "fcntl");
    },
    "a directory can be locked by flock": async ({ root, at, fresh }) => {
      const other = await fresh();
      await root.mkdir(at("d"));
      const [mine, its] = [await root.open(at("d")), await other.open(at("d"))];
      await root.flock(mine, LOCK.EX);
      await refused("EAGAIN", other.flock(its, LOCK.EX | LOCK.NB), "flock");
    },
  },
};
