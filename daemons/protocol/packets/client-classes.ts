// Storage classes: which ones nodes have, and their administration. The classes 1 to 9 are called goals.
// Spec: wire-client-master-1.md section 5.4; -3.md sections 6.3 and 6.13.

import { answerOf, answersOf, statusAnswer } from "../answer.ts";
import { array, countOf, counted, optional, records, struct } from "../layout.ts";
import { limits } from "../limits.ts";
import { packet, packetOf } from "../packet.ts";
import type { Body } from "../packet.ts";
import { name8, u16, u32, u8 } from "../wire.ts";
import type { Field } from "../wire.ts";

/** A storage class as packets name it: a number 1 to 9, or a class's own name. */
export type NamedClass = { readonly goal: number } | { readonly className: Uint8Array };

/** Stands in place of a goal where a name follows. */
const nameFollows = 0xff;
const sampleName = Uint8Array.of(0x61, 0x72, 0x63, 0xff);

const namedClass: Field<NamedClass> = {
  min: 1,
  max: 1 + name8.max,
  step: 1,
  schema: { kind: "samples", values: [{ goal: 1 }, { goal: 9 }, { className: sampleName }] },
  read(reader) {
    const goal = reader.u8();
    return goal === nameFollows ? { className: name8.read(reader) } : { goal };
  },
  write(writer, value) {
    writer.u8("goal" in value ? value.goal : nameFollows);
    if ("className" in value) name8.write(writer, value.className);
  },
  describe: (value) => ("goal" in value ? `${value.goal}` : name8.describe(value.className)),
};

/** What SETSCLASS does. `mode`: 0 set, 1 increase, 2 decrease, 3 exchange; 4 more for recursive. */
export type ClassChange =
  | { readonly goal: number; readonly mode: number }
  | { readonly className: Uint8Array; readonly mode: number; readonly from?: Uint8Array };

const exchangeMode = 3;

const classChange: Field<ClassChange> = {
  min: 2,
  max: 2 + 2 * name8.max,
  step: 1,
  schema: {
    kind: "samples",
    values: [
      { goal: 3, mode: 4 },
      { className: sampleName, mode: 0 },
      { className: Uint8Array.of(0x32), mode: 7, from: sampleName },
    ],
  },
  read(reader) {
    const goal = reader.u8();
    const mode = reader.u8();
    if (goal !== nameFollows) return { goal, mode };
    if ((mode & exchangeMode) !== exchangeMode) return { className: name8.read(reader), mode };
    const from = name8.read(reader);
    return { className: name8.read(reader), mode, from };
  },
  write(writer, value) {
    writer.u8("goal" in value ? value.goal : nameFollows);
    writer.u8(value.mode);
    if (!("className" in value)) return;
    if (((value.mode & exchangeMode) === exchangeMode) !== (value.from !== undefined)) {
      throw new RangeError("Cannot encode a class change: only an exchange names the old class");
    }
    if (value.from !== undefined) name8.write(writer, value.from);
    name8.write(writer, value.className);
  },
  describe(value) {
    if ("goal" in value) return `{goal=${value.goal}, mode=${value.mode}}`;
    const from = value.from === undefined ? "" : `from=${name8.describe(value.from)}, `;
    return `{${from}className=${name8.describe(value.className)}, mode=${value.mode}}`;
  },
};

/** Asks which storage classes a node (recursive 0), or a tree (1), has. */
export const GetStorageClass = packet("CLTOMA_FUSE_GETSCLASS", 446, {
  messageId: u32,
  inode: u32,
  recursive: u8,
});
export type GetStorageClass = Body<typeof GetStorageClass>;

const classUse = struct({ class: namedClass, count: u32 });

export const GetStorageClassAnswer = packetOf(
  "MATOCL_FUSE_GETSCLASS",
  447,
  answerOf({
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
  answerOf({
    changed: u32,
    unchanged: u32,
    notPermitted: u32,
    quotaExceeded: optional(u32),
  }),
);
export type SetStorageClassAnswer = Body<typeof SetStorageClassAnswer>;

/** Where one copy may lie: up to four alternatives of labels, all zero for any server. */
const labelSet = array(4, u32);

/** A class: `mode` 0 loose, 1 standard, 2 strict; one label set a copy. */
const definition = {
  adminOnly: u8,
  mode: u8,
  archiveDelayDays: u16,
  createCount: countOf("createLabels", u8),
  keepCount: countOf("keepLabels", u8),
  archiveCount: countOf("archiveLabels", u8),
  createLabels: counted(labelSet),
  keepLabels: counted(labelSet),
  archiveLabels: counted(labelSet),
} as const;

const definitionRequest = { maxBody: limits.storageClassesBytes } as const;

/** `format` is 0, other numbers are answered EINVAL. */
export const CreateStorageClass = packet(
  "CLTOMA_SCLASS_CREATE",
  350,
  { messageId: u32, name: name8, format: u8, ...definition },
  definitionRequest,
);
export type CreateStorageClass = Body<typeof CreateStorageClass>;

export const CreateStorageClassAnswer = statusAnswer("MATOCL_SCLASS_CREATE", 351);

/** What a change replaces; nothing at all just shows the class. */
export const storageClassChanges = {
  adminOnly: 0x0001,
  mode: 0x0002,
  createLabels: 0x0004,
  keepLabels: 0x0008,
  archiveLabels: 0x0010,
  archiveDelay: 0x0020,
  force: 0x8000,
} as const;

export const ChangeStorageClass = packet(
  "CLTOMA_SCLASS_CHANGE",
  352,
  { messageId: u32, name: name8, format: u8, changes: u16, ...definition },
  definitionRequest,
);
export type ChangeStorageClass = Body<typeof ChangeStorageClass>;

/** The class after the change. */
export const ChangeStorageClassAnswer = packetOf(
  "MATOCL_SCLASS_CHANGE",
  353,
  answerOf({ format: u8, ...definition }),
  { maxBody: limits.storageClassesBytes },
);
export type ChangeStorageClassAnswer = Body<typeof ChangeStorageClassAnswer>;

export const DeleteStorageClass = packet("CLTOMA_SCLASS_DELETE", 354, {
  messageId: u32,
  name: name8,
});
export type DeleteStorageClass = Body<typeof DeleteStorageClass>;

export const DeleteStorageClassAnswer = statusAnswer("MATOCL_SCLASS_DELETE", 355);

const twoNames = { messageId: u32, sourceName: name8, targetName: name8 } as const;

export const DuplicateStorageClass = packet("CLTOMA_SCLASS_DUPLICATE", 356, twoNames);
export type DuplicateStorageClass = Body<typeof DuplicateStorageClass>;

export const DuplicateStorageClassAnswer = statusAnswer("MATOCL_SCLASS_DUPLICATE", 357);

export const RenameStorageClass = packet("CLTOMA_SCLASS_RENAME", 358, twoNames);
export type RenameStorageClass = Body<typeof RenameStorageClass>;

export const RenameStorageClassAnswer = statusAnswer("MATOCL_SCLASS_RENAME", 359);

/** The name of a class that exists: never empty, so that no list of names looks like a status. */
const listedName: Field<Uint8Array> = {
  ...name8,
  min: 2,
  schema: { kind: "bytes", lengths: [1, 255], maxBytes: 255 },
  read(reader) {
    const name = name8.read(reader);
    if (name.length > 0) return name;
    throw reader.error("badValue", "an empty name, expected one of a class");
  },
};

/** Bit 0 of `longMode` asks for definitions. */
export const ListStorageClasses = packet("CLTOMA_SCLASS_LIST", 360, {
  messageId: u32,
  longMode: u8,
});
export type ListStorageClasses = Body<typeof ListStorageClasses>;

/** The request decides: name `definitions` or `names`, which is assumed. */
export const ListStorageClassesAnswer = packetOf(
  "MATOCL_SCLASS_LIST",
  361,
  answersOf({
    names: { messageId: u32, names: records(listedName) },
    definitions: { messageId: u32, classes: records(struct({ name: name8, ...definition })) },
  }),
  { maxBody: limits.storageClassesBytes },
);
export type ListStorageClassesAnswer = Body<typeof ListStorageClassesAnswer>;

/** Every row of this file, for tables and for tests that walk them. */
export const clientClassesPackets = [
  GetStorageClass,
  GetStorageClassAnswer,
  SetStorageClass,
  SetStorageClassAnswer,
  CreateStorageClass,
  CreateStorageClassAnswer,
  ChangeStorageClass,
  ChangeStorageClassAnswer,
  DeleteStorageClass,
  DeleteStorageClassAnswer,
  DuplicateStorageClass,
  DuplicateStorageClassAnswer,
  RenameStorageClass,
  RenameStorageClassAnswer,
  ListStorageClasses,
  ListStorageClassesAnswer,
] as const;
