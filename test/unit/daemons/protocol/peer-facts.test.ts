// What recorded frames of chunkservers and metaloggers mean, and what is refused in them.
// Spec: wire-chunkserver.md section 2, metalogger.md section 2.

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { parseIpv4 } from "../../../../daemons/protocol/address.ts";
import { decodeText } from "../../../../daemons/protocol/byte-text.ts";
import { headerBytes, joinBlocks } from "../../../../daemons/protocol/packet.ts";
import type { Packet } from "../../../../daemons/protocol/packet.ts";
import {
  forEachChunk,
  forEachChunkId,
  packChunkIds,
  packChunks,
} from "../../../../daemons/protocol/packets/chunkserver-chunk-list.ts";
import {
  CreateChunk,
  DeleteChunkAnswer,
  ReplicateChunk,
  TruncateChunkAnswer,
} from "../../../../daemons/protocol/packets/chunkserver-commands.ts";
import { passwordDigest } from "../../../../daemons/protocol/packets/chunkserver-password.ts";
import {
  RegisterChunkserver,
  RegisterChunkserverAnswer,
} from "../../../../daemons/protocol/packets/chunkserver-register.ts";
import {
  ChunkserverLoad,
  ChunksFound,
  ChunksLost,
  loadStatuses,
} from "../../../../daemons/protocol/packets/chunkserver-reports.ts";
import {
  ChangePushed,
  DownloadPieceAnswer,
  RegisterMetalogger,
  StartDownloadAnswer,
} from "../../../../daemons/protocol/packets/metalogger.ts";
import { statusCode } from "../../../../daemons/protocol/status.ts";
import { spokenVersion } from "../../../../daemons/protocol/version.ts";
import { peerGolden } from "./peer-goldens.ts";

/** As the recording set it. */
const authCode = "example";

function decoded<T>(row: Packet<T>, folder: string, file: string): T {
  return row.decode(peerGolden(folder, file).subarray(headerBytes));
}

/** The value, which must be of that variant. */
function variant<T extends { readonly variant: string }, const V extends T["variant"]>(
  value: T,
  name: V,
): Extract<T, { readonly variant: V }> {
  assert.equal(value.variant, name);
  return value as Extract<T, { readonly variant: V }>;
}

test("spec wire-chunkserver 2.3.1: the first registration names address, port and no id yet", () => {
  const value = decoded(RegisterChunkserver, "chunkserver", "cstoma-register--begin-first");
  const begin = variant(value, "begin");
  assert.equal(begin.version, spokenVersion);
  assert.ok([11, 12].map((last) => parseIpv4(`10.99.61.${last}`)).includes(begin.ip));
  assert.equal(begin.port, 9422);
  assert.equal(begin.timeoutSeconds, 0);
  assert.equal(begin.chunkserverId, 0);
});

test("spec wire-chunkserver 2.3.2: the digest is made of the challenge and the password", () => {
  const challenge = variant(
    decoded(RegisterChunkserverAnswer, "chunkserver", "matocs-master-ack--challenge"),
    "challenge",
  );
  const begin = variant(
    decoded(RegisterChunkserver, "chunkserver", "cstoma-register--begin-with-password"),
    "beginWithPassword",
  );
  assert.deepStrictEqual(begin.digest.slice(), passwordDigest(challenge.random, authCode));
  assert.ok(begin.chunkserverId > 0);
  assert.doesNotMatch(RegisterChunkserver.describe(begin), /digest=[0-9a-f]/);
});

test("spec wire-chunkserver 2.3.1: a part of the registration holds ids and versions", () => {
  const value = decoded(RegisterChunkserver, "chunkserver", "cstoma-register--chunks");
  const ids: number[] = [];
  forEachChunk(variant(value, "chunks").entries, (id, version, marked) => {
    assert.ok(version >= 1 && version < 10);
    assert.equal(marked, false);
    ids.push(id);
  });
  assert.deepStrictEqual(
    ids,
    [...new Set(ids)].toSorted((left, right) => left - right),
  );
  assert.ok(ids.length > 1);
});

test("spec wire-chunkserver 2.6.4: bit 31 of a version is the mark for removal", () => {
  const { entries } = decoded(ChunksFound, "chunkserver", "cstoma-chunk-new--marked");
  forEachChunk(entries, (_id, version, marked) => {
    assert.ok(version >= 1 && version < 10);
    assert.equal(marked, true);
  });
});

test("spec wire-chunkserver 2.6.4: an unknown chunk that somebody named is reported as lost", () => {
  const ids: number[] = [];
  const { ids: bytes } = decoded(ChunksLost, "chunkserver", "cstoma-chunk-lost");
  forEachChunkId(bytes, (id) => ids.push(id));
  assert.deepStrictEqual(ids, [12_345]);
});

test("spec wire-chunkserver 2.7: commands and their answers", () => {
  const create = decoded(CreateChunk, "chunkserver", "matocs-create");
  assert.deepStrictEqual(create, { chunkId: 1, version: 1 });
  const replicate = decoded(ReplicateChunk, "chunkserver", "matocs-replicate");
  assert.equal(replicate.port, 9422);
  const failed = decoded(TruncateChunkAnswer, "chunkserver", "cstoma-truncate--error");
  assert.equal(failed.status, statusCode("IO"));
  assert.equal(decoded(DeleteChunkAnswer, "chunkserver", "cstoma-delete").status, 0);
  const load = decoded(ChunkserverLoad, "chunkserver", "cstoma-current-load");
  assert.equal(load.status, loadStatuses.good);
});

test("spec metalogger 2.1: a metalogger that lost its connection names the change it wants", () => {
  const resume = decoded(RegisterMetalogger, "metalogger", "antoma-register--resume");
  assert.ok(variant(resume, "resume").wanted > 1n);
});

test("spec metalogger 2.2: a change is the line of the log without its number", () => {
  const change = variant(
    decoded(ChangePushed, "metalogger", "matoan-metachanges-log--change"),
    "change",
  );
  assert.match(decodeText(change.text), /^\d+\|[A-Z]+\([^\0]*$/);
  assert.deepStrictEqual(
    joinBlocks(ChangePushed.encode({ variant: "rotate" })),
    Uint8Array.of(0, 0, 0, 51, 0, 0, 0, 1, 0x55),
  );
  const unended = Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x41);
  assert.throws(() => ChangePushed.decode(unended), { code: "badValue" });
});

test("spec metalogger 2.5: a piece of the image carries its length and checksum", () => {
  const frame = peerGolden("metalogger", "matoan-download-data");
  const body = frame.slice(headerBytes);
  const { offset, crc, data } = DownloadPieceAnswer.decode(body);
  assert.equal(offset, 0);
  assert.equal(crc, crc32(data));
  const info = decoded(StartDownloadAnswer, "metalogger", "matoan-download-info--opened");
  assert.equal(variant(info, "opened").sizeBytes, data.length);
  assert.throws(() => DownloadPieceAnswer.decode(body.subarray(0, -1)), { code: "badLength" });
});

test("a list of chunks goes through bytes and back, from any offset of a buffer", () => {
  const entries = [
    { chunkId: 1, version: 1, markedForRemoval: false },
    { chunkId: 2 ** 53 - 1, version: 0x7fff_ffff, markedForRemoval: true },
    { chunkId: 2 ** 32, version: 0, markedForRemoval: false },
  ];
  const seen: unknown[] = [];
  const shifted = Buffer.concat([Buffer.alloc(5), packChunks(entries)]).subarray(5);
  forEachChunk(shifted, (chunkId, version, markedForRemoval) => {
    seen.push({ chunkId, version, markedForRemoval });
  });
  assert.deepStrictEqual(seen, entries);
  const ids: number[] = [];
  forEachChunkId(packChunkIds([7, 2 ** 53 - 1]), (id) => ids.push(id));
  assert.deepStrictEqual(ids, [7, 2 ** 53 - 1]);
});

test("a chunk id beyond 2^53-1 is NaN in a list and refused in a command", () => {
  const ids: number[] = [];
  const beyond = Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0);
  forEachChunkId(beyond, (id) => ids.push(id));
  forEachChunk(Uint8Array.of(...beyond, 0, 0, 0, 1), (id) => ids.push(id));
  assert.deepStrictEqual(ids, [Number.NaN, Number.NaN]);
  assert.throws(() => DeleteChunkAnswer.decode(Uint8Array.of(...beyond, 0)), {
    code: "valueTooLarge",
  });
});

test("spec wire-chunkserver 2.3.1: lengths and types that are none are refused", () => {
  const begin = peerGolden("chunkserver", "cstoma-register--begin").slice(headerBytes);
  for (const body of [
    Uint8Array.of(),
    Uint8Array.of(60),
    Uint8Array.of(51),
    Uint8Array.of(62, 0),
    Uint8Array.of(61, ...new Uint8Array(11)),
    Uint8Array.of(...begin, ...new Uint8Array(8)),
  ]) {
    assert.throws(() => RegisterChunkserver.decode(body), { name: "ProtocolError" });
  }
  const tooLong = new Uint8Array(RegisterChunkserver.maxBody + 1);
  assert.throws(() => RegisterChunkserver.decode(tooLong), { code: "bodyTooLong" });
  assert.throws(() => ChunksLost.encode({ ids: new Uint8Array(9) }), RangeError);
});
