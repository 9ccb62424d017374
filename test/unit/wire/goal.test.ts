// Goals over a registered session: the conversation with the master, packet by packet.

import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { test } from "node:test";
import { attributesBytes } from "../../../daemons/protocol/attributes.ts";
import { decodeText, encodeText } from "../../../daemons/protocol/byte-text.ts";
import { FrameReader } from "../../../daemons/protocol/frame.ts";
import { packetTable } from "../../../daemons/protocol/packet.ts";
import type { Body } from "../../../daemons/protocol/packet.ts";
import {
  GetStorageClass,
  GetStorageClassAnswer,
  SetStorageClass,
  SetStorageClassAnswer,
} from "../../../daemons/protocol/packets/client-classes.ts";
import { Register, RegisterAnswer } from "../../../daemons/protocol/packets/client-register.ts";
import { Lookup, LookupAnswer } from "../../../daemons/protocol/packets/client-tree.ts";
import { spokenVersion } from "../../../daemons/protocol/version.ts";
import { WireClient } from "../../../src/wire/client.ts";
import { getGoal, setGoal } from "../../../src/wire/goal.ts";

const table = packetTable([Register, Lookup, GetStorageClass, SetStorageClass]);
const inodes: ReadonlyMap<string, number> = new Map([
  ["1/t", 2],
  ["2/deep", 3],
]);

/** A master that knows `/t/deep`; `lines` is what it was asked. */
function master(registerStatus?: number): { client: WireClient; lines: string[] } {
  const [clientSide, serverSide] = duplexPair();
  const lines: string[] = [];
  const frames = new FrameReader((type) => table.get(type));
  const send = (blocks: readonly Uint8Array[]): void => {
    for (const block of blocks) serverSide.write(block);
  };
  serverSide.on("data", (piece: Uint8Array) => {
    frames.push(piece, ({ type, body }) => {
      const row = table.get(type);
      lines.push(row?.describe(row.decode(body)) ?? "");
      if (type === Register.id) {
        send(RegisterAnswer.encode(registered(Register.decode(body), registerStatus)));
      } else if (type === Lookup.id) send(LookupAnswer.encode(found(Lookup.decode(body))));
      else if (type === GetStorageClass.id) {
        const { messageId } = GetStorageClass.decode(body);
        const directories = [{ class: { className: encodeText("archive") }, count: 1 }];
        const files = [{ class: { goal: 2 }, count: 5 }];
        send(GetStorageClassAnswer.encode({ variant: "full", messageId, files, directories }));
      } else send(SetStorageClassAnswer.encode(changed(SetStorageClass.decode(body))));
    });
  });
  return { client: new WireClient(clientSide, { name: "meta01" }), lines };
}

function registered(
  request: Body<typeof Register>,
  status: number | undefined,
): Body<typeof RegisterAnswer> {
  if (request.variant === "closeSession") return { variant: "status", status: 0 };
  if (status !== undefined) return { variant: "status", status };
  return {
    variant: "session",
    version: spokenVersion,
    sessionId: 9,
    metaId: 77n,
    flags: 8,
    umask: 0,
    rootUid: 0,
    rootGid: 0,
    mapAllUid: 999,
    mapAllGid: 999,
    goalMin: 1,
    goalMax: 9,
    trashSecondsMin: 0,
    trashSecondsMax: 0,
    disables: 0,
  };
}

function found(request: Body<typeof Lookup>): Body<typeof LookupAnswer> {
  const { messageId } = request;
  const inode = inodes.get(`${request.parent}/${decodeText(request.name)}`);
  if (inode === undefined) return { variant: "status", messageId, status: 3 };
  const attributes = new Uint8Array(attributesBytes);
  return { variant: "full", messageId, inode, attributes, flags: 255, location: undefined };
}

function changed(request: Body<typeof SetStorageClass>): Body<typeof SetStorageClassAnswer> {
  const { messageId, change } = request;
  if ("goal" in change && change.goal > 9) return { variant: "status", messageId, status: 6 };
  return {
    variant: "full",
    messageId,
    changed: 4,
    unchanged: 1,
    notPermitted: 2,
    quotaExceeded: undefined,
  };
}

test("a goal is set through a session named mfsctl that is closed after", async () => {
  const { client, lines } = master();
  assert.deepStrictEqual(await setGoal(client, "/t//deep/", 3, true), {
    changed: 4,
    unchanged: 1,
    notPermitted: 2,
    quotaExceeded: 0,
  });
  assert.deepStrictEqual(
    lines.map((line) => line.split(" ")[0]),
    [
      "CLTOMA_FUSE_REGISTER",
      "CLTOMA_FUSE_LOOKUP",
      "CLTOMA_FUSE_LOOKUP",
      "CLTOMA_FUSE_SETSCLASS",
      "CLTOMA_FUSE_REGISTER",
    ],
  );
  assert.ok(lines[0]?.includes('info="mfsctl\\u0000"'));
  assert.ok(lines[3]?.includes("inode=3, uid=0, change={goal=3, mode=4}"));
  assert.ok(lines[4]?.includes("closeSession{sessionId=9, metaId=0x4D}"));
});

test("goals of the root need no walk", async () => {
  const { client, lines } = master();
  assert.deepStrictEqual(await getGoal(client, "/", true), {
    files: [{ class: { goal: 2 }, count: 5 }],
    directories: [{ class: { className: "archive" }, count: 1 }],
  });
  assert.ok(lines[1]?.includes("inode=1, recursive=1"));
});

test("a path that does not exist is named with the master's words, and the session is closed", async () => {
  const { client, lines } = master();
  await assert.rejects(setGoal(client, "/t/nope", 3, false), {
    name: "MfsctlError",
    code: "refused",
    message:
      'Cannot set the goal of "/t/nope" on "meta01": the master answered "No such file or directory", expected "OK"',
  });
  assert.ok(lines.at(-1)?.includes("closeSession"));
});

test("a goal that the master refuses is an error of the user's request", async () => {
  const { client } = master();
  await assert.rejects(setGoal(client, "/t", 99, false), /"Invalid argument", expected "OK"/);
});

test("a master whose exports do not admit this host says so", async () => {
  const { client } = master(4);
  await assert.rejects(getGoal(client, "/t", false), {
    code: "refused",
    message:
      'Cannot open a session on "meta01": the master answered "Permission denied", expected a new session',
  });
});
