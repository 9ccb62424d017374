// Locks of whole files and of ranges: who gets one and who waits. Two long runs of random requests are
// compared with what a real master answered. Spec: wire-client-master-2.md section 8.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { Client } from "../../../../../daemons/master/core/client.ts";
import { fileLock, rangeLock } from "../../../../../daemons/master/core/ops/locks.ts";
import { sustainedInodes } from "../../../../../daemons/master/core/ops/sustained.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import {
  FileLock,
  fileLockCommands as flock,
  RangeLock,
  rangeLockCommands as range,
  rangeLockTypes as kind,
} from "../../../../../daemons/protocol/packets/client-locks.ts";
import type { RangeLockAnswer } from "../../../../../daemons/protocol/packets/client-locks.ts";
import { SustainedInodes } from "../../../../../daemons/protocol/packets/client-register.ts";
import { SessionHost } from "./session-host.ts";
import type { Sent } from "./session-host.ts";

const inodes = [101, 102] as const;

/** Three mounts that have both files open; answers are `session:message,what`. */
class LockTest {
  readonly host = new SessionHost();
  readonly mounts: readonly Client[];

  constructor() {
    this.mounts = [this.host.mount(), this.host.mount(), this.host.mount()];
    for (const [index] of this.mounts.entries()) this.hold(index, inodes);
    this.host.master.takeLines();
    this.host.takeSent();
  }

  hold(mount: number, held: readonly number[]): void {
    const { host } = this;
    host.request(this.#mount(mount), sustainedInodes, SustainedInodes, { inodes: [...held] });
  }

  flock(mount: number, messageId: number, owner: bigint, command: number, requestId = 1): string {
    return this.ask(mount, { messageId, inode: inodes[0], requestId, owner, command });
  }

  ask(mount: number, request: FileLock): string {
    this.host.request(this.#mount(mount), fileLock, FileLock, request);
    return this.answers();
  }

  range(mount: number, request: Partial<RangeLock>): string {
    this.host.request(this.#mount(mount), rangeLock, RangeLock, {
      messageId: 1,
      inode: inodes[0],
      requestId: 1,
      owner: 1n,
      pid: 10,
      command: range.set,
      type: kind.write,
      start: 0n,
      end: 10n,
      ...request,
    });
    return this.answers();
  }

  answers(): string {
    const sent = this.host.takeSent();
    return sent
      .map((each) => this.#shown(each))
      .toSorted()
      .join(" ");
  }

  #shown({ peer, messageId, value }: Sent): string {
    const mount = this.mounts.findIndex((client) => client.peer === peer);
    if (typeof value === "number") return `${mount}:${messageId},${value}`;
    const answer = value as RangeLockAnswer;
    assert(answer.variant === "full");
    const { pid, type, start, end } = answer;
    return `${mount}:${messageId},lock,${pid},${type},${start},${end}`;
  }

  #mount(index: number): Client {
    const mount = this.mounts[index];
    assert(mount !== undefined);
    return mount;
  }
}

/** Lines of `STEP MOUNT WHAT... -> ANSWERS`, as a real master gave them. */
function recorded(name: string): readonly (readonly [readonly string[], string])[] {
  const lines = readFileSync(path.join(import.meta.dirname, name), "utf8")
    .trimEnd()
    .split("\n");
  return lines.map((line) => {
    const [request = "", answers = ""] = line.split(/ -> ?/);
    return [request.split(" "), answers];
  });
}

function reopen(locks: LockTest, mount: number, file: number): void {
  locks.hold(
    mount,
    inodes.filter((_, index) => index !== file),
  );
  locks.hold(mount, inodes);
}

test("locks of files are answered as by a real master, whoever releases, closes or converts", () => {
  const locks = new LockTest();
  for (const [[step, mount, ...words], expected] of recorded("stock-flock-answers.txt")) {
    const [file = "", owner = "", requestId, command] = words;
    if (file === "reopen") reopen(locks, Number(mount), Number(owner));
    else {
      locks.host.request(
        locks.mounts[Number(mount)] ?? assert.fail("no such mount"),
        fileLock,
        FileLock,
        {
          messageId: Number(step),
          inode: inodes[Number(file)] ?? 0,
          requestId: Number(requestId),
          owner: BigInt(owner),
          command: Number(command),
        },
      );
    }
    assert.equal(locks.answers(), expected, `step ${step}`);
  }
});

test("locks of ranges are answered as by a real master, whoever waits, splits or interrupts", () => {
  const locks = new LockTest();
  for (const [[step, mount, ...words], expected] of recorded("stock-posix-lock-answers.txt")) {
    const [file = "", owner = "", requestId, command, type, start = "", end = "", pid] = words;
    if (file === "reopen") {
      reopen(locks, Number(mount), Number(owner));
      assert.equal(locks.answers(), expected, `step ${step}`);
      continue;
    }
    const answers = locks.range(Number(mount), {
      messageId: Number(step),
      inode: inodes[Number(file)] ?? 0,
      requestId: Number(requestId),
      owner: BigInt(owner),
      pid: Number(pid),
      command: Number(command),
      type: Number(type),
      start: BigInt(start),
      end: BigInt(end),
    });
    assert.equal(answers, expected, `step ${step}`);
  }
});

test("spec 8.1: a reader behind a waiting writer waits, and gets its lock when the writer leaves", () => {
  const locks = new LockTest();
  assert.equal(locks.flock(0, 1, 1n, flock.lockShared), "0:1,0");
  assert.equal(locks.flock(1, 2, 1n, flock.lockExclusive), "");
  assert.equal(locks.flock(2, 3, 1n, flock.tryShared), `2:3,${status.EAGAIN}`);
  assert.equal(locks.flock(2, 4, 1n, flock.lockShared), "");
  assert.equal(locks.flock(1, 5, 1n, flock.interrupt), `1:2,${status.EINTR} 1:5,0 2:4,0`);
});

test("spec 8.1: a conversion in place is written as a release and a new lock", () => {
  const locks = new LockTest();
  locks.flock(0, 1, 1n, flock.lockExclusive);
  locks.flock(0, 2, 1n, flock.tryShared);
  assert.deepEqual(locks.host.master.takeLines(), [
    "FLOCK(101,1,1,W)",
    "FLOCK(101,1,1,U)",
    "FLOCK(101,1,1,R)",
  ]);
});

test("spec 8.1: only a file that is open can be locked", () => {
  const locks = new LockTest();
  locks.hold(0, []);
  assert.equal(locks.flock(0, 1, 1n, flock.tryShared), `0:1,${status.NOTOPENED}`);
  assert.equal(locks.flock(0, 2, 1n, flock.release), "0:2,0");
  assert.equal(locks.flock(1, 3, 1n, 7), `1:3,${status.EINVAL}`);
  assert.equal(locks.range(0, {}), `0:1,${status.NOTOPENED}`);
  assert.equal(locks.range(0, { type: kind.unlocked }), "0:1,0");
  assert.deepEqual(locks.host.master.takeLines().slice(2), []);
});

test("spec 8.2: a range without bytes, and kinds and commands that are none, are refused", () => {
  const locks = new LockTest();
  const refused = `0:1,${status.EINVAL}`;
  assert.equal(locks.range(0, { start: 10n, end: 10n }), refused);
  assert.equal(locks.range(0, { type: 3 }), refused);
  assert.equal(locks.range(0, { command: 4 }), refused);
});

test("spec 8.3: the answer to a waiting request goes to the session's newest connection", () => {
  const locks = new LockTest();
  const { host } = locks;
  locks.flock(0, 1, 1n, flock.lockExclusive);
  locks.flock(1, 2, 1n, flock.lockExclusive);
  const [, old] = locks.mounts;
  assert(old !== undefined);
  host.disconnect(old);
  const from = host.newcomer();
  const metaId = host.master.world.metaId;
  const again = { variant: "reconnect", sessionId: 2, version: 0x0300ea, metaId } as const;
  host.register(from, again);
  host.takeSent();
  locks.flock(0, 3, 1n, flock.unlock);
  host.request(host.clients.get(from.peer) ?? assert.fail("not registered"), fileLock, FileLock, {
    messageId: 4,
    inode: inodes[0],
    requestId: 1,
    owner: 1n,
    command: flock.tryExclusive,
  });
  assert.deepEqual(
    host.takeSent().map(({ peer, messageId, value }) => [peer, messageId, value]),
    [[from.peer, 4, 0]],
  );
});

test("spec 8.3: locks of a removed session go to those who waited, and are written in this order", () => {
  const locks = new LockTest();
  const { host } = locks;
  locks.flock(0, 1, 1n, flock.lockExclusive);
  locks.flock(1, 2, 1n, flock.lockExclusive);
  locks.range(0, { messageId: 3 });
  locks.range(1, { messageId: 4 });
  host.master.takeLines();
  const [first] = locks.mounts;
  assert(first !== undefined);
  host.disconnect(first);
  host.registrar.remove(first.session.id);
  assert.equal(locks.answers(), "1:2,0 1:4,0");
  assert.deepEqual(host.master.takeLines(), [
    "SESDISCONNECTED(1)",
    "FLOCK(101,1,1,U)",
    "SESDEL(1)",
    "FLOCK(101,2,1,W)",
    "POSIXLOCK(101,2,1,W,0,10,10)",
  ]);
});
