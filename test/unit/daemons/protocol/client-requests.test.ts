// Which connection may send what, callers in both their forms, attribute records, and the status that answers
// any numbered request.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  attributesBytes,
  decodeAttributes,
  encodeAttributes,
  writeAttributes,
} from "../../../../daemons/protocol/attributes.ts";
import { writeStatus } from "../../../../daemons/protocol/answer.ts";
import { Writer } from "../../../../daemons/protocol/bytes.ts";
import { headerBytes, joinBlocks } from "../../../../daemons/protocol/packet.ts";
import {
  Access,
  AccessAnswer,
  SetAttributes,
} from "../../../../daemons/protocol/packets/client-attributes.ts";
import { requestRule, requestsOf } from "../../../../daemons/protocol/packets/client-requests.ts";
import type { ConnectionClass } from "../../../../daemons/protocol/packets/client-requests.ts";
import { Lookup, LookupAnswer } from "../../../../daemons/protocol/packets/client-tree.ts";
import { statusCode } from "../../../../daemons/protocol/status.ts";

function evenNumbers(from: number, to: number): readonly number[] {
  return Array.from({ length: (to - from) / 2 + 1 }, (_, index) => from + 2 * index);
}

const common = [10, 80, 400];
const monitoring = [...evenNumbers(500, 536), 542, 544, 546];
const classes = evenNumbers(350, 360);
const toolNumbers = [432, 438, 440, 442, 444, 446, 448, 462, 464, 466, 468, 472, 474, 476, 496];
const expected: Readonly<Record<ConnectionClass, readonly number[]>> = {
  unregistered: [...common, ...monitoring],
  mount: [...common, ...classes, ...evenNumbers(402, 496), ...monitoring, 700, 701, 704],
  tools: [...common, ...classes, ...toolNumbers],
};

for (const name of ["unregistered", "mount", "tools"] as const) {
  test(`spec wire-client-master-1 1.6: what a connection of class ${name} may send`, () => {
    const numbers = [...requestsOf[name].keys()].toSorted((left, right) => left - right);
    assert.deepStrictEqual(
      numbers,
      expected[name].toSorted((left, right) => left - right),
    );
    for (const type of [0, 1, 2]) assert.ok("skip" in (requestRule(name, type) ?? {}));
    assert.equal(requestRule(name, 498), undefined);
  });
}

test("a request is answered by the packet of the next number", () => {
  for (const { request, answer } of requestsOf.mount.values()) {
    if (answer !== undefined) assert.equal(answer.id, request.id + 1, request.name);
  }
});

test("spec wire-client-master-1 1.7: every request but these starts with a message id", () => {
  const bare = [...requestsOf.mount.values()].filter((row) => !row.numbered);
  const fileSystem = bare.map((row) => row.request.name).filter((name) => /_FUSE_/.test(name));
  assert.deepStrictEqual(fileSystem, [
    "CLTOMA_FUSE_REGISTER",
    "CLTOMA_FUSE_SUSTAINED_INODES",
    "CLTOMA_FUSE_AMTIME_INODES",
    "CLTOMA_FUSE_TIME_SYNC",
  ]);
});

test("any numbered request can be answered with a status alone", () => {
  const writer = new Writer();
  const body = { messageId: 7, status: statusCode("ENOTSUP") };
  for (const { answer, numbered } of requestsOf.mount.values()) {
    if (!numbered || answer === undefined || answer.id < 350 || answer.id > 499) continue;
    writer.reset();
    writeStatus(writer, answer, body);
    const frame = writer.view();
    assert.equal(frame.length, headerBytes + 5);
    assert.partialDeepStrictEqual(answer.decode(frame.subarray(headerBytes)), body);
  }
});

test("a caller without a count is told by the packet's length", () => {
  const request = { messageId: 1, parent: 2, name: Uint8Array.of(0x61, 0xff) };
  for (const groups of [undefined, [], [5, 0xffff_ffff]]) {
    const value = { ...request, caller: { uid: 3, gid: 4, groups } };
    const body = joinBlocks(Lookup.encode(value)).subarray(headerBytes);
    assert.equal(body.length, groups === undefined ? 19 : 23 + 4 * groups.length);
    assert.deepStrictEqual(Lookup.decode(body), value);
  }
});

test("spec wire-client-master-1 5.2: a caller without any group is malformed where a list is needed", () => {
  const caller = { uid: 3, gid: 4, groups: [] };
  const access = joinBlocks(Access.encode({ messageId: 1, inode: 2, caller, mask: 4 })).slice(8);
  assert.deepStrictEqual(Access.decode(access).caller, caller);
  const none = joinBlocks([access.subarray(0, 14), new Uint8Array(4)]);
  assert.throws(() => Access.decode(none), { name: "ProtocolError" });
  assert.throws(() => SetAttributes.decode(new Uint8Array(38)), { name: "ProtocolError" });
});

test("more groups than bytes are refused before any is read", () => {
  const caller = { uid: 3, gid: 4, groups: [5] };
  const value = { messageId: 1, parent: 2, name: Uint8Array.of(0x61), caller };
  const body = joinBlocks(Lookup.encode(value)).slice(headerBytes);
  for (const count of [1, 3, 0xffff_ffff]) {
    new DataView(body.buffer).setUint32(14, count);
    assert.throws(() => Lookup.decode(body), { code: "countTooLarge", packet: Lookup.name });
  }
});

test("attributes written from tables are those that the declaration reads", () => {
  const numbers = {
    flags: 0x3f,
    typeAndMode: 0x1fff,
    uid: 0xffff_fffe,
    gid: 3,
    accessTime: 0x8000_0001,
    modificationTime: 5,
    changeTime: 6,
    links: 0xffff_ffff,
    windowsFlags: 0xff,
  };
  const target = new Uint8Array(attributesBytes);
  writeAttributes(target, { ...numbers, lengthHigh: 0x8000_0000, lengthLow: 0xffff_fffe });
  const expectedValue = { ...numbers, length: 0x8000_0000_ffff_fffen };
  assert.deepStrictEqual(decodeAttributes(target), expectedValue);
  assert.deepStrictEqual(encodeAttributes(expectedValue), target);
});

test("a reused writer holds only whole frames, also after a value that does not fit", () => {
  const writer = new Writer();
  const attributes = new Uint8Array(attributesBytes);
  const answer = { variant: "full", messageId: 1, inode: 2, attributes, flags: 0 } as const;
  AccessAnswer.encodeTo(writer, { messageId: 1, status: 0 });
  const before = writer.view().slice();
  const broken = { ...answer, flags: 0x1_0000, location: undefined };
  assert.throws(() => LookupAnswer.encodeTo(writer, broken), RangeError);
  assert.deepStrictEqual(writer.view(), before);
  for (let turn = 0; turn < 100; turn++) {
    LookupAnswer.encodeTo(writer, { ...answer, location: undefined });
  }
  assert.equal(writer.size, before.length + 100 * (headerBytes + 46));
});
