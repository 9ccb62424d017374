// Registration of clients and the life of sessions. Spec: wire-client-master-1.md sections 3 and 4.5.

import assert from "node:assert/strict";
import { test } from "node:test";
import { proofOf, digestOf } from "../../../../../daemons/master/core/sessions/password.ts";
import { status } from "../../../../../daemons/master/core/status.ts";
import { ProtocolError } from "../../../../../daemons/protocol/protocol-error.ts";
import { bytes } from "../ops/test-master.ts";
import { challenge, newSession, openRow, reconnect, SessionHost } from "./session-host.ts";

const metaId = 77n;

function begin(): SessionHost {
  const host = new SessionHost();
  host.master.commit({ op: "SETMETAID", id: metaId });
  host.master.takeLines();
  return host;
}

test("spec 3.2: a new session gets the next id and the terms of its export", () => {
  const host = begin();
  host.exports = [{ ...openRow, umask: 0o22, goalMax: 5, disables: 3 }];
  const from = host.newcomer();
  const client = host.register(from, newSession({}));
  assert.equal(client?.kind, "mount");
  assert.deepEqual(host.answerTo(from), {
    variant: "session",
    version: 0x0300ea,
    sessionId: 1,
    metaId,
    flags: 0x08,
    umask: 0o22,
    rootUid: 0,
    rootGid: 0,
    mapAllUid: 999,
    mapAllGid: 999,
    goalMin: 1,
    goalMax: 5,
    trashSecondsMin: 0,
    trashSecondsMax: 0xffff_ffff,
    disables: 3,
  });
  assert.deepEqual(host.master.takeLines(), [
    "SESADD(#7,1,8,0022,0,0,999,999,1,5,0,4294967295,0x00000003,167772161,/mnt/mfs):1",
  ]);
});

test("spec 3.3: a meta session has no root and maps nobody", () => {
  const host = begin();
  host.exports = [{ ...openRow, meta: true, sessionFlags: 0, rootUid: 9, rootGid: 9 }];
  const from = host.newcomer();
  const rejoin = { variant: "none" } as const;
  host.register(from, { variant: "newMetaSession", version: 0x0300ea, info: bytes("/m"), rejoin });
  assert.equal(host.answerTo(from)?.variant, "metaSession");
  const session = host.master.world.sessions.get(1);
  assert.deepEqual(
    [session?.rootInode, session?.rootUid, session?.mapAllUid, session?.mapAllGid],
    [0, 0, 0, 0],
  );
});

test("spec 3.2: the path leads from the root to a directory, or to a status", () => {
  const host = begin();
  const home = host.master.directory(1, "home");
  const ann = host.master.directory(home, "ann");
  host.master.file(home, "file");
  const cases: readonly (readonly [string, number])[] = [
    ["/home//ann/\0", 0],
    ["home/ann\0", 0],
    ["/home/./ann\0", status.EINVAL],
    ["/home/../home\0", status.EINVAL],
    [`/${"x".repeat(256)}\0`, status.EINVAL],
    ["/home/bob\0", status.ENOENT],
    ["/home/file\0", status.ENOTDIR],
    ["/home/file/x\0", status.ENOTDIR],
  ];
  for (const [path, expected] of cases) {
    const from = host.newcomer();
    const client = host.register(from, newSession({ path: bytes(path) }));
    if (expected === 0) assert.equal(client?.session.rootInode, ann, path);
    else assert.deepEqual(host.answerTo(from), { variant: "status", status: expected }, path);
  }
});

test("spec 3.1: a password is proved by the answer to the connection's own challenge", () => {
  const host = begin();
  const passwordDigest = digestOf(bytes("secret"));
  host.exports = [{ ...openRow, passwordDigest }];
  const passcode = proofOf(passwordDigest, challenge);
  const rejoin = { variant: "password", passcode } as const;
  const early = host.newcomer();
  host.register(early, newSession({ rejoin }));
  assert.deepEqual(host.answerTo(early), { variant: "status", status: status.NOPASSWORD });
  host.register(early, { variant: "getRandom" });
  assert.deepEqual(host.answerTo(early), { variant: "challenge", random: challenge });
  const wrong = { variant: "password", passcode: new Uint8Array(passcode).toReversed() } as const;
  host.register(early, newSession({ rejoin: wrong }));
  assert.deepEqual(host.answerTo(early), { variant: "status", status: status.BADPASSWORD });
  assert.notEqual(host.register(early, newSession({ rejoin })), undefined);
});

test("spec 3.2: a known session keeps its id and what it has open, under new terms", () => {
  const host = begin();
  const client = host.mount();
  host.host.acquire(1, 55);
  host.disconnect(client);
  host.exports = [{ ...openRow, goalMax: 3 }];
  host.exportsChecksum = 8n;
  host.master.takeLines();
  const rejoin = { variant: "sessionOf", sessionId: 1, metaId } as const;
  const again = host.register(host.newcomer(), newSession({ rejoin }));
  assert.equal(again?.session.id, 1);
  assert.equal(again.session.goalMax, 3);
  assert.equal(again.session.disconnected, 0);
  assert.equal(host.master.world.openFiles.has(1, 55), true);
  assert.match(host.master.takeLines().join("\n"), /^SESCHANGED\(1,#8,/);
  const foreign = { variant: "sessionOf", sessionId: 1, metaId: 1n } as const;
  const other = host.register(host.newcomer(), newSession({ rejoin: foreign }));
  assert.equal(other?.session.id, 2);
});

test("spec 3.4: a session comes back only from its address and under the same exports", () => {
  const host = begin();
  host.disconnect(host.mount());
  const tries: readonly (readonly [number, bigint, bigint, number, number])[] = [
    [9, metaId, 7n, 0x0a00_0001, status.BADSESSIONID],
    [1, 1n, 7n, 0x0a00_0001, status.BADSESSIONID],
    [1, metaId, 8n, 0x0a00_0001, status.EPERM],
    [1, metaId, 7n, 0x0a00_0002, status.EPERM],
    [1, metaId, 7n, 0x0a00_0001, status.OK],
  ];
  for (const [session, meta, checksum, address, expected] of tries) {
    host.exportsChecksum = checksum;
    const from = host.newcomer(address);
    const client = host.register(from, reconnect(session, meta));
    const answer = { variant: "reconnected", version: 0x0300ea, status: expected };
    assert.deepEqual(host.answerTo(from), answer);
    assert.equal(client === undefined, expected !== status.OK);
  }
  assert.equal(host.master.world.sessions.get(1)?.connections, 1);
});

test("spec 3.4: tools borrow a session and are answered with one byte", () => {
  const host = begin();
  host.mount();
  const from = host.newcomer();
  const tool = host.register(from, {
    variant: "tools",
    sessionId: 1,
    version: 0x0300ea,
    metaId: undefined,
  });
  assert.equal(tool?.kind, "tools");
  assert.deepEqual(host.answerTo(from), { variant: "status", status: 0 });
  assert.equal(tool.session.connections, 2);
});

test("spec 3.4: an old client that was refused registers anew and keeps its session", () => {
  const host = begin();
  host.disconnect(host.mount());
  host.exportsChecksum = 8n;
  const version = 0x0200_0a;
  const old = { variant: "reconnect", sessionId: 1, version, metaId: undefined } as const;
  const refused = host.newcomer();
  host.register(refused, old);
  assert.deepEqual(host.answerTo(refused), { variant: "status", status: status.EPERM });
  const impatient = host.newcomer();
  assert.equal(host.register(impatient, old), undefined);
  assert.deepEqual(host.closed, [impatient.peer]);
  assert.equal(host.register(host.newcomer(), newSession({ version }))?.session.id, 1);
  assert.equal(host.register(host.newcomer(), newSession({ version }))?.session.id, 2);
});

test("spec 1.6: a second registration, or a goodbye without a session, ends the connection", () => {
  const host = begin();
  const client = host.mount();
  assert.throws(() => host.registrar.registered(client, newSession({})), ProtocolError);
  const goodbye = { variant: "closeSession", sessionId: 1, metaId } as const;
  assert.throws(() => host.register(host.newcomer(), goodbye), ProtocolError);
});

test("spec 3.5: a session that says goodbye goes at the next check, not before the quiet time", () => {
  const host = begin();
  const client = host.mount();
  host.host.acquire(1, 5);
  host.registrar.registered(client, { variant: "closeSession", sessionId: 1, metaId });
  assert.deepEqual(host.closed, [client.peer]);
  host.disconnect(client);
  host.registrar.checkSessions();
  assert.equal(host.master.world.sessions.size, 1);
  host.master.now += 120;
  host.registrar.checkSessions();
  assert.equal(host.master.world.sessions.size, 0);
  assert.equal(host.master.world.openFiles.isOpen(5), false);
  assert.deepEqual(host.master.takeLines().slice(-2), ["SESDISCONNECTED(1)", "SESDEL(1)"]);
});

test("spec 3.5: a goodbye from another file system, or beside another connection, closes nothing", () => {
  const host = begin();
  const client = host.mount();
  host.registrar.registered(client, { variant: "closeSession", sessionId: 1, metaId: 5n });
  assert.deepEqual(host.answerTo(client), { variant: "status", status: status.BADSESSIONID });
  const second = host.register(host.newcomer(), reconnect(1, metaId));
  assert(second !== undefined);
  host.registrar.registered(second, { variant: "closeSession", sessionId: 1, metaId });
  assert.equal(host.master.world.sessions.get(1)?.closed, false);
});

test("spec 4.5: a session without connections lasts for the sustain time, one with them for ever", () => {
  const host = begin();
  const gone = host.mount();
  host.mount();
  host.disconnect(gone);
  host.master.now += 86_400;
  host.registrar.checkSessions();
  assert.equal(host.master.world.sessions.size, 2);
  host.master.now += 1;
  host.registrar.checkSessions();
  assert.deepEqual(
    [...host.master.world.sessions].map(({ id }) => id),
    [2],
  );
});

test("spec 4.5: an administrator removes only sessions without connections", () => {
  const host = begin();
  const client = host.mount();
  assert.equal(host.registrar.remove(5), status.NOTFOUND);
  assert.equal(host.registrar.remove(1), status.ACTIVE);
  host.disconnect(client);
  assert.equal(host.registrar.remove(1), status.OK);
  assert.equal(host.registrar.remove(1), status.NOTFOUND);
});
