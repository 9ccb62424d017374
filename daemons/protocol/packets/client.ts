// What a mount or tool says to the master: registration, and the requests that goals need.
// Spec: wire-client-master-1.md sections 1.2, 3, 5.1 and 6; -2.md section 2.3; -3.md section 6.3.

import { ipv4 } from "../address.ts";
import type { Reader, Writer } from "../bytes.ts";
import { byLength, byTag, countOf, counted, optional, records, struct } from "../layout.ts";
import type { Fields } from "../layout.ts";
import { limits } from "../limits.ts";
import { packet, packetOf } from "../packet.ts";
import type { Body } from "../packet.ts";
import { status } from "../status.ts";
import { version32 } from "../version.ts";
import { bytes, secret, str32, str8, u16, u32, u64, u8 } from "../wire.ts";
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
    return reader.unsigned(1);
  },
  write(writer: Writer, code: number) {
    writer.bytes(new TextEncoder().encode(registerBlob));
    writer.unsigned(1, code);
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

/** Registration in all its forms. Texts keep the NUL that ends them on the wire. */
export const Register = packetOf(
  "CLTOMA_FUSE_REGISTER",
  400,
  byTag(
    registerTag,
    { getRandom: 1, newSession: 2, reconnect: 3, tools: 4, newMetaSession: 5, closeSession: 6 },
    {
      getRandom: {},
      newSession: { version: version32, info: str32(), path: str32(), rejoin },
      reconnect: { sessionId: u32, version: version32, metaId: optional(u64) },
      tools: { sessionId: u32, version: version32, metaId: optional(u64) },
      newMetaSession: { version: version32, info: str32(), rejoin },
      closeSession: { sessionId: u32, metaId: optional(u64) },
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

/** Answer to a numbered request: exactly one byte after the id is a status, more is the data. */
function answerFields<const F extends Fields>(fields: F) {
  return byLength({
    status: { messageId: u32, status },
    full: { messageId: u32, ...fields },
  });
}

/** The caller: a single group is written without a count. */
const caller = byLength({
  single: { uid: u32, gid: u32 },
  list: { uid: u32, gidCount: countOf("gids", u32), gids: counted(u32, { minCount: 1 }) },
});

const attributes = struct({
  flags: u8,
  /** Type in the upper four bits (1 file, 2 directory, ...), permissions below. */
  typeAndMode: u16,
  uid: u32,
  gid: u32,
  accessTime: u32,
  modificationTime: u32,
  changeTime: u32,
  links: u32,
  /** Length in bytes; for devices the device number in the upper half. */
  length: u64,
  windowsFlags: u8,
});

/** Finds a name in a directory; the session's root is always inode 1. */
export const Lookup = packet(
  "CLTOMA_FUSE_LOOKUP",
  406,
  {
    messageId: u32,
    parent: u32,
    name: str8,
    caller,
  },
  { maxBody: limits.requestBytes },
);
export type Lookup = Body<typeof Lookup>;

export const LookupAnswer = packetOf(
  "MATOCL_FUSE_LOOKUP",
  407,
  answerFields({
    inode: u32,
    attributes,
    flags: u16,
    /** Where the only chunk of a one-chunk file lies. */
    location: optional(
      struct({
        protocolId: u8,
        chunkId: u64,
        version: u32,
        copies: records(struct({ ip: ipv4, port: u16, version: version32, labelMask: u32 })),
      }),
    ),
  }),
  { maxBody: 4096 },
);
export type LookupAnswer = Body<typeof LookupAnswer>;

/** A storage class as goals name it: a number 1 to 9, or a class's own name. */
export type ClassName = { readonly goal: number } | { readonly className: string };

const namedClass = 0xff;

const className: Field<ClassName> = {
  min: 1,
  max: 1 + str8.max,
  step: 1,
  schema: { kind: "samples", values: [{ goal: 1 }, { goal: 9 }, { className: "archive" }] },
  read(reader) {
    const goal = u8.read(reader);
    return goal === namedClass ? { className: str8.read(reader) } : { goal };
  },
  write(writer, value) {
    u8.write(writer, "goal" in value ? value.goal : namedClass);
    if ("className" in value) str8.write(writer, value.className);
  },
  describe: (value) => ("goal" in value ? `${value.goal}` : str8.describe(value.className)),
};

/** What SETSCLASS does. `mode`: 0 set, 1 increase, 2 decrease, 3 exchange; 4 more for recursive. */
export type ClassChange =
  | { readonly goal: number; readonly mode: number }
  | { readonly className: string; readonly mode: number; readonly from?: string };

const exchangeMode = 3;

const classChange: Field<ClassChange> = {
  min: 2,
  max: 2 + 2 * str8.max,
  step: 1,
  schema: {
    kind: "samples",
    values: [
      { goal: 3, mode: 4 },
      { className: "archive", mode: 0 },
      { className: "2", mode: 7, from: "archive" },
    ],
  },
  read(reader) {
    const goal = u8.read(reader);
    const mode = u8.read(reader);
    if (goal !== namedClass) return { goal, mode };
    if ((mode & exchangeMode) !== exchangeMode) return { className: str8.read(reader), mode };
    const from = str8.read(reader);
    return { className: str8.read(reader), mode, from };
  },
  write(writer, value) {
    u8.write(writer, "goal" in value ? value.goal : namedClass);
    u8.write(writer, value.mode);
    if (!("className" in value)) return;
    if (((value.mode & exchangeMode) === exchangeMode) !== (value.from !== undefined)) {
      throw new RangeError("Cannot encode a class change: only an exchange names the old class");
    }
    if (value.from !== undefined) str8.write(writer, value.from);
    str8.write(writer, value.className);
  },
  describe: (value) => JSON.stringify(value),
};

/** Asks which storage classes a node (recursive 0), or a tree (1), has. */
export const GetStorageClass = packet("CLTOMA_FUSE_GETSCLASS", 446, {
  messageId: u32,
  inode: u32,
  recursive: u8,
});
export type GetStorageClass = Body<typeof GetStorageClass>;

const classUse = struct({ class: className, count: u32 });

export const GetStorageClassAnswer = packetOf(
  "MATOCL_FUSE_GETSCLASS",
  447,
  answerFields({
    fileClasses: countOf("files", u8),
    directoryClasses: countOf("directories", u8),
    files: counted(classUse),
    directories: counted(classUse),
  }),
  { maxBody: limits.storageClassesBytes },
);
export type GetStorageClassAnswer = Body<typeof GetStorageClassAnswer>;

/** Changes the storage class of a node or a tree. */
export const SetStorageClass = packet("CLTOMA_FUSE_SETSCLASS", 448, {
  messageId: u32,
  inode: u32,
  uid: u32,
  change: classChange,
});
export type SetStorageClass = Body<typeof SetStorageClass>;

export const SetStorageClassAnswer = packetOf(
  "MATOCL_FUSE_SETSCLASS",
  449,
  answerFields({
    changed: u32,
    unchanged: u32,
    notPermitted: u32,
    quotaExceeded: optional(u32),
  }),
);
export type SetStorageClassAnswer = Body<typeof SetStorageClassAnswer>;

/** Every row of this file, for tables and for tests that walk them. */
export const clientPackets = [
  Register,
  RegisterAnswer,
  Lookup,
  LookupAnswer,
  GetStorageClass,
  GetStorageClassAnswer,
  SetStorageClass,
  SetStorageClassAnswer,
] as const;
