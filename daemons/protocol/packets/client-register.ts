// How a mount, a tool or a meta mount opens, resumes and ends its session, and what a session says without
// being asked: held inodes, file times, the clock. Also the news a master sends to mounts.
// Spec: wire-client-master-1.md section 3; -2.md sections 9 and 10.

import { ipv4 } from "../address.ts";
import type { Reader, Writer } from "../bytes.ts";
import { byLength, byTag, records, struct } from "../layout.ts";
import { limits } from "../limits.ts";
import { packet, packetOf } from "../packet.ts";
import type { Body } from "../packet.ts";
import { status } from "../status.ts";
import { version32 } from "../version.ts";
import { bytes, bytes32, secret, u16, u32, u53, u64, u8 } from "../wire.ts";
import type { Field } from "../wire.ts";

/** The only blob that a 3.0.117 master accepts, 64 ASCII characters. */
const registerBlob = "DjI1GAQDULI5d2YjA26ypc3ovkhjvhciTQVx3CS4nYgtBoUcsljiVpsErJENHaw0";

/** The registration's opening: the blob, then the number of the variant. */
const registerTag: Field<number> = {
  ...u8,
  min: 65,
  max: 65,
  read(reader: Reader) {
    const blob = new TextDecoder("latin1").decode(reader.bytes(registerBlob.length));
    if (blob !== registerBlob)
      throw reader.error("badValue", "another blob, expected the known one");
    return reader.u8();
  },
  write(writer: Writer, code: number) {
    writer.bytes(new TextEncoder().encode(registerBlob));
    writer.u8(code);
  },
};

const passcode = secret(bytes(16));

/** What may follow a new session's fields: the session to continue, the answer to a password challenge. */
const rejoin = byLength({
  none: {},
  session: { sessionId: u32 },
  sessionOf: { sessionId: u32, metaId: u64 },
  password: { passcode },
  sessionPassword: { sessionId: u32, passcode },
  sessionOfPassword: { sessionId: u32, metaId: u64, passcode },
});

/** A NUL-terminated path; empty means the root. Anything else ends the connection. */
const subfolder: Field<Uint8Array> = {
  ...bytes32(),
  schema: { kind: "samples", values: [new Uint8Array(0), Uint8Array.of(0x2f, 0x61, 0)] },
  read(reader) {
    const path = bytes32().read(reader);
    if (path.length === 0 || path.at(-1) === 0) return path;
    throw reader.error("badValue", "a path without NUL, expected one at its end");
  },
};

/**
 * The meta id where at least eight bytes are left. Whatever else follows is ignored, as a real master does:
 * the one place in the protocol where bytes do not come back.
 */
const metaIdThenAnything: Field<bigint | undefined> = {
  min: 0,
  max: limits.chunkserverRequestBytes,
  step: 1,
  schema: { kind: "optional", item: u64.schema },
  read(reader) {
    const metaId = reader.left >= u64.min ? reader.u64() : undefined;
    reader.skip(reader.left);
    return metaId;
  },
  write(writer, metaId) {
    if (metaId !== undefined) writer.u64(metaId);
  },
  describe: (metaId) => (metaId === undefined ? "-" : u64.describe(metaId)),
};

/** Registration in all its forms. Paths keep the NUL that ends them on the wire. */
export const Register = packetOf(
  "CLTOMA_FUSE_REGISTER",
  400,
  byTag(
    registerTag,
    { getRandom: 1, newSession: 2, reconnect: 3, tools: 4, newMetaSession: 5, closeSession: 6 },
    {
      getRandom: {},
      newSession: { version: version32, info: bytes32(), path: subfolder, rejoin },
      reconnect: { sessionId: u32, version: version32, metaId: metaIdThenAnything },
      tools: { sessionId: u32, version: version32, metaId: metaIdThenAnything },
      newMetaSession: { version: version32, info: bytes32(), rejoin },
      closeSession: { sessionId: u32, metaId: metaIdThenAnything },
    },
  ),
);
export type Register = Body<typeof Register>;

/** Answers of all registration forms, told apart by length. */
export const RegisterAnswer = packetOf(
  "MATOCL_FUSE_REGISTER",
  401,
  byLength({
    status: { status },
    /** A commercial follower names its leader. */
    redirect: { leaderIp: ipv4 },
    reconnected: { version: version32, status },
    metaSession: {
      version: version32,
      sessionId: u32,
      metaId: u64,
      flags: u8,
      goalMin: u8,
      goalMax: u8,
      trashSecondsMin: u32,
      trashSecondsMax: u32,
    },
    challenge: { random: secret(bytes(32)) },
    session: {
      version: version32,
      sessionId: u32,
      metaId: u64,
      flags: u8,
      umask: u16,
      rootUid: u32,
      rootGid: u32,
      mapAllUid: u32,
      mapAllGid: u32,
      goalMin: u8,
      goalMax: u8,
      trashSecondsMin: u32,
      trashSecondsMax: u32,
      disables: u32,
    },
  }),
);
export type RegisterAnswer = Body<typeof RegisterAnswer>;

/** The complete list of inodes that a mount holds; everything else is closed by it. Zeros mean nothing. */
export const SustainedInodes = packet(
  "CLTOMA_FUSE_SUSTAINED_INODES",
  700,
  { inodes: records(u32) },
  { maxBody: limits.requestBytes },
);
export type SustainedInodes = Body<typeof SustainedInodes>;

/** Access and modification times that reads and writes gave files; 0 = not set. */
export const FileTimes = packet(
  "CLTOMA_FUSE_AMTIME_INODES",
  701,
  { files: records(struct({ inode: u32, accessTime: u32, modificationTime: u32 })) },
  { maxBody: limits.requestBytes },
);
export type FileTimes = Body<typeof FileTimes>;

/** Asks for the master's clock. */
export const TimeSync = packetOf(
  "CLTOMA_FUSE_TIME_SYNC",
  704,
  byLength({ numbered: { messageId: u32 }, plain: {} }),
);
export type TimeSync = Body<typeof TimeSync>;

/** Microseconds since 1970. */
export const TimeSyncAnswer = packetOf(
  "MATOCL_FUSE_TIME_SYNC",
  705,
  byLength({ numbered: { messageId: u32, timeUs: u53 }, plain: { timeUs: u53 } }),
);
export type TimeSyncAnswer = Body<typeof TimeSyncAnswer>;

/** A chunk of an open file changed; the message id is 0. `truncated` 1: `length` is the file's new length. */
export const ChunkHasChanged = packet("MATOCL_FUSE_CHUNK_HAS_CHANGED", 702, {
  messageId: u32,
  inode: u32,
  index: u32,
  chunkId: u53,
  version: u32,
  length: u64,
  truncated: u8,
});
export type ChunkHasChanged = Body<typeof ChunkHasChanged>;

/** The length of an open file changed without any chunk; the message id is 0. */
export const LengthHasChanged = packet("MATOCL_FUSE_FLENG_HAS_CHANGED", 703, {
  messageId: u32,
  inode: u32,
  length: u64,
});
export type LengthHasChanged = Body<typeof LengthHasChanged>;

/** Chunkservers came or went: every chunk location that a mount remembers is void. */
export const InvalidateChunkCache = packet("MATOCL_FUSE_INVALIDATE_CHUNK_CACHE", 706, {
  messageId: u32,
});
export type InvalidateChunkCache = Body<typeof InvalidateChunkCache>;

/** Every row of this file, for tables and for tests that walk them. */
export const clientRegisterPackets = [
  Register,
  RegisterAnswer,
  SustainedInodes,
  FileTimes,
  TimeSync,
  TimeSyncAnswer,
  ChunkHasChanged,
  LengthHasChanged,
  InvalidateChunkCache,
] as const;
